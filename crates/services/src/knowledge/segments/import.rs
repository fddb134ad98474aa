//! Segments from a CSV file: contents, and answers where the document has questions.
//!
//! The ids of the rows follow from the import and their place in the file, and all rows are written at once: an import
//! that is done again finds them, and only puts them into the index.

use async_trait::async_trait;
use chrono::Utc;
use core_rag::chunk::qa::rows_of_csv;
use jobs::{Context, Failure, Handler, Handlers, Job, Options};
use models::child_chunk::ChildChunk;
use models::db::AsyncConnection;
use models::job_outcome::{JobOutcome, OutcomeStatus};
use models::segment::Segment;
use models::upload_file::UploadFile;
use models::{AccountId, DatasetId, DocForm, DocumentId, Role, SegmentId, TenantId, UploadFileId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::NewSegment;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

const KIND: &str = "import_segments";
/// Segments that are put into the index together.
const BATCH: usize = 200;
/// Largest file, in bytes.
const LARGEST: i32 = 15 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ImportSegments {
    dataset: DatasetId,
    document: DocumentId,
    file: UploadFileId,
    by: AccountId,
    outcome: Uuid,
}

impl Job for ImportSegments {
    const KIND: &'static str = KIND;
    const QUEUE: &'static str = crate::indexing::LONG_QUEUE;
    const MAX_ATTEMPTS: u16 = 4;
}

impl Knowledge {
    /// Has the rows of an uploaded file become segments of a document.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument`, `NotFound` for the file, `Invalid`, or a model that cannot be
    /// used.
    pub async fn import_segments(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        document: DocumentId,
        file: UploadFileId,
    ) -> Result<JobOutcome, KnowledgeError> {
        let known = {
            let mut conn = self.pool().get().await?;
            let (known, _) = access::document(&mut conn, actor, dataset, document).await?;
            let upload = UploadFile::find_all(&mut conn, actor.tenant, &[file]).await?.pop();
            let upload = upload.ok_or(KnowledgeError::NotFound("UploadFile not found."))?;
            if !upload.name.to_ascii_lowercase().ends_with(".csv") {
                return Err(KnowledgeError::invalid("Invalid file type. Only CSV files are allowed"));
            }
            if upload.size > LARGEST {
                return Err(KnowledgeError::invalid("The file is too large to be imported."));
            }
            known
        };
        self.require_model(actor, &known).await?;
        let mut conn = self.pool().get().await?;
        conn.transaction(async |conn| {
            let outcome = JobOutcome::begin(conn, actor.tenant, KIND, document.0, Utc::now().naive_utc()).await?;
            let job = ImportSegments { dataset, document, file, by: actor.account, outcome: outcome.id };
            jobs::enqueue(conn, Some(actor.tenant), &job, Options::default()).await?;
            Ok(outcome)
        })
        .await
    }

    /// How an import is coming on.
    ///
    /// # Errors
    /// `Invalid` for one that is not known, or ended ten minutes ago.
    pub async fn import_state(&self, actor: &Actor, job: Uuid) -> Result<JobOutcome, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let known = JobOutcome::find(&mut conn, actor.tenant, &[KIND], job, Utc::now().naive_utc()).await?;
        known.ok_or_else(|| KnowledgeError::invalid("The job does not exist."))
    }

    async fn import(&self, tenant: TenantId, job: &ImportSegments) -> Result<(), KnowledgeError> {
        // Who began it was let in then.
        let actor = Actor { tenant, account: job.by, role: Role::Owner };
        let (dataset, document) = {
            let mut conn = self.pool().get().await?;
            access::document(&mut conn, &actor, job.dataset, job.document).await?
        };
        super::add::require_editable(&document)?;
        let (_, bytes) = self.parts.files.open(tenant, job.file).await?;
        let rows = rows_of_csv(&bytes).map_err(|e| KnowledgeError::invalid(e.to_string()))?;
        let questions = document.doc_form == DocForm::Qa;
        if questions && rows.iter().any(|(_, answer)| answer.is_none()) {
            return Err(KnowledgeError::invalid("Every row needs an answer."));
        }
        let new: Vec<NewSegment> = rows
            .into_iter()
            .map(|(content, answer)| NewSegment { content, answer, keywords: None, attachments: Vec::new() })
            .collect();
        let ids: Vec<SegmentId> = (0..new.len()).map(|place| id_of(job.outcome, place)).collect();
        let mut conn = self.pool().get().await?;
        let known = Segment::find_all(&mut conn, tenant, document.id, &ids).await?;
        let (rows, children) = if known.is_empty() {
            drop(conn);
            self.insert(&actor, &document, new, Some(&ids)).await?
        } else {
            let children = ChildChunk::of_segments(&mut conn, tenant, &ids).await?;
            drop(conn);
            (known, children)
        };
        for rows in rows.chunks(BATCH) {
            let own: Vec<ChildChunk> =
                children.iter().filter(|child| rows.iter().any(|row| row.id == child.segment_id)).cloned().collect();
            self.put(&dataset, &document, rows.to_vec(), &own).await?;
        }
        self.summarise_new(&dataset, &document, &ids).await
    }

    async fn note_import(
        &self,
        tenant: TenantId,
        job: &ImportSegments,
        status: OutcomeStatus,
        error: Option<&KnowledgeError>,
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let told = error.map(|error| error.to_string().replace('\0', ""));
        JobOutcome::set(&mut conn, tenant, job.outcome, status, told.as_deref(), Utc::now().naive_utc()).await?;
        Ok(())
    }
}

/// The id of a row of an import.
fn id_of(import: Uuid, place: usize) -> SegmentId {
    let digest = Sha256::new().chain_update(import.as_bytes()).chain_update(place.to_be_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, hashed)| *byte = hashed);
    SegmentId(Builder::from_random_bytes(bytes).into_uuid())
}

/// What this release's workers can do about imports.
pub fn handlers(handlers: Handlers, knowledge: Knowledge) -> Handlers {
    handlers.with(Importer(knowledge))
}

struct Importer(Knowledge);

#[async_trait]
impl Handler for Importer {
    type Job = ImportSegments;

    async fn run(&self, job: ImportSegments, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("an import without a workspace")) };
        self.0.note_import(tenant, &job, OutcomeStatus::Processing, None).await?;
        match self.0.import(tenant, &job).await {
            Ok(()) => Ok(self.0.note_import(tenant, &job, OutcomeStatus::Completed, None).await?),
            Err(error @ KnowledgeError::Db(_)) if !context.is_last_attempt() => Err(Failure::retry(error)),
            Err(error) => {
                tracing::warn!(document.id = %job.document, error = %error, "an import of segments failed");
                Ok(self.0.note_import(tenant, &job, OutcomeStatus::Error, Some(&error)).await?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_rows_are_their_own_and_stay() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(id_of(one, 7), id_of(one, 7));
        assert!(id_of(one, 7) != id_of(one, 8) && id_of(one, 7) != id_of(other, 7));
        assert_eq!(id_of(one, 7).0.get_version_num(), 4);
    }
}
