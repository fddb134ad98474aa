//! What indexing would make of documents: by the code that indexes, without writing anything.

use std::time::Duration;

use core_rag::chunk::{Estimate, Estimator, Preview, qa};
use core_rag::extract::{self, ExtractError, Extracted, with_links};
use core_rag::rule::ProcessRule;
use futures::{StreamExt, stream};
use models::dataset::Dataset;
use models::dataset_process_rule::StoredRule;
use models::document::Document;
use models::upload_file::UploadFile;
use models::{DatasetId, DatasetProvider, DocForm, DocumentId, IndexingStatus, IndexingTechnique, UploadFileId};
use serde_json::Value;

use super::{Actor, Knowledge, KnowledgeError, access};
use crate::indexing::{Asking, PICTURES, Summariser, SummarySetting, picture_link, rag_form};

/// Pairs of a table that are shown.
const PAIRS_SHOWN: usize = 10;
/// Previewed segments that a model is asked about at the same time, and how long somebody waits for each.
const SUMMARIES_AT_ONCE: usize = 5;
const SUMMARY_PATIENCE: Duration = Duration::from_secs(30);

/// What is to be estimated.
#[derive(Debug, Clone)]
pub struct EstimateOf {
    pub files: Vec<UploadFile>,
    pub rule: ProcessRule,
    pub form: DocForm,
    /// In English, as in `German`.
    pub language: String,
    pub technique: Option<IndexingTechnique>,
    /// Into which they are to go, where it is there already.
    pub dataset: Option<DatasetId>,
    /// How segments are to be summarised.
    pub summary_index_setting: Option<Value>,
}

/// How many segments there will be, and the first of them.
#[derive(Debug, Clone, Default)]
pub struct Estimated {
    /// A guess for questions that a model is to ask.
    pub total_segments: usize,
    pub preview: Vec<Preview>,
    /// Of the previewed segments, in their order, where summaries are wanted; `None` for one that could not be made.
    pub summaries: Vec<Option<String>>,
    /// Of questions and answers.
    pub pairs: Option<Vec<(String, String)>>,
}

impl Knowledge {
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `Invalid`, a model that cannot be used, or `Estimate` for what cannot be read.
    pub async fn estimate(&self, actor: &Actor, of: EstimateOf) -> Result<Estimated, KnowledgeError> {
        let dataset = match of.dataset {
            Some(id) => {
                let mut conn = self.pool().get().await?;
                Some(access::dataset(&mut conn, actor, id).await?)
            }
            None => None,
        };
        self.require_models(actor, dataset.as_ref(), &of).await?;
        let mut all = Estimated::default();
        for file in &of.files {
            self.add_estimate(actor, file, &of, &mut all).await?;
        }
        let technique = dataset.and_then(|dataset| dataset.indexing_technique).or(of.technique);
        if technique == Some(IndexingTechnique::HighQuality) && of.form != DocForm::Qa {
            all.summaries = self.summaries_of(actor, &of, &all.preview).await;
        }
        Ok(all)
    }

    /// Of a document that is on its way.
    ///
    /// # Errors
    /// As [`Self::estimate`], `NoSuchDocument`, or `AlreadyFinished`.
    pub async fn estimate_document(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: DocumentId,
    ) -> Result<Estimated, KnowledgeError> {
        let documents = {
            let mut conn = self.pool().get().await?;
            vec![access::document(&mut conn, actor, dataset, id).await?.1]
        };
        self.estimate_documents(actor, dataset, documents).await
    }

    /// Of documents that were made together.
    ///
    /// # Errors
    /// As [`Self::estimate_document`], or `NotFound` where there are none.
    pub async fn estimate_batch(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        batch: &str,
    ) -> Result<Estimated, KnowledgeError> {
        let documents = {
            let mut conn = self.pool().get().await?;
            let dataset = access::dataset(&mut conn, actor, dataset).await?;
            Document::of_batch(&mut conn, actor.tenant, dataset.id, batch).await?
        };
        if documents.is_empty() {
            return Err(KnowledgeError::NotFound("Documents not found."));
        }
        self.estimate_documents(actor, dataset, documents).await
    }

    async fn estimate_documents(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        documents: Vec<Document>,
    ) -> Result<Estimated, KnowledgeError> {
        let finished =
            |document: &Document| matches!(document.indexing_status, IndexingStatus::Completed | IndexingStatus::Error);
        if documents.iter().any(finished) {
            return Err(KnowledgeError::AlreadyFinished);
        }
        let Some(first) = documents.first() else { return Ok(Estimated::default()) };
        let ids: Vec<_> = documents.iter().filter_map(Document::upload).collect();
        let (files, stored, technique) = {
            let mut conn = self.pool().get().await?;
            let stored = match first.dataset_process_rule_id {
                Some(rule) => StoredRule::find(&mut conn, dataset, rule).await?,
                None => None,
            };
            let technique = access::dataset(&mut conn, actor, dataset).await?.indexing_technique;
            (UploadFile::find_all(&mut conn, actor.tenant, &ids).await?, stored, technique)
        };
        let rule = match stored {
            Some(stored) => ProcessRule::stored(&stored.mode, stored.rules.as_deref()),
            None => Ok(ProcessRule::automatic()),
        };
        let of = EstimateOf {
            files,
            rule: rule.map_err(|e| KnowledgeError::invalid(e.to_string()))?,
            form: first.doc_form,
            language: first.doc_language.clone().unwrap_or_else(|| "English".to_owned()),
            technique,
            dataset: Some(dataset),
            summary_index_setting: None,
        };
        self.estimate(actor, of).await
    }

    async fn require_models(
        &self,
        actor: &Actor,
        dataset: Option<&Dataset>,
        of: &EstimateOf,
    ) -> Result<(), KnowledgeError> {
        if dataset.is_some_and(|dataset| dataset.provider == DatasetProvider::External) {
            return Err(KnowledgeError::invalid("External datasets do not take documents."));
        }
        let technique = dataset.and_then(|dataset| dataset.indexing_technique).or(of.technique);
        if technique != Some(IndexingTechnique::HighQuality) {
            return Ok(());
        }
        match dataset.filter(|dataset| dataset.embedding_model.is_some()) {
            Some(dataset) => drop(self.parts.models.embedder_of(actor.tenant, dataset).await?),
            None => drop(self.parts.models.default_embedding(actor.tenant).await?),
        }
        Ok(())
    }

    async fn add_estimate(
        &self,
        actor: &Actor,
        file: &UploadFile,
        of: &EstimateOf,
        all: &mut Estimated,
    ) -> Result<(), KnowledgeError> {
        let (file, bytes) = self.parts.files.open(actor.tenant, file.id).await?;
        if bytes.is_empty() {
            return Err(KnowledgeError::Estimate(format!("{}: the file is empty.", file.name)));
        }
        if of.form == DocForm::Qa && file.extension.eq_ignore_ascii_case("csv") {
            let pairs = tokio::task::spawn_blocking(move || qa::pairs_of_csv(&bytes)).await;
            let pairs = pairs.map_err(|e| KnowledgeError::Estimate(e.to_string()))?;
            let pairs = pairs.map_err(|e| KnowledgeError::Estimate(e.to_string()))?;
            all.total_segments = all.total_segments.saturating_add(pairs.len());
            let shown = all.pairs.get_or_insert_default();
            let room = PAIRS_SHOWN.saturating_sub(shown.len());
            shown.extend(pairs.into_iter().take(room).map(|pair| (pair.question, pair.answer)));
            return Ok(());
        }
        let pages =
            self.pages_of(&file, bytes).await.map_err(|e| KnowledgeError::Estimate(format!("{}: {e}", file.name)))?;
        let form = rag_form(of.form).map_err(|e| KnowledgeError::invalid(e.to_string()))?;
        let most = usize::try_from(self.settings().max_segment_length).unwrap_or(usize::MAX);
        let estimator = Estimator::new(&of.rule, form, most, self.settings().preview_children)
            .map_err(|e| KnowledgeError::invalid(e.to_string()))?;
        let counted = tokio::task::spawn_blocking(move || count(estimator, pages)).await;
        let counted = counted.map_err(|e| KnowledgeError::Estimate(e.to_string()))?;
        let counted = counted.map_err(|e| KnowledgeError::Estimate(e.to_string()))?;
        if let (DocForm::Qa, None, Some(chunk)) = (of.form, &all.pairs, counted.preview.first()) {
            all.pairs = Some(self.pairs_about(actor, &chunk.content, &of.language).await?);
        }
        let mut merged = Estimate { total_segments: all.total_segments, preview: std::mem::take(&mut all.preview) };
        merged.merge(counted, form);
        all.total_segments = merged.total_segments;
        all.preview = merged.preview;
        Ok(())
    }

    /// The pages of a file as indexing reads them. Pictures are not kept, but their links take the place that they will.
    async fn pages_of(&self, file: &UploadFile, bytes: bytes::Bytes) -> Result<Vec<String>, ExtractError> {
        let asked = extract::Document {
            bytes,
            file_name: Some(file.name.clone()),
            extension: Some(file.extension.clone()),
            mime_type: file.mime_type.clone(),
        };
        let mut extraction = self.parts.extractor.extract_stream(asked, PICTURES).await?;
        let link = picture_link(UploadFileId(uuid::Uuid::nil()));
        let (mut pages, mut page) = (Vec::new(), String::new());
        while let Some(item) = extraction.next().await {
            match item? {
                Extracted::Part(text) => page.push_str(&text),
                Extracted::Page(rest) => {
                    page.push_str(&with_links(&rest.text, |_| Some(link.clone())));
                    pages.push(std::mem::take(&mut page));
                }
                Extracted::Picture(_) => {}
            }
        }
        Ok(pages)
    }

    /// What a model makes of previewed segments. What it fails at is left out: a preview is worth showing without.
    async fn summaries_of(&self, actor: &Actor, of: &EstimateOf, preview: &[Preview]) -> Vec<Option<String>> {
        let setting = SummarySetting::read(of.summary_index_setting.as_ref());
        let Some(setting) = setting.filter(|_| !preview.is_empty()) else { return Vec::new() };
        let models = &self.parts.models;
        let summariser = match Summariser::new(models, actor.tenant, &setting, Some(of.language.as_str())).await {
            Ok(summariser) => summariser,
            Err(error) => {
                tracing::warn!(error = %error, "segments are previewed without summaries");
                return Vec::new();
            }
        };
        let texts: Vec<String> = preview.iter().map(|one| one.content.clone()).collect();
        let asked = stream::iter(texts).map(|text| previewed(&summariser, text));
        asked.buffered(SUMMARIES_AT_ONCE).collect().await
    }

    /// What the workspace's model asks about a text.
    async fn pairs_about(
        &self,
        actor: &Actor,
        text: &str,
        language: &str,
    ) -> Result<Vec<(String, String)>, KnowledgeError> {
        let model = self.parts.models.default_chat(actor.tenant).await?;
        let runtime = self.parts.models.runtime().clone();
        let asking = Asking { runtime, model, language: language.to_owned() };
        let chunks = asking.ask(text.to_owned()).await.map_err(|e| KnowledgeError::Estimate(e.to_string()))?;
        Ok(chunks.into_iter().map(|chunk| (chunk.content, chunk.answer.unwrap_or_default())).collect())
    }
}

async fn previewed(summariser: &Summariser, text: String) -> Option<String> {
    match tokio::time::timeout(SUMMARY_PATIENCE, summariser.summarise(&text)).await {
        Ok(Ok(summary)) => Some(summary),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "a segment is previewed without its summary");
            None
        }
        Err(_elapsed) => {
            tracing::warn!("a segment is previewed without its summary: the model did not answer in time");
            None
        }
    }
}

fn count(mut estimator: Estimator, pages: Vec<String>) -> Result<Estimate, core_rag::chunk::ChunkError> {
    for page in pages {
        estimator.push(&page)?;
    }
    estimator.finish()
}
