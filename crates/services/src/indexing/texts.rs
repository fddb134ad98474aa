//! The texts of a file, page by page, with its pictures put away.

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use core_rag::extract::{self, Extracted, Extraction, Picture, PictureLimits, with_links};
use models::document::Document;
use models::upload_file::UploadFile;
use models::{AccountId, Caller, UploadFileId};
use regex::Regex;
use tokio::sync::mpsc;

use super::{IndexError, IndexingParts};
use crate::files::Files;

/// Texts that may wait to be cut.
const TEXTS_AHEAD: usize = 4;
/// Of one document.
pub(crate) const PICTURES: PictureLimits =
    PictureLimits { max_count: 200, max_bytes: 2 * 1024 * 1024, max_total: 32 * 1024 * 1024 };

/// Some of a page, or that it ends.
pub(super) enum PageText {
    Part(String),
    End,
}

pub(super) type Texts = mpsc::Receiver<Result<PageText, IndexError>>;

impl IndexingParts {
    /// The texts of a file as they are read.
    pub(super) async fn texts(
        &self,
        document: &Document,
        file: &UploadFile,
        bytes: Bytes,
    ) -> Result<Texts, IndexError> {
        let asked = extract::Document {
            bytes,
            file_name: Some(file.name.clone()),
            extension: Some(file.extension.clone()),
            mime_type: file.mime_type.clone(),
        };
        let extraction = self.extractor.extract_stream(asked, PICTURES).await?;
        let (sender, texts) = mpsc::channel(TEXTS_AHEAD);
        let album = Album { files: self.files.clone(), document: document.clone(), stored: HashMap::new() };
        // Ends by itself: when the file ends, or when nobody listens any more.
        tokio::spawn(hand_over(extraction, album, sender));
        Ok(texts)
    }
}

async fn hand_over(mut extraction: Extraction, mut album: Album, texts: mpsc::Sender<Result<PageText, IndexError>>) {
    while let Some(item) = extraction.next().await {
        let told = match item {
            Ok(Extracted::Part(text)) => texts.send(Ok(PageText::Part(album.linked(&text)))).await,
            Ok(Extracted::Page(page)) => {
                let told = texts.send(Ok(PageText::Part(album.linked(&page.text)))).await;
                if told.is_ok() { texts.send(Ok(PageText::End)).await } else { told }
            }
            Ok(Extracted::Picture(picture)) => match album.keep(picture).await {
                Ok(()) => Ok(()),
                Err(error) => texts.send(Err(error)).await,
            },
            Err(error) => texts.send(Err(error.into())).await,
        };
        if told.is_err() {
            return;
        }
    }
}

/// The pictures of a document as files of the workspace.
struct Album {
    files: Files,
    document: Document,
    stored: HashMap<usize, UploadFileId>,
}

impl Album {
    async fn keep(&mut self, picture: Picture) -> Result<(), IndexError> {
        let Picture { number, bytes, extension, mime_type } = picture;
        let owner = Caller::Account(AccountId(self.document.created_by));
        let name = format!("{number}.{extension}");
        let stored = self.files.store_picture(self.document.tenant_id, owner, name, mime_type, bytes.into()).await;
        match stored {
            Ok(file) => {
                self.stored.insert(number, file.id);
                Ok(())
            }
            // A picture that is not taken is left out; the text is what people search.
            Err(error) if error.is_refusal() => {
                tracing::warn!(document.id = %self.document.id, error = %error, "a picture of a document was left out");
                Ok(())
            }
            Err(error) => Err(IndexError::File(error)),
        }
    }

    fn linked(&self, text: &str) -> String {
        with_links(text, |number| self.stored.get(&number).map(|id| picture_link(*id)))
    }
}

/// How a stored picture stands in a text.
pub(crate) fn picture_link(id: UploadFileId) -> String {
    format!("/files/{id}/image-preview")
}

/// The pictures that a text shows, in their order, each once.
pub(super) fn pictures_of(text: &str) -> impl Iterator<Item = UploadFileId> {
    static LINK: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::unwrap_used, reason = "a literal pattern, covered by tests")]
        Regex::new(r"!\[[^\]]*\]\(/files/([0-9a-f-]{36})/image-preview\)").unwrap()
    });
    let mut seen: Vec<UploadFileId> = Vec::new();
    for found in LINK.captures_iter(text) {
        let id = found.get(1).and_then(|id| id.as_str().parse().ok());
        if let Some(id) = id.filter(|id| !seen.contains(id)) {
            seen.push(id);
        }
    }
    seen.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_in_texts() {
        let (one, two) = (UploadFileId::random(), UploadFileId::random());
        let link = |id| format!("![image](/files/{id}/image-preview)");
        let text = format!("a {} b {} {} ![x](https://h/files/{one}/image-preview)", link(two), link(one), link(two));
        assert_eq!(pictures_of(&text).collect::<Vec<_>>(), [two, one]);
    }
}
