//! Making, changing and removing datasets.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{ConsoleUser, DatasetEditor};
use controllers_common::dataset_fields::{MemberOf, external_link, members, permission};
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

use super::actor;
use crate::answers::{SUCCESS, Success};

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
}

/// Make an empty dataset.
#[utoipa::path(post, path = "/console/api/datasets", request_body = CreateDataset,
    responses((status = 201, body = DatasetDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    user: DatasetEditor,
    Valid(body): Valid<CreateDataset>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let external = match known_provider(body.provider)? {
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
        embedding: None,
        retrieval_model: None,
        external_retrieval_model: None,
        summary_index_setting: None,
    };
    let view = knowledge.create(&actor(&user), new).await?;
    Ok(HttpResponse::Created().json(DatasetDto::with_members(view)))
}

/// Rows may have words of other releases, requests may not.
fn known_provider(given: Option<DatasetProvider>) -> Result<Option<DatasetProvider>, ApiError> {
    match given {
        Some(DatasetProvider::Unknown) => {
            Err(ApiError::invalid_field("provider", "provider: is none of vendor, external"))
        }
        known => Ok(known),
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChangeDataset {
    #[validate(length(min = 1, max = 40))]
    name: Option<String>,
    #[validate(length(max = 400))]
    description: Option<String>,
    #[schema(value_type = Option<String>)]
    permission: Option<DatasetPermission>,
    indexing_technique: Option<String>,
    embedding_model: Option<String>,
    embedding_model_provider: Option<String>,
    #[schema(value_type = Option<Object>)]
    retrieval_model: Option<Value>,
    #[schema(value_type = Option<Object>)]
    summary_index_setting: Option<Map<String, Value>>,
    partial_member_list: Option<Vec<MemberOf>>,
    #[schema(value_type = Option<Object>)]
    external_retrieval_model: Option<Map<String, Value>>,
    external_knowledge_api_id: Option<Uuid>,
    #[validate(length(max = 512))]
    external_knowledge_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    icon_info: Option<Map<String, Value>>,
    is_multimodal: Option<bool>,
}

/// Change a dataset. Another technique or model has it indexed anew.
#[utoipa::path(patch, path = "/console/api/datasets/{dataset_id}", params(("dataset_id" = String, Path)),
    request_body = ChangeDataset, responses((status = 200, body = DatasetDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    user: DatasetEditor,
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
        icon_info: body.icon_info.map(Value::Object),
        is_multimodal: body.is_multimodal,
    };
    Ok(web::Json(DatasetDto::with_members(knowledge.change(&actor(&user), *dataset, patch).await?)))
}

/// Remove a dataset with everything in it.
#[utoipa::path(delete, path = "/console/api/datasets/{dataset_id}", params(("dataset_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    user: DatasetEditor,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    knowledge.delete(&actor(&user), *dataset).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Open a dataset to programs, or close it.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/api-keys/{action}",
    params(("dataset_id" = String, Path), ("action" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn set_api(
    user: ConsoleUser,
    path: web::Path<(DatasetId, String)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    let (dataset, action) = path.into_inner();
    let enabled = match action.as_str() {
        "enable" => true,
        "disable" => false,
        _ => return Err(ApiError::not_found("No such action.")),
    };
    knowledge.set_api(&actor(&user), dataset, enabled).await?;
    Ok(web::Json(SUCCESS))
}
