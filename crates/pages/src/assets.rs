//! The files that ship inside the program.
//!
//! Their addresses contain a hash of all of them, so that browsers may keep them for ever; modules name each other
//! relative to themselves. A hash that is not ours (a page of another version, while a release rolls out) gets today's
//! files, to be asked for again.

use actix_web::http::header::{self, EntityTag, Header as _, HeaderValue, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use sha2::{Digest, Sha256};

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
/// A picture that is opened on its own runs nothing.
const NOTHING: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

struct File {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

macro_rules! files {
    ($($name:literal: $kind:expr),* $(,)?) => {
        [$(File { name: $name, kind: $kind, content: include_bytes!(concat!("../assets/", $name)) }),*]
    };
}

const FILES: &[File] = &files! {
    "page.css": STYLE,
    "docs.css": STYLE,
    "icon.svg": "image/svg+xml",
    "theme.js": SCRIPT,
    "address.js": SCRIPT,
    "api.js": SCRIPT,
    "attachments.js": SCRIPT,
    "chat.js": SCRIPT,
    "completion.js": SCRIPT,
    "composer.js": SCRIPT,
    "conversations.js": SCRIPT,
    "docs.js": SCRIPT,
    "dom.js": SCRIPT,
    "form.js": SCRIPT,
    "frame.js": SCRIPT,
    "highlight.js": SCRIPT,
    "human.js": SCRIPT,
    "live.js": SCRIPT,
    "markdown.js": SCRIPT,
    "message.js": SCRIPT,
    "run.js": SCRIPT,
    "saved.js": SCRIPT,
    "speech.js": SCRIPT,
    "start.js": SCRIPT,
    "steps.js": SCRIPT,
    "voice.js": SCRIPT,
    "waiting.js": SCRIPT,
    "workflow.js": SCRIPT,
};

/// The files, and the hash that names this version of them.
#[derive(Debug, Clone)]
pub(crate) struct Assets {
    hash: String,
}

impl Assets {
    pub(crate) fn new() -> Self {
        let mut digest = Sha256::new();
        for file in FILES {
            digest.update(file.name);
            digest.update(u64::try_from(file.content.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(file.content);
        }
        Self { hash: short(digest.finalize().as_slice()) }
    }

    /// The part of an address that names this version.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// The file of that name, if there is one.
    pub(crate) fn serve(&self, request: &HttpRequest, hash: &str, name: &str) -> Option<HttpResponse> {
        let file = FILES.iter().find(|file| file.name == name)?;
        let caching = if hash == self.hash { FOR_EVER } else { ASK_AGAIN };
        let mut response = with_tag(request, file.kind, Bytes::from_static(file.content));
        response.headers_mut().insert(header::CACHE_CONTROL, caching);
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if file.kind.starts_with("image/") {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING));
        }
        Some(response)
    }
}

/// An answer with an entity tag; without its body for a browser that has it.
pub(crate) fn with_tag(request: &HttpRequest, kind: &'static str, content: Bytes) -> HttpResponse {
    let tag = EntityTag::new_strong(short(Sha256::digest(&content).as_slice()));
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        Ok(IfNoneMatch::Any) => request.headers().contains_key(header::IF_NONE_MATCH),
        Err(_unreadable) => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(header::ETag(tag));
    if known { response.finish() } else { response.content_type(kind).body(content) }
}

fn short(digest: &[u8]) -> String {
    hex::encode(digest.get(..8).unwrap_or(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_ships() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with(".html"))
            .collect();
        let mut shipped: Vec<String> = FILES.iter().map(|file| file.name.to_owned()).collect();
        there.sort();
        shipped.sort();
        assert_eq!(shipped, there);
    }

    #[test]
    fn modules_import_only_what_ships() {
        for file in FILES.iter().filter(|file| file.kind == SCRIPT) {
            let text = std::str::from_utf8(file.content).unwrap();
            for line in text.lines().filter(|line| line.starts_with("import ") || line.starts_with("} from ")) {
                let Some((_, from)) = line.split_once("from \"") else { continue };
                let name = from.split('"').next().unwrap().trim_start_matches("./");
                assert!(FILES.iter().any(|other| other.name == name), "{} imports {name}", file.name);
            }
        }
    }
}
