//! Finding documents.

use models::dataset_process_rule::StoredRule;
use models::document::Document;
use models::document_list::{self, DisplayStatus, DocumentFilter, DocumentOrder};
use models::{DatasetId, DocumentId, IndexingStatus};

use super::{DocumentRules, DocumentView, IndexingState};
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// Which documents are asked for.
#[derive(Debug, Clone, Default)]
pub struct DocumentSearch {
    pub keyword: Option<String>,
    pub status: Option<DisplayStatus>,
    pub order: DocumentOrder,
    pub limit: i64,
    pub offset: i64,
}

impl Knowledge {
    /// A page, and how many there are.
    ///
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn documents(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        search: &DocumentSearch,
    ) -> Result<(Vec<DocumentView>, i64), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, dataset).await?;
        let filter = DocumentFilter {
            name: search.keyword.as_deref().filter(|keyword| !keyword.is_empty()),
            status: search.status,
        };
        let page = document_list::page(
            &mut conn,
            actor.tenant,
            dataset.id,
            &filter,
            search.order,
            search.limit,
            search.offset,
        );
        let (documents, total) = page.await?;
        Ok((self.document_views(&mut conn, actor, &dataset, documents).await?, total))
    }

    /// One document as it is shown, and the rules that concern it.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission` or `NoSuchDocument`.
    pub async fn document(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: DocumentId,
    ) -> Result<(DocumentView, DocumentRules), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (dataset, document) = access::document(&mut conn, actor, dataset, id).await?;
        let latest = StoredRule::latest(&mut conn, dataset.id).await?;
        let view = self.document_views(&mut conn, actor, &dataset, vec![document]).await?.pop();
        let view = view.ok_or(KnowledgeError::NoSuchDocument)?;
        let rules = DocumentRules { document: view.rule.clone(), latest };
        Ok((view, rules))
    }

    /// The rule that one of the workspace's documents is split by, else the latest of its dataset; `None` where there is
    /// none of either.
    ///
    /// # Errors
    /// `NoSuchDocument` or `NoPermission`.
    pub async fn rule_of(&self, actor: &Actor, id: DocumentId) -> Result<Option<StoredRule>, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let document = Document::of_tenant(&mut conn, actor.tenant, &[id]).await?.pop();
        let document = document.ok_or(KnowledgeError::NoSuchDocument)?;
        access::dataset(&mut conn, actor, document.dataset_id).await?;
        let own = match document.dataset_process_rule_id {
            Some(rule) => StoredRule::find(&mut conn, document.dataset_id, rule).await?,
            None => None,
        };
        match own {
            Some(own) => Ok(Some(own)),
            None => Ok(StoredRule::latest(&mut conn, document.dataset_id).await?),
        }
    }

    /// Documents as they are shown, in this order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shown(
        &self,
        actor: &Actor,
        dataset: &models::dataset::Dataset,
        documents: Vec<Document>,
    ) -> Result<Vec<DocumentView>, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        self.document_views(&mut conn, actor, dataset, documents).await
    }

    /// How far the documents have come that were made together.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, or `NoSuchDocument` where there are none.
    pub async fn batch_state(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        batch: &str,
    ) -> Result<Vec<IndexingState>, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, dataset).await?;
        let documents = Document::of_batch(&mut conn, actor.tenant, dataset.id, batch).await?;
        if documents.is_empty() {
            return Err(KnowledgeError::NotFound("Documents not found."));
        }
        self.states(&mut conn, actor, documents).await
    }

    /// How far one document has come.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission` or `NoSuchDocument`.
    pub async fn document_state(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: DocumentId,
    ) -> Result<IndexingState, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (_, document) = access::document(&mut conn, actor, dataset, id).await?;
        let state = self.states(&mut conn, actor, vec![document]).await?.pop();
        state.ok_or(KnowledgeError::NoSuchDocument)
    }

    /// How far all documents of a dataset have come; `failed`: only those that could not be indexed.
    ///
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn dataset_state(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        failed: bool,
    ) -> Result<Vec<IndexingState>, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, dataset).await?;
        let status = failed.then_some(IndexingStatus::Error);
        let documents = Document::of_dataset(&mut conn, actor.tenant, dataset.id, status).await?;
        self.states(&mut conn, actor, documents).await
    }
}
