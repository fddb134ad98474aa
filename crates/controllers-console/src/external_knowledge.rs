//! External knowledge APIs, and the datasets in front of them.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{ConsoleUser, DatasetEditor, Editor};
use controllers_common::dto::knowledge::DatasetDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::{Lenient, ValidQuery};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::knowledge::{ExternalApiForm, ExternalApiView, ExternalLink, Knowledge, NewExternalDataset};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::audit::Remark;
use crate::datasets::actor;

/// Sent back, it keeps the stored key.
const HIDDEN: &str = "[__HIDDEN__]";

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsDto {
    endpoint: String,
    /// Hidden.
    api_key: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoundDataset {
    id: String,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExternalApiDto {
    id: Uuid,
    tenant_id: String,
    name: String,
    description: String,
    settings: SettingsDto,
    dataset_bindings: Vec<BoundDataset>,
    created_by: String,
    /// ISO 8601.
    created_at: String,
}

impl From<ExternalApiView> for ExternalApiDto {
    fn from(api: ExternalApiView) -> Self {
        let datasets = api.datasets.into_iter();
        Self {
            id: api.id,
            tenant_id: api.tenant.to_string(),
            name: api.name,
            description: api.description,
            settings: SettingsDto { endpoint: api.endpoint, api_key: if api.has_key { HIDDEN } else { "" } },
            dataset_bindings: datasets.map(|(id, name)| BoundDataset { id: id.to_string(), name }).collect(),
            created_by: api.created_by.to_string(),
            created_at: api.created_at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        }
    }
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApisQuery {
    #[validate(range(min = 1, max = 99999))]
    page: Option<i64>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<i64>,
    keyword: Option<String>,
}

/// A page of APIs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExternalApis {
    data: Vec<ExternalApiDto>,
    /// Whether the page is full.
    has_more: bool,
    limit: i64,
    total: i64,
    page: i64,
}

/// The workspace's external knowledge APIs.
#[utoipa::path(get, path = "/console/api/datasets/external-knowledge-api", tag = "External knowledge", params(ApisQuery),
    responses((status = 200, body = ExternalApis), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    user: ConsoleUser,
    ValidQuery(query): ValidQuery<ApisQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<ExternalApis>, ApiError> {
    let (page, limit) = (query.page.unwrap_or(1), query.limit.unwrap_or(20));
    let keyword = query.keyword.as_deref().filter(|keyword| !keyword.is_empty());
    let (found, total) = knowledge.external_apis(&actor(&user), keyword, limit, (page - 1) * limit).await?;
    let data: Vec<ExternalApiDto> = found.into_iter().map(ExternalApiDto::from).collect();
    let has_more = i64::try_from(data.len()).is_ok_and(|shown| shown == limit);
    Ok(web::Json(ExternalApis { data, has_more, limit, total, page }))
}

#[derive(Debug, Deserialize, ToSchema)]
struct SettingsBody {
    #[serde(default)]
    endpoint: String,
    /// `[__HIDDEN__]` keeps a stored key.
    #[serde(default)]
    #[schema(value_type = String)]
    api_key: SecretString,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ExternalApiBody {
    #[validate(length(min = 1, max = 40))]
    name: String,
    #[validate(length(max = 255))]
    description: Option<String>,
    settings: SettingsBody,
}

impl From<ExternalApiBody> for ExternalApiForm {
    fn from(body: ExternalApiBody) -> Self {
        Self {
            name: body.name,
            description: body.description.unwrap_or_default(),
            endpoint: body.settings.endpoint,
            api_key: body.settings.api_key,
        }
    }
}

/// Adds an API that answers.
#[utoipa::path(post, path = "/console/api/datasets/external-knowledge-api", tag = "External knowledge", request_body = ExternalApiBody,
    responses((status = 201, body = ExternalApiDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    user: DatasetEditor,
    Lenient(body): Lenient<ExternalApiBody>,
    knowledge: web::Data<Knowledge>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    let made = knowledge.add_external_api(&actor(&user), body.into()).await?;
    remark.subject(made.id);
    Ok(HttpResponse::Created().json(ExternalApiDto::from(made)))
}

/// One API.
#[utoipa::path(get, path = "/console/api/datasets/external-knowledge-api/{api_id}", tag = "External knowledge", params(("api_id" = String, Path)),
    responses((status = 200, body = ExternalApiDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn find(
    user: ConsoleUser,
    api: web::Path<Uuid>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<ExternalApiDto>, ApiError> {
    Ok(web::Json(knowledge.external_api(&actor(&user), *api).await?.into()))
}

/// Changes an API, which has to answer again.
#[utoipa::path(patch, path = "/console/api/datasets/external-knowledge-api/{api_id}", tag = "External knowledge", params(("api_id" = String, Path)),
    request_body = ExternalApiBody, responses((status = 200, body = ExternalApiDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    user: ConsoleUser,
    api: web::Path<Uuid>,
    Lenient(body): Lenient<ExternalApiBody>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<ExternalApiDto>, ApiError> {
    Ok(web::Json(knowledge.change_external_api(&actor(&user), *api, body.into()).await?.into()))
}

/// Removes an API.
#[utoipa::path(delete, path = "/console/api/datasets/external-knowledge-api/{api_id}", tag = "External knowledge", params(("api_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    user: Editor,
    api: web::Path<Uuid>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    knowledge.delete_external_api(&actor(&user), *api).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiUse {
    is_using: bool,
    /// Datasets in front of it.
    count: usize,
}

/// Whether datasets are in front of an API.
#[utoipa::path(get, path = "/console/api/datasets/external-knowledge-api/{api_id}/use-check", tag = "External knowledge", params(("api_id" = String, Path)),
    responses((status = 200, body = ApiUse), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn use_check(
    user: ConsoleUser,
    api: web::Path<Uuid>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<ApiUse>, ApiError> {
    let count = knowledge.external_api_uses(&actor(&user), *api).await?;
    Ok(web::Json(ApiUse { is_using: count > 0, count }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewExternalDatasetBody {
    external_knowledge_api_id: Uuid,
    #[validate(length(min = 1, max = 512))]
    external_knowledge_id: String,
    #[validate(length(min = 1, max = 100))]
    name: String,
    #[validate(length(max = 400))]
    description: Option<String>,
    /// `{top_k, score_threshold, score_threshold_enabled}`.
    #[schema(value_type = Option<Object>)]
    external_retrieval_model: Option<serde_json::Map<String, Value>>,
}

/// Makes a dataset in front of an API.
#[utoipa::path(post, path = "/console/api/datasets/external", tag = "External knowledge", request_body = NewExternalDatasetBody,
    responses((status = 201, body = DatasetDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create_dataset(
    user: Editor,
    Lenient(body): Lenient<NewExternalDatasetBody>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let new = NewExternalDataset {
        name: body.name,
        description: body.description.unwrap_or_default(),
        link: ExternalLink { api: body.external_knowledge_api_id, knowledge: body.external_knowledge_id },
        retrieval: body.external_retrieval_model.map(Value::Object),
    };
    let made = knowledge.add_external_dataset(&actor(&user), new).await?;
    Ok(HttpResponse::Created().json(DatasetDto::from(made)))
}
