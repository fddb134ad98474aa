//! Trying out what a dataset says to a question.

mod pictures;

use std::collections::HashMap;

use core_app::knowledge::{Asked, Conditions, ExternalRecord, FoundSegment};
use core_rag::retrieve::RetrievalModel;
use models::dataset::Dataset;
use models::dataset_query::{DatasetQuery, QuerySource};
use models::upload_file::UploadFile;
use models::{Caller, DatasetId, DatasetProvider, DocumentId, SegmentId, UploadFileId};
use serde_json::{Value, json};

use super::{Actor, Knowledge, KnowledgeError, access, segments};

/// A question, and how the dataset is to be searched for once.
#[derive(Debug, Clone)]
pub struct Trial {
    /// At most 250 characters; may be blank where there are pictures.
    pub query: String,
    /// Uploaded pictures to look for.
    pub pictures: Vec<UploadFileId>,
    /// `None`: as the dataset says.
    pub model: Option<RetrievalModel>,
    /// `{top_k, score_threshold, score_threshold_enabled}` for what is behind an external API; may also hold
    /// `metadata_filtering_conditions`.
    pub external_model: Option<Value>,
    /// Most results.
    pub limit: usize,
    /// Whether the question stands in the list of questions when this is answered, where people look next. Those of
    /// programs are written many at a time.
    pub listed_at_once: bool,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct TrialResult {
    pub query: String,
    pub found: TrialFound,
}

#[derive(Debug, Clone)]
pub enum TrialFound {
    /// With the pictures that they show.
    Segments(Vec<FoundSegment>, HashMap<SegmentId, Vec<UploadFile>>),
    /// Of an external API, in its order.
    Records(Vec<ExternalRecord>),
}

impl Knowledge {
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `Invalid`, a model that fails, or a store or external API that does not answer.
    pub async fn try_out(&self, actor: &Actor, id: DatasetId, trial: Trial) -> Result<TrialResult, KnowledgeError> {
        let dataset = {
            let mut conn = self.pool().get().await?;
            access::dataset(&mut conn, actor, id).await?
        };
        check(&dataset, &trial)?;
        if dataset.provider == DatasetProvider::External {
            return self.try_external(actor, &dataset, trial).await;
        }
        let shown = self.pictures(actor.tenant, &trial.pictures).await?;
        let model = trial.model.clone().unwrap_or_else(|| own_model(&dataset));
        let only = self.held_to(actor, id, model.metadata_filtering_conditions.as_ref()).await?;
        let (finder, only, asked) = (&self.parts.finder, only.as_deref(), Asked { dataset, model });
        let mut found = if trial.query.trim().is_empty() {
            Vec::new()
        } else {
            let found = finder.find(actor.tenant, std::slice::from_ref(&asked), &trial.query, only).await?;
            found.into_iter().next().unwrap_or_default()
        };
        if !shown.is_empty() {
            let seen = finder.find_by_pictures(actor.tenant, &asked, &shown, only).await?;
            found = pictures::merged(found, seen, asked.model.top_k);
        }
        found.truncate(trial.limit);
        self.note(actor, id, &trial, &found).await?;
        let ids: Vec<SegmentId> = found.iter().map(|found| found.segment.id).collect();
        let mut conn = self.pool().get().await?;
        let attachments = segments::attachments(&mut conn, actor.tenant, &ids).await?;
        Ok(TrialResult { query: trial.query, found: TrialFound::Segments(found, attachments) })
    }

    /// The same for a dataset behind an external API; one that is not has no such records.
    ///
    /// # Errors
    /// As for [`Self::try_out`].
    pub async fn try_out_external(
        &self,
        actor: &Actor,
        id: DatasetId,
        trial: Trial,
    ) -> Result<TrialResult, KnowledgeError> {
        let dataset = {
            let mut conn = self.pool().get().await?;
            access::dataset(&mut conn, actor, id).await?
        };
        if dataset.provider != DatasetProvider::External {
            return Ok(TrialResult { query: trial.query, found: TrialFound::Records(Vec::new()) });
        }
        check(&dataset, &trial)?;
        self.try_external(actor, &dataset, trial).await
    }

    async fn try_external(
        &self,
        actor: &Actor,
        dataset: &Dataset,
        trial: Trial,
    ) -> Result<TrialResult, KnowledgeError> {
        let model = trial.external_model.as_ref().filter(|model| model.is_object());
        let conditions = model.and_then(|model| model.get("metadata_filtering_conditions"));
        let condition = conditions.and_then(|conditions| Conditions::read(conditions).told());
        let external = &self.parts.external;
        let found = external.search(actor.tenant, &[dataset], &trial.query, model, condition.as_ref()).await?;
        let mut found = found.into_iter().next().unwrap_or_default();
        found.truncate(trial.limit);
        self.note(actor, dataset.id, &trial, &[]).await?;
        Ok(TrialResult { query: trial.query, found: TrialFound::Records(found) })
    }

    /// The documents that fit conditions; `None` where there are none to fit.
    async fn held_to(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        conditions: Option<&Value>,
    ) -> Result<Option<Vec<DocumentId>>, KnowledgeError> {
        let Some(filter) = conditions.and_then(|conditions| Conditions::read(conditions).filter()) else {
            return Ok(None);
        };
        let mut conn = self.pool().get().await?;
        Ok(Some(filter.matching(&mut conn, actor.tenant, &[dataset]).await?))
    }

    /// Notes what was asked and counts what was found.
    async fn note(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        trial: &Trial,
        found: &[FoundSegment],
    ) -> Result<(), KnowledgeError> {
        let text = Some(&trial.query).filter(|query| !query.trim().is_empty());
        let text = text.map(|query| json!({"content_type": "text_query", "content": query}));
        let pictures = trial.pictures.iter().map(|id| json!({"content_type": "image_query", "content": id}));
        let content = Value::from_iter(text.into_iter().chain(pictures)).to_string();
        let by = Caller::Account(actor.account);
        let mut rows = vec![DatasetQuery::new(dataset, content, QuerySource::HitTesting, None, by)];
        if trial.listed_at_once {
            let mut conn = self.pool().get().await?;
            DatasetQuery::insert_all(&mut conn, &rows).await?;
            rows.clear();
        }
        let segments = found.iter().map(|found| -> SegmentId { found.segment.id });
        self.parts.notes.note(actor.tenant, rows, segments);
        Ok(())
    }
}

/// # Errors
/// `Invalid` where nothing is asked, or pictures of a dataset that is not found by pictures.
fn check(dataset: &Dataset, trial: &Trial) -> Result<(), KnowledgeError> {
    if !trial.pictures.is_empty() {
        return pictures::check(dataset, &trial.pictures);
    }
    if trial.query.trim().is_empty() { Err(KnowledgeError::invalid("Query is required")) } else { Ok(()) }
}

fn own_model(dataset: &Dataset) -> RetrievalModel {
    match &dataset.retrieval_model {
        Some(stored) => RetrievalModel::from_stored(Some(stored)),
        None => RetrievalModel::default(),
    }
}
