//! Making, changing and removing datasets.

use actix_web::{HttpResponse, web};
use controllers_common::dataset_fields::{MemberOf, external_link, members, permission};
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::dto::knowledge::DatasetDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::indexing_fields::{embedding, retrieval_model, technique};
use controllers_common::valid::Valid;
use models::{DatasetId, DatasetPermission, DatasetProvider};
use serde::Deserialize;
use serde_json::{Map, Value};
use services::knowledge::{DatasetPatch, Knowledge, NewDataset};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CreateDataset {
    #[validate(length(min = 1, max = 40))]
    name: String,
    #[validate(length(max = 400))]
    description: Option<String>,
    indexing_technique: Option<String>,
    #[schema(value_type = Option<String>)]
    permission: Option<DatasetPermission>,
    #[schema(value_type = Option<String>)]
    provider: Option<DatasetProvider>,
    external_knowledge_api_id: Option<Uuid>,
    #[validate(length(max = 512))]
    external_knowledge_id: Option<String>,
    embedding_model: Option<String>,
    embedding_model_provider: Option<String>,
    #[schema(value_type = Option<Object>)]
    retrieval_model: Option<Value>,
    #[schema(value_type = Option<Object>)]
    summary_index_setting: Option<Map<String, Value>>,
}

/// Make an empty dataset.
#[utoipa::path(post, path = "/v1/datasets", tag = "Datasets", request_body = CreateDataset,
    responses((status = 200, body = DatasetDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    caller: DatasetCaller,
    Valid(body): Valid<CreateDataset>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DatasetDto>, ApiError> {
    let external = match body.provider {
        Some(DatasetProvider::External) => {
            Some(external_link(body.external_knowledge_api_id, body.external_knowledge_id)?)
        }
        Some(DatasetProvider::Vendor | DatasetProvider::Unknown) | None => None,
    };
    let new = NewDataset {
        name: body.name,
        description: body.description.unwrap_or_default(),
        technique: technique(body.indexing_technique.as_deref())?,
        permission: permission(body.permission)?.unwrap_or(DatasetPermission::OnlyMe),
        members: Vec::new(),
        external,
        embedding: embedding(body.embedding_model_provider.as_deref(), body.embedding_model.as_deref()),
        retrieval_model: retrieval_model(body.retrieval_model.as_ref())?,
        external_retrieval_model: None,
        summary_index_setting: body.summary_index_setting.map(Value::Object),
    };
    let view = knowledge.create(&caller, new).await?;
    Ok(web::Json(DatasetDto { embedding_available: None, ..DatasetDto::from(view) }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChangeDataset {
    #[validate(length(min = 1, max = 40))]
    name: Option<String>,
    #[validate(length(max = 400))]
    description: Option<String>,
    indexing_technique: Option<String>,
    #[schema(value_type = Option<String>)]
    permission: Option<DatasetPermission>,
    embedding_model: Option<String>,
    embedding_model_provider: Option<String>,
    #[schema(value_type = Option<Object>)]
    retrieval_model: Option<Value>,
    partial_member_list: Option<Vec<MemberOf>>,
    #[schema(value_type = Option<Object>)]
    external_retrieval_model: Option<Map<String, Value>>,
    external_knowledge_api_id: Option<Uuid>,
    #[validate(length(max = 512))]
    external_knowledge_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    summary_index_setting: Option<Map<String, Value>>,
}

/// Change a dataset. Another technique or model has it indexed anew.
#[utoipa::path(patch, path = "/v1/datasets/{dataset_id}", params(("dataset_id" = String, Path)), tag = "Datasets", request_body = ChangeDataset,
    responses((status = 200, body = DatasetDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    caller: DatasetCaller,
    dataset: web::Path<DatasetId>,
    Valid(body): Valid<ChangeDataset>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DatasetDto>, ApiError> {
    let external = match (body.external_knowledge_api_id, body.external_knowledge_id) {
        (None, None) => None,
        (api, knowledge) => Some(external_link(api, knowledge)?),
    };
    let patch = DatasetPatch {
        name: body.name,
        description: body.description,
        permission: permission(body.permission)?,
        members: members(body.partial_member_list)?,
        technique: technique(body.indexing_technique.as_deref())?,
        embedding: embedding(body.embedding_model_provider.as_deref(), body.embedding_model.as_deref()),
        retrieval_model: retrieval_model(body.retrieval_model.as_ref())?,
        external_retrieval_model: body.external_retrieval_model.map(Value::Object),
        external,
        summary_index_setting: body.summary_index_setting.map(Value::Object),
        icon_info: None,
        is_multimodal: None,
    };
    Ok(web::Json(DatasetDto::with_members(knowledge.change(&caller, *dataset, patch).await?)))
}

/// Remove a dataset with everything in it.
#[utoipa::path(delete, path = "/v1/datasets/{dataset_id}", params(("dataset_id" = String, Path)), tag = "Datasets",
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    caller: DatasetCaller,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    knowledge.delete(&caller, *dataset).await?;
    Ok(HttpResponse::NoContent().finish())
}
