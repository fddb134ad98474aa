//! New documents: rows, how they are to be indexed, and the jobs that do it, in one transaction.

use chrono::Utc;
use core_rag::retrieve::RetrievalModel;
use core_rag::rule::ProcessRule;
use models::dataset::{Dataset, DatasetChanges};
use models::dataset_process_rule::StoredRule;
use models::db::{AsyncConnection, AsyncPgConnection, alone_at};
use models::document::{CreatedFrom, Document};
use models::document_progress::{self, Replacement};
use models::upload_file::UploadFile;
use models::{
    DataSourceType, DatasetId, DatasetProvider, DocForm, DocumentId, IndexingStatus, IndexingTechnique, ProcessRuleId,
    segment_index,
};
use rand::RngExt;
use serde_json::{Value, json};

use crate::indexing::{self, SummarySetting};
use crate::knowledge::datasets::{bind, stored, wanted_reranker};
use crate::knowledge::metadata::note_built_in;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// How documents are to be indexed. What is missing is taken from the dataset.
#[derive(Debug, Clone)]
pub struct IndexSettings {
    pub technique: Option<IndexingTechnique>,
    /// Provider and model; `None`: the dataset's, else the workspace's.
    pub embedding: Option<(String, String)>,
    pub retrieval_model: Option<RetrievalModel>,
    /// `None`: the dataset's latest, else the automatic one.
    pub rule: Option<ProcessRule>,
    pub form: DocForm,
    /// In English, as in `German`.
    pub language: String,
    /// How segments are to be summarised, for a dataset that does not say it yet.
    pub summary_index_setting: Option<Value>,
}

/// Uploads that become documents.
#[derive(Debug, Clone)]
pub struct NewDocuments {
    pub files: Vec<UploadFile>,
    pub settings: IndexSettings,
    /// An upload of the same name takes the place of the document that has it.
    pub replace_same_name: bool,
    pub created_from: CreatedFrom,
}

/// What became of them.
#[derive(Debug, Clone)]
pub struct AddedDocuments {
    pub dataset: Dataset,
    /// In the order of the files.
    pub documents: Vec<Document>,
    pub batch: String,
}

/// The model, the technique and the rule are known to be good.
pub(super) struct Checked {
    /// Provider and model.
    embedding: Option<(String, String)>,
    technique: IndexingTechnique,
}

impl Knowledge {
    /// Adds uploads to a dataset, and their way to the index begins.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `Invalid`, or a model that cannot be used.
    pub async fn add(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        new: NewDocuments,
    ) -> Result<AddedDocuments, KnowledgeError> {
        let known = {
            let mut conn = self.pool().get().await?;
            access::dataset(&mut conn, actor, dataset).await?
        };
        if new.files.is_empty() {
            return Err(KnowledgeError::invalid("No files were given."));
        }
        let checked = self.check(actor, &known, &new.settings).await?;
        let mut conn = self.pool().get().await?;
        conn.transaction(async |conn| self.add_checked(conn, actor, dataset, &checked, &new).await).await
    }

    /// Adds what was found to be good.
    pub(super) async fn add_checked(
        &self,
        conn: &mut AsyncPgConnection,
        actor: &Actor,
        dataset: DatasetId,
        checked: &Checked,
        new: &NewDocuments,
    ) -> Result<AddedDocuments, KnowledgeError> {
        alone_at(conn, &format!("documents:{dataset}")).await?;
        let dataset = self.prepare_dataset(conn, actor, dataset, checked, &new.settings).await?;
        let rule = rule_row(conn, actor, &dataset, new.settings.rule.as_ref()).await?;
        let batch = batch_id();
        let documents = put(conn, actor, &dataset, new, rule, &batch).await?;
        let ids: Vec<DocumentId> = documents.iter().map(|document| document.id).collect();
        indexing::index(conn, actor.tenant, &ids).await?;
        Ok(AddedDocuments { dataset, documents, batch })
    }

    /// What can be refused before anything is written, without a connection in hand.
    pub(super) async fn check(
        &self,
        actor: &Actor,
        known: &Dataset,
        settings: &IndexSettings,
    ) -> Result<Checked, KnowledgeError> {
        if known.provider == DatasetProvider::External {
            return Err(KnowledgeError::invalid("External datasets do not take documents."));
        }
        let technique = known.indexing_technique.or(settings.technique);
        let technique = technique.ok_or_else(|| KnowledgeError::invalid("indexing_technique is required."))?;
        if technique == IndexingTechnique::Unknown {
            return Err(KnowledgeError::invalid("The indexing technique of this dataset is not supported."));
        }
        if settings.form == DocForm::Qa && technique != IndexingTechnique::HighQuality {
            return Err(KnowledgeError::invalid("Questions and answers need the indexing technique high_quality."));
        }
        let embedding = match (technique, &known.embedding_model_provider, &known.embedding_model, &settings.embedding)
        {
            (IndexingTechnique::Economy | IndexingTechnique::Unknown, ..) => None,
            (IndexingTechnique::HighQuality, Some(provider), Some(model), _)
            | (IndexingTechnique::HighQuality, _, _, Some((provider, model))) => {
                Some(self.parts.models.checked(actor.tenant, provider, model).await?)
            }
            (IndexingTechnique::HighQuality, ..) => Some(self.parts.models.default_embedding(actor.tenant).await?),
        };
        if let Some(reranking) = settings.retrieval_model.as_ref().and_then(wanted_reranker) {
            self.parts
                .models
                .reranker(actor.tenant, &reranking.reranking_provider_name, &reranking.reranking_model_name)
                .await?;
        }
        Ok(Checked { embedding, technique })
    }

    /// The dataset as its first document makes it.
    pub(super) async fn prepare_dataset(
        &self,
        conn: &mut AsyncPgConnection,
        actor: &Actor,
        id: DatasetId,
        checked: &Checked,
        settings: &IndexSettings,
    ) -> Result<Dataset, KnowledgeError> {
        let dataset = Dataset::find_locked(conn, actor.tenant, id).await?.ok_or(KnowledgeError::NoSuchDataset)?;
        let form = Document::form_of(conn, actor.tenant, id).await?;
        if form.is_some_and(|form| form != settings.form) {
            return Err(KnowledgeError::invalid("doc_form is different from the dataset doc_form."));
        }
        let mut changes = DatasetChanges::default();
        if dataset.data_source_type.is_none() {
            changes.data_source_type = Some(DataSourceType::UploadFile);
        }
        if dataset.indexing_technique.is_none() {
            changes.indexing_technique = Some(checked.technique);
        }
        if let (Some((provider, model)), None) = (&checked.embedding, dataset.collection_binding_id) {
            let binding = bind(conn, provider, model).await?;
            changes.embedding_model_provider = Some(Some(provider.clone()));
            changes.embedding_model = Some(Some(model.clone()));
            changes.collection_binding_id = Some(Some(binding.id));
        }
        if dataset.retrieval_model.is_none() && checked.technique == IndexingTechnique::HighQuality {
            let model = settings.retrieval_model.clone().unwrap_or_default();
            changes.retrieval_model = Some(stored(&model));
        }
        if dataset.summary_index_setting.is_none() {
            changes.summary_index_setting.clone_from(&settings.summary_index_setting);
        }
        changes.updated_by = Some(actor.account);
        changes.updated_at = Some(Utc::now().naive_utc());
        let changed = Dataset::change(conn, actor.tenant, id, &changes).await?;
        changed.ok_or(KnowledgeError::NoSuchDataset)
    }
}

/// The row of the rule that the documents follow; `None` for the automatic one where the dataset has none.
pub(super) async fn rule_row(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    dataset: &Dataset,
    rule: Option<&ProcessRule>,
) -> Result<ProcessRuleId, KnowledgeError> {
    let rule = match rule {
        Some(rule) => rule.clone(),
        None => match StoredRule::latest(conn, dataset.id).await? {
            Some(latest) => return Ok(latest.id),
            None => ProcessRule::automatic(),
        },
    };
    let row = StoredRule {
        id: ProcessRuleId::random(),
        dataset_id: dataset.id,
        mode: rule.mode.as_wire().to_owned(),
        rules: Some(rule.to_stored_json()),
        created_by: actor.account,
        created_at: Utc::now().naive_utc(),
    };
    StoredRule::insert(conn, &row).await?;
    Ok(row.id)
}

/// Of the documents that are made together: the time and six digits.
pub(super) fn batch_id() -> String {
    let digits: u32 = rand::rng().random_range(100_000..=999_999);
    format!("{}{digits}", Utc::now().format("%Y%m%d%H%M%S"))
}

/// Writes the rows: new ones, and those whose place an upload of the same name takes.
async fn put(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    dataset: &Dataset,
    new: &NewDocuments,
    rule: ProcessRuleId,
    batch: &str,
) -> Result<Vec<Document>, KnowledgeError> {
    let names: Vec<String> = new.files.iter().map(|file| file.name.clone()).collect();
    let mut same = if new.replace_same_name {
        Document::uploads_named(conn, actor.tenant, dataset.id, &names).await?
    } else {
        Vec::new()
    };
    let mut position = Document::last_position(conn, actor.tenant, dataset.id).await?;
    let (mut order, mut fresh) = (Vec::with_capacity(new.files.len()), Vec::new());
    for file in &new.files {
        if let Some(known) = same.iter().position(|document| document.name == file.name) {
            let known = same.swap_remove(known);
            let replacement = Replacement {
                data_source_info: Some(source_of(file)),
                dataset_process_rule_id: Some(rule),
                batch: Some(batch.to_owned()),
                created_from: Some(new.created_from),
                doc_language: Some(new.settings.language.clone()),
                need_summary: needs_summary(dataset, known.doc_form),
                ..Replacement::default()
            };
            document_progress::begin_again(conn, actor.tenant, &[known.id], Some(&replacement)).await?;
            segment_index::outdated(conn, actor.tenant, &[known.id]).await?;
            order.push(known.id);
            continue;
        }
        position += 1;
        let document = row(actor, dataset, new, file, rule, batch, position);
        order.push(document.id);
        fresh.push(document);
    }
    Document::insert_all(conn, &fresh).await?;
    note_built_in(conn, dataset, &order).await?;
    let files: Vec<_> = new.files.iter().map(|file| file.id).collect();
    UploadFile::mark_used(conn, actor.tenant, &files).await?;
    let mut rows = Document::find_all(conn, actor.tenant, dataset.id, &order).await?;
    rows.sort_by_key(|row| order.iter().position(|id| *id == row.id));
    Ok(rows)
}

/// What a document remembers of its upload.
pub(super) fn source_of(file: &UploadFile) -> String {
    json!({"upload_file_id": file.id}).to_string()
}

fn row(
    actor: &Actor,
    dataset: &Dataset,
    new: &NewDocuments,
    file: &UploadFile,
    rule: ProcessRuleId,
    batch: &str,
    position: i32,
) -> Document {
    let now = Utc::now().naive_utc();
    Document {
        id: DocumentId::random(),
        tenant_id: actor.tenant,
        dataset_id: dataset.id,
        position,
        data_source_type: DataSourceType::UploadFile,
        data_source_info: Some(source_of(file)),
        dataset_process_rule_id: Some(rule),
        batch: batch.to_owned(),
        name: file.name.chars().take(255).collect(),
        created_from: new.created_from,
        created_by: actor.account.0,
        created_at: now,
        processing_started_at: None,
        word_count: None,
        parsing_completed_at: None,
        cleaning_completed_at: None,
        splitting_completed_at: None,
        tokens: None,
        indexing_latency: None,
        completed_at: None,
        is_paused: Some(false),
        paused_by: None,
        paused_at: None,
        error: None,
        stopped_at: None,
        indexing_status: IndexingStatus::Waiting,
        enabled: true,
        disabled_at: None,
        disabled_by: None,
        archived: false,
        archived_at: None,
        archived_by: None,
        updated_at: now,
        doc_type: None,
        doc_metadata: None,
        doc_form: new.settings.form,
        doc_language: Some(new.settings.language.clone()),
        need_summary: needs_summary(dataset, new.settings.form).unwrap_or(false),
    }
}

/// `None`: a document that is there already stays as it is.
pub(super) fn needs_summary(dataset: &Dataset, form: DocForm) -> Option<bool> {
    SummarySetting::of(dataset, form).map(|_| true)
}
