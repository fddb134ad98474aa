//! What was asked of a dataset.

use std::collections::HashMap;

use models::dataset_query::DatasetQuery;
use models::upload_file::UploadFile;
use models::{DatasetId, UploadFileId};
use serde::Deserialize;

use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// A page of queries, newest first.
#[derive(Debug, Clone)]
pub struct DatasetQueryPage {
    pub queries: Vec<AskedQuery>,
    pub total: i64,
}

/// A query as it is shown.
#[derive(Debug, Clone)]
pub struct AskedQuery {
    pub query: DatasetQuery,
    pub parts: Vec<AskedPart>,
}

/// A text or a picture that was asked with.
#[derive(Debug, Clone)]
pub struct AskedPart {
    /// `text_query` or `image_query`.
    pub kind: String,
    /// The text, or the id of the picture.
    pub content: String,
    pub file: Option<UploadFile>,
}

/// The same as rows have it.
#[derive(Debug, Deserialize)]
struct StoredPart {
    content_type: String,
    content: String,
}

const TEXT: &str = "text_query";
const IMAGE: &str = "image_query";

/// Rows of old releases have bare text, which may look like any JSON.
fn parts(content: &str) -> Vec<StoredPart> {
    serde_json::from_str(content)
        .unwrap_or_else(|_bare| vec![StoredPart { content_type: TEXT.to_owned(), content: content.to_owned() }])
}

fn picture(part: &StoredPart) -> Option<UploadFileId> {
    if part.content_type == IMAGE { part.content.parse().ok() } else { None }
}

impl Knowledge {
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn queries(
        &self,
        actor: &Actor,
        id: DatasetId,
        limit: i64,
        offset: i64,
    ) -> Result<DatasetQueryPage, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, id).await?;
        let (rows, total) = DatasetQuery::page(&mut conn, id, limit, offset).await?;
        let read: Vec<(DatasetQuery, Vec<StoredPart>)> = rows
            .into_iter()
            .map(|row| {
                let stored = parts(&row.content);
                (row, stored)
            })
            .collect();
        let pictures: Vec<UploadFileId> =
            read.iter().flat_map(|(_, stored)| stored.iter().filter_map(picture)).collect();
        let files: HashMap<UploadFileId, UploadFile> = UploadFile::find_all(&mut conn, actor.tenant, &pictures)
            .await?
            .into_iter()
            .map(|file| (file.id, file))
            .collect();
        let part = |stored: StoredPart| AskedPart {
            file: picture(&stored).and_then(|id| files.get(&id).cloned()),
            kind: stored.content_type,
            content: stored.content,
        };
        let queries = read
            .into_iter()
            .map(|(query, stored)| AskedQuery { query, parts: stored.into_iter().map(part).collect() })
            .collect();
        Ok(DatasetQueryPage { queries, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_rows_are_texts() {
        let read = |content: &str| {
            parts(content).into_iter().map(|part| (part.content_type, part.content)).collect::<Vec<_>>()
        };
        let text = |content: &str| vec![(TEXT.to_owned(), content.to_owned())];
        for bare in ["what is it?", "5", "{}", "[1]", "\"quoted\"", "null"] {
            assert_eq!(read(bare), text(bare));
        }
        assert_eq!(read(r#"[{"content_type":"text_query","content":"a"}]"#), text("a"));
    }
}
