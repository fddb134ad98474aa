//! What a request asks for, as a hash.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::dev::{self, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures::{Stream, StreamExt};
use sha2::{Digest, Sha256};

use crate::error::ApiError;

/// What may stand after a form's end.
const MOST_AFTER_THE_FORM: usize = 64 * 1024;
const END_OF_BODY: Duration = Duration::from_secs(5);
/// Most bytes of a form that is only compared.
const MOST_COMPARED: usize = 1 << 30;

/// Path, query, kind of body and body. A form's boundary is not part of it.
#[derive(Clone)]
pub(super) struct Fingerprint {
    hash: Sha256,
    /// `--` and the boundary of a form.
    boundary: Option<Vec<u8>>,
    /// The end of what was read: a boundary may have begun in it.
    carried: Vec<u8>,
}

impl Fingerprint {
    pub(super) fn of(request: &ServiceRequest, who: &str) -> Self {
        let declared = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut hash = Sha256::new();
        for part in [request.path(), request.query_string(), who, &kind] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let boundary = (kind == "multipart/form-data").then(|| boundary(declared)).flatten();
        Self { hash, boundary, carried: Vec::new() }
    }

    /// A form is hashed while it is read; it is not held.
    pub(super) const fn is_streamed(&self) -> bool {
        self.boundary.is_some()
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        let Some(boundary) = &self.boundary else { return self.hash.update(bytes) };
        self.carried.extend_from_slice(bytes);
        let mut rest = self.carried.as_slice();
        while let Some((before, after)) = split(rest, boundary) {
            self.hash.update(before);
            self.hash.update([0]);
            rest = after;
        }
        let kept = rest.len().min(boundary.len().saturating_sub(1));
        let (done, kept) = rest.split_at_checked(rest.len() - kept).unwrap_or((rest, &[]));
        self.hash.update(done);
        self.carried = kept.to_vec();
    }

    pub(super) fn text(&self) -> String {
        let mut hash = self.hash.clone();
        hash.update(&self.carried);
        hex::encode(hash.finalize())
    }

    /// The whole one, with a body that nobody else reads.
    pub(super) async fn of_rest(mut self, mut payload: dev::Payload) -> Result<String, ApiError> {
        let mut read = 0_usize;
        while let Some(piece) = payload.next().await {
            let piece = piece.map_err(|e| ApiError::bad_request(format!("The body could not be read: {e}")))?;
            read = read.saturating_add(piece.len());
            if read > MOST_COMPARED {
                return Err(ApiError::bad_request("The body is too large."));
            }
            self.update(&piece);
        }
        Ok(self.text())
    }
}

fn boundary(content_type: &str) -> Option<Vec<u8>> {
    let named = content_type.split(';').skip(1).filter_map(|part| part.split_once('='));
    let (_, value) =
        named.map(|(name, value)| (name.trim(), value)).find(|(n, _)| n.eq_ignore_ascii_case("boundary"))?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty()).then(|| [b"--", value.as_bytes()].concat())
}

/// What stands before and after the first `needle`.
fn split<'a>(bytes: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let first = needle.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| byte == first)?;
        let (before, here) = bytes.split_at_checked(at)?;
        if let Some(after) = here.strip_prefix(needle) {
            return Some((before, after));
        }
        from = at + 1;
    }
}

/// A body that is hashed while somebody reads it.
#[derive(Clone)]
pub(super) struct Tee(Rc<RefCell<Read>>);

struct Read {
    payload: dev::Payload,
    fingerprint: Fingerprint,
    failed: bool,
}

impl Tee {
    pub(super) fn new(payload: dev::Payload, fingerprint: Fingerprint) -> Self {
        Self(Rc::new(RefCell::new(Read { payload, fingerprint, failed: false })))
    }

    pub(super) fn payload(&self) -> dev::Payload {
        dev::Payload::Stream { payload: Box::pin(self.clone()) }
    }

    /// The fingerprint of the whole body, of which a reader may have left the end; `None` if it does not come.
    pub(super) async fn finish(mut self) -> Option<Fingerprint> {
        let rest = async {
            let mut left = MOST_AFTER_THE_FORM;
            while let Some(piece) = self.next().await {
                left = left.checked_sub(piece.ok()?.len())?;
            }
            Some(())
        };
        tokio::time::timeout(END_OF_BODY, rest).await.ok()??;
        let read = self.0.borrow();
        (!read.failed).then(|| read.fingerprint.clone())
    }
}

impl Stream for Tee {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut read = self.0.borrow_mut();
        let piece = read.payload.poll_next_unpin(context);
        match &piece {
            Poll::Ready(Some(Ok(bytes))) => read.fingerprint.update(bytes),
            Poll::Ready(Some(Err(_))) => read.failed = true,
            Poll::Ready(None) | Poll::Pending => {}
        }
        piece
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn form(boundary: &str, text: &str, pieces: usize) -> String {
        let kind = format!("multipart/form-data; boundary={boundary}");
        let request = TestRequest::post().uri("/x").insert_header((header::CONTENT_TYPE, kind)).to_srv_request();
        let mut fingerprint = Fingerprint::of(&request, "");
        assert!(fingerprint.is_streamed());
        let body = format!("--{boundary}\r\nname: a\r\n\r\n{text}\r\n--{boundary}--\r\n");
        for piece in body.as_bytes().chunks(pieces) {
            fingerprint.update(piece);
        }
        fingerprint.text()
    }

    #[test]
    fn boundaries_and_pieces_do_not_count() {
        let one = form("----abc", "text --- --x", 1);
        for (boundary, pieces) in [("----abc", 1000), ("zz", 7), ("\"a-much-longer-boundary\"", 3)] {
            assert_eq!(form(boundary.trim_matches('"'), "text --- --x", pieces), one, "{boundary}");
        }
        assert_ne!(form("zz", "text --- --y", 7), one);
    }

    #[test]
    fn everything_else_counts() {
        let text = |uri: &str, who: &str, body: &[u8]| {
            let request = TestRequest::post().uri(uri).insert_header((header::CONTENT_TYPE, "application/json"));
            let mut fingerprint = Fingerprint::of(&request.to_srv_request(), who);
            assert!(!fingerprint.is_streamed());
            fingerprint.update(body);
            fingerprint.text()
        };
        let one = text("/a", "b", b"{}");
        assert_eq!(text("/a", "b", b"{}"), one);
        for other in [text("/b", "b", b"{}"), text("/a?x", "b", b"{}"), text("/a", "c", b"{}"), text("/a", "b", b"{ }")]
        {
            assert_ne!(other, one);
        }
    }
}
