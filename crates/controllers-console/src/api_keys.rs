//! API keys of apps, of the workspace's datasets, and of single datasets.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{Admin, ConsoleUser, Editor};
use controllers_common::error::{ApiError, ErrorBody};
use models::{ApiTokenId, ApiTokenType, AppId, DatasetId};
use serde::Serialize;
use services::api_keys::{ApiKey, ApiKeyError, ApiKeys};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answers::{Data, seconds};
use crate::audit::Remark;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKeyDto {
    id: String,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: ApiTokenType,
    /// In full.
    token: String,
    last_used_at: Option<i64>,
    created_at: i64,
}

impl From<ApiKey> for ApiKeyDto {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            kind: key.kind,
            token: key.token,
            last_used_at: key.last_used_at.map(seconds),
            created_at: seconds(key.created_at),
        }
    }
}

type KeyList = Data<Vec<ApiKeyDto>>;

/// The keys of an app.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/api-keys", responses((status = 200, body = Data<Vec<ApiKeyDto>>)))]
pub(crate) async fn of_app(
    _user: ConsoleUser,
    app: web::Path<Uuid>,
    keys: web::Data<ApiKeys>,
) -> Result<web::Json<KeyList>, ApiError> {
    let data = keys.of_app(AppId(*app)).await?.into_iter().map(ApiKeyDto::from).collect();
    Ok(web::Json(Data { data }))
}

/// Makes a key for an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/api-keys", responses((status = 201, body = ApiKeyDto)))]
pub(crate) async fn create_for_app(
    user: Editor,
    app: web::Path<Uuid>,
    keys: web::Data<ApiKeys>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    match keys.create_for_app(user.tenant_id(), AppId(*app)).await {
        // Apps answer this in their own way.
        Err(e @ ApiKeyError::TooMany) => {
            Err(ApiError::new(actix_web::http::StatusCode::BAD_REQUEST, "custom", e.to_string()))
        }
        made => {
            let made = made?;
            remark.subject(made.id);
            Ok(HttpResponse::Created().json(ApiKeyDto::from(made)))
        }
    }
}

/// Removes a key of an app.
#[utoipa::path(delete, path = "/console/api/apps/{app_id}/api-keys/{key_id}", responses((status = 204)))]
pub(crate) async fn delete_of_app(
    _user: Admin,
    path: web::Path<(Uuid, Uuid)>,
    keys: web::Data<ApiKeys>,
) -> Result<HttpResponse, ApiError> {
    let (app, key) = path.into_inner();
    keys.delete_of_app(AppId(app), ApiTokenId(key)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The dataset keys of the workspace.
#[utoipa::path(get, path = "/console/api/datasets/api-keys", responses((status = 200, body = Data<Vec<ApiKeyDto>>)))]
pub(crate) async fn of_workspace(user: ConsoleUser, keys: web::Data<ApiKeys>) -> Result<web::Json<KeyList>, ApiError> {
    let data = keys.of_tenant(user.tenant_id()).await?.into_iter().map(ApiKeyDto::from).collect();
    Ok(web::Json(Data { data }))
}

/// Makes a dataset key.
#[utoipa::path(post, path = "/console/api/datasets/api-keys", responses((status = 200, body = ApiKeyDto)))]
pub(crate) async fn create_for_workspace(
    user: Admin,
    keys: web::Data<ApiKeys>,
    remark: Remark,
) -> Result<web::Json<ApiKeyDto>, ApiError> {
    let made = keys.create_for_tenant(user.tenant_id()).await?;
    remark.subject(made.id);
    Ok(web::Json(made.into()))
}

/// Removes a dataset key.
#[utoipa::path(delete, path = "/console/api/datasets/api-keys/{key_id}", responses((status = 204)))]
pub(crate) async fn delete_of_workspace(
    user: Admin,
    key: web::Path<Uuid>,
    keys: web::Data<ApiKeys>,
) -> Result<HttpResponse, ApiError> {
    keys.delete_of_tenant(user.tenant_id(), ApiTokenId(*key)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The keys that open one dataset.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/api-keys", params(("dataset_id" = String, Path)),
    responses((status = 200, body = Data<Vec<ApiKeyDto>>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn of_dataset(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    keys: web::Data<ApiKeys>,
) -> Result<web::Json<KeyList>, ApiError> {
    let data = keys.of_dataset(user.tenant_id(), *dataset).await?.into_iter().map(ApiKeyDto::from).collect();
    Ok(web::Json(Data { data }))
}

/// Makes a key that opens one dataset.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/api-keys", params(("dataset_id" = String, Path)),
    responses((status = 201, body = ApiKeyDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create_for_dataset(
    user: Editor,
    dataset: web::Path<DatasetId>,
    keys: web::Data<ApiKeys>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    let made = keys.create_for_dataset(user.tenant_id(), *dataset).await?;
    remark.subject(made.id);
    Ok(HttpResponse::Created().json(ApiKeyDto::from(made)))
}

/// Removes a key of a dataset.
#[utoipa::path(delete, path = "/console/api/datasets/{dataset_id}/api-keys/{key_id}",
    params(("dataset_id" = String, Path), ("key_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete_of_dataset(
    user: Admin,
    path: web::Path<(DatasetId, ApiTokenId)>,
    keys: web::Data<ApiKeys>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, key) = path.into_inner();
    keys.delete_of_dataset(user.tenant_id(), dataset, key).await?;
    Ok(HttpResponse::NoContent().finish())
}
