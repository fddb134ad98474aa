//! Asking with pictures.

use std::collections::HashMap;

use core_app::knowledge::FoundSegment;
use core_model_runtime::Picture;
use models::dataset::Dataset;
use models::{DatasetProvider, IndexingTechnique, SegmentId, TenantId, UploadFileId};

use crate::files::FileError;
use crate::knowledge::{Knowledge, KnowledgeError};

/// Pictures of one question: each costs a request to the model.
const MOST: usize = 10;

/// # Errors
/// `Invalid` unless the dataset can be asked with pictures, and with so many.
pub(super) fn check(dataset: &Dataset, pictures: &[UploadFileId]) -> Result<(), KnowledgeError> {
    let by_vectors = dataset.indexing_technique == Some(IndexingTechnique::HighQuality);
    if !dataset.is_multimodal || !by_vectors || dataset.provider == DatasetProvider::External {
        return Err(KnowledgeError::invalid("The dataset is not multimodal: attachment_ids cannot be searched in it."));
    }
    if pictures.len() > MOST {
        return Err(KnowledgeError::invalid(format!("attachment_ids may name at most {MOST} pictures.")));
    }
    Ok(())
}

impl Knowledge {
    /// # Errors
    /// `Invalid` for a file that is not the workspace's, or no picture.
    pub(super) async fn pictures(
        &self,
        tenant: TenantId,
        ids: &[UploadFileId],
    ) -> Result<Vec<Picture>, KnowledgeError> {
        let mut pictures = Vec::with_capacity(ids.len());
        for id in ids {
            let (file, bytes) = match self.parts.files.open(tenant, *id).await {
                Err(FileError::NotFound) => {
                    return Err(KnowledgeError::invalid(format!("The attachment {id} does not exist.")));
                }
                opened => opened?,
            };
            let not_one = || KnowledgeError::invalid(format!("The attachment {id} is not a picture that models take."));
            pictures.push(Picture::of(file.mime_type.as_deref(), bytes).ok_or_else(not_one)?);
        }
        Ok(pictures)
    }
}

/// What texts and pictures have found: a segment that both found counts by the better score, and there are no more than
/// one of them would have found.
pub(super) fn merged(found: Vec<FoundSegment>, seen: Vec<FoundSegment>, top_k: u32) -> Vec<FoundSegment> {
    let mut places: HashMap<SegmentId, usize> = HashMap::new();
    let mut all: Vec<FoundSegment> = Vec::new();
    for one in found.into_iter().chain(seen) {
        match places.get(&one.segment.id).and_then(|place| all.get_mut(*place)) {
            Some(known) => {
                if one.score > known.score {
                    known.score = one.score;
                }
                if known.children.is_empty() {
                    known.children = one.children;
                }
            }
            None => {
                places.insert(one.segment.id, all.len());
                all.push(one);
            }
        }
    }
    let score = |one: &FoundSegment| one.score.unwrap_or(f64::NEG_INFINITY);
    all.sort_by(|a, b| score(b).total_cmp(&score(a)));
    all.truncate(usize::try_from(top_k).unwrap_or(usize::MAX));
    all
}
