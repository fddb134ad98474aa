//! Extensions that the workspace reaches by HTTP.

use actix_web::{HttpResponse, web};
use controllers_common::auth::ConsoleUser;
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use services::api_extensions::{ApiExtensions, ExtensionForm, ShownExtension};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::answers::seconds;
use crate::audit::Remark;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtensionDto {
    id: Uuid,
    name: String,
    api_endpoint: String,
    /// Only its ends.
    api_key: String,
    created_at: i64,
}

impl From<ShownExtension> for ExtensionDto {
    fn from(extension: ShownExtension) -> Self {
        Self {
            id: extension.id,
            name: extension.name,
            api_endpoint: extension.api_endpoint,
            api_key: extension.masked_key,
            created_at: seconds(extension.created_at),
        }
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ExtensionBody {
    name: String,
    api_endpoint: String,
    /// `[__HIDDEN__]` keeps a stored key.
    #[schema(value_type = String)]
    api_key: SecretString,
}

impl From<ExtensionBody> for ExtensionForm {
    fn from(body: ExtensionBody) -> Self {
        Self { name: body.name, api_endpoint: body.api_endpoint, api_key: body.api_key }
    }
}

/// The workspace's extensions.
#[utoipa::path(get, path = "/console/api/api-based-extension", responses((status = 200, body = Vec<ExtensionDto>)))]
pub(crate) async fn list(
    user: ConsoleUser,
    extensions: web::Data<ApiExtensions>,
) -> Result<web::Json<Vec<ExtensionDto>>, ApiError> {
    let all = extensions.list(user.tenant_id()).await?;
    Ok(web::Json(all.into_iter().map(ExtensionDto::from).collect()))
}

/// Adds an extension that answers a ping.
#[utoipa::path(post, path = "/console/api/api-based-extension", request_body = ExtensionBody, responses((status = 200, body = ExtensionDto)))]
pub(crate) async fn create(
    user: ConsoleUser,
    Lenient(body): Lenient<ExtensionBody>,
    extensions: web::Data<ApiExtensions>,
    remark: Remark,
) -> Result<web::Json<ExtensionDto>, ApiError> {
    let made = extensions.create(user.tenant_id(), body.into()).await?;
    remark.subject(made.id);
    remark.detail("name", made.name.as_str());
    Ok(web::Json(made.into()))
}

/// One extension.
#[utoipa::path(get, path = "/console/api/api-based-extension/{extension_id}", responses((status = 200, body = ExtensionDto)))]
pub(crate) async fn get(
    user: ConsoleUser,
    id: web::Path<Uuid>,
    extensions: web::Data<ApiExtensions>,
) -> Result<web::Json<ExtensionDto>, ApiError> {
    Ok(web::Json(extensions.find(user.tenant_id(), *id).await?.into()))
}

/// Changes an extension, which has to answer a ping again.
#[utoipa::path(post, path = "/console/api/api-based-extension/{extension_id}", request_body = ExtensionBody, responses((status = 200, body = ExtensionDto)))]
pub(crate) async fn change(
    user: ConsoleUser,
    id: web::Path<Uuid>,
    Lenient(body): Lenient<ExtensionBody>,
    extensions: web::Data<ApiExtensions>,
    remark: Remark,
) -> Result<web::Json<ExtensionDto>, ApiError> {
    let changed = extensions.change(user.tenant_id(), *id, body.into()).await?;
    remark.detail("name", changed.name.as_str());
    Ok(web::Json(changed.into()))
}

/// Removes an extension.
#[utoipa::path(delete, path = "/console/api/api-based-extension/{extension_id}", responses((status = 204)))]
pub(crate) async fn delete(
    user: ConsoleUser,
    id: web::Path<Uuid>,
    extensions: web::Data<ApiExtensions>,
) -> Result<HttpResponse, ApiError> {
    extensions.delete(user.tenant_id(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
