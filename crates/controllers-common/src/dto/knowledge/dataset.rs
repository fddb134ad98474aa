//! A dataset. Objects that are not set are objects of nulls.

use core_rag::retrieve::{RerankingMode, RetrievalModel, SearchMethod, WeightType};
use models::{DatasetPermission, DatasetProvider, IndexingTechnique};
use serde::Serialize;
use serde_json::Value;
use services::knowledge::DatasetView;
use utoipa::ToSchema;
use uuid::Uuid;

use super::seconds;

#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetDto {
    pub id: Uuid,
    pub name: String,
    pub description: Option<String>,
    #[schema(value_type = String)]
    pub provider: DatasetProvider,
    #[schema(value_type = String)]
    pub permission: DatasetPermission,
    pub data_source_type: Option<String>,
    pub indexing_technique: Option<String>,
    pub app_count: i64,
    pub document_count: i64,
    /// Characters of all documents.
    pub word_count: i64,
    pub created_by: Uuid,
    pub author_name: Option<String>,
    pub created_at: i64,
    pub updated_by: Option<Uuid>,
    pub updated_at: i64,
    pub embedding_model: Option<String>,
    pub embedding_model_provider: Option<String>,
    /// False only where the dataset has vectors and their model cannot be used.
    pub embedding_available: Option<bool>,
    pub retrieval_model_dict: RetrievalModelDto,
    pub summary_index_setting: SummaryIndexDto,
    pub tags: Vec<DatasetTagDto>,
    pub doc_form: Option<String>,
    pub external_knowledge_info: ExternalInfoDto,
    pub external_retrieval_model: Option<ExternalRetrievalDto>,
    pub doc_metadata: Vec<FieldDto>,
    pub built_in_field_enabled: bool,
    pub pipeline_id: Option<Uuid>,
    pub runtime_mode: Option<String>,
    pub chunk_structure: Option<String>,
    pub icon_info: IconDto,
    pub is_published: bool,
    pub total_documents: i64,
    /// Completed, enabled and not archived.
    pub total_available_documents: i64,
    pub enable_api: bool,
    pub is_multimodal: bool,
    /// Ids of accounts; only where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_member_list: Option<Vec<Uuid>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetTagDto {
    pub id: Uuid,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FieldDto {
    pub id: Uuid,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ExternalInfoDto {
    pub external_knowledge_id: Option<String>,
    pub external_knowledge_api_id: Option<Uuid>,
    pub external_knowledge_api_name: Option<String>,
    pub external_knowledge_api_endpoint: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExternalRetrievalDto {
    pub top_k: i64,
    pub score_threshold: f64,
    pub score_threshold_enabled: Option<bool>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct SummaryIndexDto {
    pub enable: Option<bool>,
    pub model_name: Option<String>,
    pub model_provider_name: Option<String>,
    pub summary_prompt: Option<String>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct IconDto {
    pub icon_type: Option<String>,
    pub icon: Option<String>,
    pub icon_background: Option<String>,
    pub icon_url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RetrievalModelDto {
    #[schema(value_type = String)]
    pub search_method: SearchMethod,
    pub reranking_enable: bool,
    #[schema(value_type = Option<String>)]
    pub reranking_mode: Option<RerankingMode>,
    pub reranking_model: RerankingModelDto,
    pub weights: Option<WeightsDto>,
    pub top_k: u32,
    pub score_threshold_enabled: bool,
    pub score_threshold: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RerankingModelDto {
    pub reranking_provider_name: String,
    pub reranking_model_name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WeightsDto {
    #[schema(value_type = String)]
    pub weight_type: WeightType,
    pub keyword_setting: KeywordSettingDto,
    pub vector_setting: VectorSettingDto,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KeywordSettingDto {
    pub keyword_weight: f64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VectorSettingDto {
    pub vector_weight: f64,
    pub embedding_model_name: String,
    pub embedding_provider_name: String,
}

impl From<RetrievalModel> for RetrievalModelDto {
    fn from(model: RetrievalModel) -> Self {
        let reranking = model.reranking_model.unwrap_or_default();
        Self {
            search_method: model.search_method,
            reranking_enable: model.reranking_enable,
            reranking_mode: model.reranking_mode,
            reranking_model: RerankingModelDto {
                reranking_provider_name: reranking.reranking_provider_name,
                reranking_model_name: reranking.reranking_model_name,
            },
            weights: model.weights.map(|weights| WeightsDto {
                weight_type: weights.weight_type,
                keyword_setting: KeywordSettingDto { keyword_weight: weights.keyword_setting.keyword_weight },
                vector_setting: VectorSettingDto {
                    vector_weight: weights.vector_setting.vector_weight,
                    embedding_model_name: weights.vector_setting.embedding_model_name,
                    embedding_provider_name: weights.vector_setting.embedding_provider_name,
                },
            }),
            top_k: model.top_k,
            score_threshold_enabled: model.score_threshold_enabled,
            score_threshold: model.score_threshold,
        }
    }
}

impl From<DatasetView> for DatasetDto {
    fn from(view: DatasetView) -> Self {
        let DatasetView { dataset, facts, tags, fields, external, members: _, embedding_available } = view;
        let is_external = dataset.provider == DatasetProvider::External;
        let stored = dataset.retrieval_model.as_ref();
        Self {
            id: dataset.id.0,
            name: dataset.name,
            description: dataset.description,
            provider: dataset.provider,
            permission: dataset.permission,
            data_source_type: dataset.data_source_type.map(|kind| kind.to_string()),
            indexing_technique: dataset.indexing_technique.map(|technique| technique.to_string()),
            app_count: facts.app_count,
            document_count: facts.document_count,
            word_count: facts.word_count,
            created_by: dataset.created_by.0,
            author_name: facts.author_name,
            created_at: seconds(dataset.created_at),
            updated_by: dataset.updated_by.map(|by| by.0),
            updated_at: seconds(dataset.updated_at),
            embedding_model: dataset.embedding_model,
            embedding_model_provider: dataset.embedding_model_provider,
            embedding_available: Some(embedding_available),
            external_retrieval_model: Some(external_retrieval(stored.filter(|_| is_external))),
            retrieval_model_dict: RetrievalModel::from_stored(stored.filter(|_| !is_external)).into(),
            summary_index_setting: summary(dataset.summary_index_setting.as_ref()),
            tags: tags
                .into_iter()
                .map(|tag| DatasetTagDto { id: tag.id, name: tag.name, kind: tag.kind.to_string() })
                .collect(),
            doc_form: dataset.chunk_structure.clone().or(facts.doc_form),
            external_knowledge_info: external.map(external_info).unwrap_or_default(),
            doc_metadata: fields
                .into_iter()
                .map(|field| FieldDto { id: field.id, name: field.name, kind: field.kind })
                .collect(),
            built_in_field_enabled: dataset.built_in_field_enabled,
            pipeline_id: dataset.pipeline_id,
            runtime_mode: dataset.runtime_mode,
            chunk_structure: dataset.chunk_structure,
            icon_info: icon(dataset.icon_info.as_ref()),
            is_published: false,
            total_documents: facts.document_count,
            total_available_documents: facts.available_document_count,
            enable_api: dataset.enable_api,
            is_multimodal: dataset.is_multimodal,
            partial_member_list: None,
        }
    }
}

impl DatasetDto {
    /// With the members whom it is open to.
    pub fn with_members(view: DatasetView) -> Self {
        let members = view.members.iter().map(|member| member.0).collect();
        Self { partial_member_list: Some(members), ..Self::from(view) }
    }

    /// The same, where it is open to some members only.
    pub fn with_partial_members(view: DatasetView) -> Self {
        if view.dataset.permission == DatasetPermission::PartialMembers {
            Self::with_members(view)
        } else {
            Self::from(view)
        }
    }

    /// An economical dataset is searched by keywords, whatever it was told before.
    #[must_use]
    pub fn as_searched(mut self) -> Self {
        if self.indexing_technique.as_deref() == Some(IndexingTechnique::Economy.as_str()) {
            self.retrieval_model_dict.search_method = SearchMethod::KeywordSearch;
        }
        self
    }
}

fn external_retrieval(stored: Option<&Value>) -> ExternalRetrievalDto {
    let of = |key: &str| stored.and_then(|stored| stored.get(key));
    ExternalRetrievalDto {
        top_k: of("top_k").and_then(Value::as_i64).unwrap_or(2),
        score_threshold: of("score_threshold").and_then(Value::as_f64).unwrap_or(0.0),
        score_threshold_enabled: of("score_threshold_enabled").and_then(Value::as_bool),
    }
}

fn external_info(side: models::dataset_facts::ExternalOf) -> ExternalInfoDto {
    let settings: Option<Value> = side.api_settings.as_deref().and_then(|text| serde_json::from_str(text).ok());
    ExternalInfoDto {
        external_knowledge_id: Some(side.external_knowledge_id),
        external_knowledge_api_id: Some(side.api_id),
        external_knowledge_api_name: side.api_name,
        external_knowledge_api_endpoint: text_of(settings.as_ref(), "endpoint"),
    }
}

fn summary(stored: Option<&Value>) -> SummaryIndexDto {
    SummaryIndexDto {
        enable: stored.and_then(|stored| stored.get("enable")).and_then(Value::as_bool),
        model_name: text_of(stored, "model_name"),
        model_provider_name: text_of(stored, "model_provider_name"),
        summary_prompt: text_of(stored, "summary_prompt"),
    }
}

fn icon(stored: Option<&Value>) -> IconDto {
    IconDto {
        icon_type: text_of(stored, "icon_type"),
        icon: text_of(stored, "icon"),
        icon_background: text_of(stored, "icon_background"),
        icon_url: text_of(stored, "icon_url"),
    }
}

fn text_of(object: Option<&Value>, key: &str) -> Option<String> {
    object?.get(key)?.as_str().map(str::to_owned)
}
