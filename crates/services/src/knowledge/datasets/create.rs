//! Making datasets.

use chrono::Utc;
use core_rag::retrieve::{RerankingMode, RerankingModel, RetrievalModel};
use models::dataset::Dataset;
use models::dataset_binding::{CollectionBinding, CollectionType};
use models::db::{AsyncConnection, AsyncPgConnection, alone_at};
use models::external_knowledge::{ExternalApi, ExternalBinding};
use models::{DatasetId, DatasetPermission, DatasetProvider, IndexingTechnique, TenantId, dataset_permission};
use serde_json::Value;
use uuid::Uuid;

use super::DatasetView;
use crate::knowledge::{Actor, Knowledge, KnowledgeError};

/// Which knowledge of which external API.
#[derive(Debug, Clone)]
pub struct ExternalLink {
    pub api: Uuid,
    pub knowledge: String,
}

/// A dataset that is to be made.
#[derive(Debug, Clone)]
pub struct NewDataset {
    /// 1 to 40 characters; 100 for external ones.
    pub name: String,
    pub description: String,
    pub technique: Option<IndexingTechnique>,
    pub permission: DatasetPermission,
    /// Whom it is open to, where it is open to some.
    pub members: Vec<models::AccountId>,
    /// `None`: the contents are in this installation.
    pub external: Option<ExternalLink>,
    /// Provider and model; `None`: the workspace's default where one is needed.
    pub embedding: Option<(String, String)>,
    pub retrieval_model: Option<RetrievalModel>,
    /// `{top_k, score_threshold, score_threshold_enabled}` of an external dataset.
    pub external_retrieval_model: Option<Value>,
    pub summary_index_setting: Option<Value>,
}

impl Knowledge {
    /// Makes an empty dataset.
    ///
    /// # Errors
    /// `NameTaken`, `Invalid` for an external API that is not there, or a model that cannot be used.
    pub async fn create(&self, actor: &Actor, new: NewDataset) -> Result<DatasetView, KnowledgeError> {
        let high_quality = new.technique == Some(IndexingTechnique::HighQuality);
        let embedding = match (&new.embedding, high_quality) {
            (Some((provider, model)), _) => Some(self.parts.models.checked(actor.tenant, provider, model).await?),
            (None, true) => Some(self.parts.models.default_embedding(actor.tenant).await?),
            (None, false) => None,
        };
        // Like Dify: what the model can do is used.
        let is_multimodal = match embedding.as_ref().filter(|_| high_quality) {
            Some((provider, model)) => self.parts.models.takes_pictures(actor.tenant, provider, model).await?,
            None => false,
        };
        if let Some(reranking) = new.retrieval_model.as_ref().and_then(wanted_reranker) {
            self.parts
                .models
                .reranker(actor.tenant, &reranking.reranking_provider_name, &reranking.reranking_model_name)
                .await?;
        }
        let mut row = row(actor, &new)?;
        row.is_multimodal = is_multimodal;
        let mut conn = self.pool().get().await?;
        let made = conn
            .transaction(async |conn| {
                name_is_free(conn, actor.tenant, &row.name, None).await?;
                if let Some((provider, model)) = embedding {
                    let binding = bind(conn, &provider, &model).await?;
                    row.embedding_model_provider = Some(provider);
                    row.embedding_model = Some(model);
                    row.collection_binding_id = high_quality.then_some(binding.id);
                }
                Dataset::insert(conn, &row).await?;
                if !new.members.is_empty() && row.permission == DatasetPermission::PartialMembers {
                    dataset_permission::replace(conn, actor.tenant, row.id, &new.members).await?;
                }
                if let Some(link) = &new.external {
                    link_to(conn, actor, row.id, link).await?;
                }
                Ok::<_, KnowledgeError>(row)
            })
            .await?;
        let view = self.views(&mut conn, actor.tenant, vec![made]).await?.pop();
        view.ok_or(KnowledgeError::NoSuchDataset)
    }
}

/// The row of a dataset without a model.
pub(in crate::knowledge) fn row(actor: &Actor, new: &NewDataset) -> Result<Dataset, KnowledgeError> {
    let now = Utc::now().naive_utc();
    let retrieval_model = match (&new.external, &new.retrieval_model) {
        (Some(_), _) => new.external_retrieval_model.clone(),
        (None, Some(model)) => Some(stored(model)),
        (None, None) => None,
    };
    Ok(Dataset {
        id: DatasetId::random(),
        tenant_id: actor.tenant,
        name: new.name.clone(),
        description: Some(new.description.clone()),
        provider: if new.external.is_some() { DatasetProvider::External } else { DatasetProvider::Vendor },
        permission: new.permission,
        data_source_type: None,
        indexing_technique: new.technique,
        index_struct: None,
        created_by: actor.account,
        created_at: now,
        updated_by: Some(actor.account),
        updated_at: now,
        embedding_model: None,
        embedding_model_provider: None,
        keyword_number: Some(10),
        collection_binding_id: None,
        retrieval_model,
        summary_index_setting: new.summary_index_setting.clone(),
        built_in_field_enabled: false,
        icon_info: None,
        runtime_mode: Some("general".to_owned()),
        pipeline_id: None,
        chunk_structure: None,
        enable_api: true,
        is_multimodal: false,
    })
}

/// # Errors
/// `NameTaken`. Others wait for this transaction before they look.
pub(in crate::knowledge) async fn name_is_free(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    name: &str,
    but: Option<DatasetId>,
) -> Result<(), KnowledgeError> {
    alone_at(conn, &format!("dataset-names:{tenant}")).await?;
    if Dataset::name_taken(conn, tenant, name, but).await? { Err(KnowledgeError::NameTaken) } else { Ok(()) }
}

/// The collection of a model's vectors, where stores group by model.
pub(in crate::knowledge) async fn bind(
    conn: &mut AsyncPgConnection,
    provider: &str,
    model: &str,
) -> Result<CollectionBinding, KnowledgeError> {
    let name = format!("Vector_index_{}_Node", Uuid::new_v4().simple());
    Ok(CollectionBinding::get_or_make(conn, provider, model, CollectionType::Dataset, &name).await?)
}

/// Puts a dataset in front of an external API of the workspace.
pub(in crate::knowledge) async fn link_to(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    dataset: DatasetId,
    link: &ExternalLink,
) -> Result<(), KnowledgeError> {
    if ExternalApi::find(conn, actor.tenant, link.api).await?.is_none() {
        return Err(KnowledgeError::NotFound("External API template not found."));
    }
    let binding = ExternalBinding {
        id: Uuid::new_v4(),
        tenant_id: actor.tenant,
        external_knowledge_api_id: link.api,
        dataset_id: dataset,
        external_knowledge_id: link.knowledge.clone(),
        created_by: actor.account,
        created_at: Utc::now().naive_utc(),
        updated_by: None,
        updated_at: Utc::now().naive_utc(),
    };
    Ok(ExternalBinding::put(conn, &binding).await?)
}

/// The ranking model that a retrieval model works with.
pub(in crate::knowledge) fn wanted_reranker(model: &RetrievalModel) -> Option<&RerankingModel> {
    match model.reranking() {
        Some(RerankingMode::RerankingModel) => model.named_reranking_model(),
        Some(RerankingMode::WeightedScore) | None => None,
    }
}

/// As the row keeps it.
pub(in crate::knowledge) fn stored(model: &RetrievalModel) -> Value {
    serde_json::to_value(model).unwrap_or_default()
}
