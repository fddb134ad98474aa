//! Models of a provider: the workspace's own, and switching them on and off.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{Admin, ConsoleUser};
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use core_model_runtime::ModelType;
use models::CredentialId;
use serde::Deserialize;
use services::providers::{ModelKey, Providers};
use utoipa::ToSchema;
use validator::Validate;

use super::ModelBody;
use crate::answers::{SUCCESS, Success};
use crate::audit::Remark;

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct LoadBalancing {
    #[serde(default)]
    enabled: bool,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SaveModel {
    #[validate(length(min = 1, max = 255))]
    model: String,
    #[schema(value_type = String)]
    model_type: ModelType,
    load_balancing: Option<LoadBalancing>,
    /// `predefined-model` or `custom-model`.
    config_from: Option<String>,
    #[schema(value_type = Option<String>)]
    credential_id: Option<CredentialId>,
}

/// Saves which credential a model uses.
#[utoipa::path(post, path = "/console/api/workspaces/current/model-providers/{provider}/models", request_body = SaveModel, responses((status = 200, body = Success)))]
pub(crate) async fn save_model(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<SaveModel>,
    providers: web::Data<Providers>,
) -> Result<web::Json<Success>, ApiError> {
    if body.load_balancing.is_some_and(|balancing| balancing.enabled) {
        return Err(ApiError::invalid_field("load_balancing", "Load balancing is not available in this release."));
    }
    if body.config_from.as_deref() == Some("custom-model") {
        let missing = || ApiError::invalid_field("credential_id", "credential_id is required for a custom model");
        let credential = body.credential_id.ok_or_else(missing)?;
        let key = ModelKey { name: &body.model, ty: body.model_type };
        providers.switch_model_credential(user.tenant_id(), &provider, key, credential).await?;
    }
    Ok(web::Json(SUCCESS))
}

/// Takes a model off the list, with its credentials.
#[utoipa::path(delete, path = "/console/api/workspaces/current/model-providers/{provider}/models", request_body = ModelBody, responses((status = 204)))]
pub(crate) async fn remove_model(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<ModelBody>,
    providers: web::Data<Providers>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    remark.detail("model", body.model.as_str());
    let key = ModelKey { name: &body.model, ty: body.model_type };
    providers.remove_model(user.tenant_id(), &provider, key).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn set_enabled(
    user: &ConsoleUser,
    provider: &str,
    body: &ModelBody,
    providers: &Providers,
    enabled: bool,
) -> Result<web::Json<Success>, ApiError> {
    let key = ModelKey { name: &body.model, ty: body.model_type };
    providers.set_enabled(user.tenant_id(), provider, key, enabled).await?;
    Ok(web::Json(SUCCESS))
}

/// Switches a model on.
#[utoipa::path(patch, path = "/console/api/workspaces/current/model-providers/{provider}/models/enable", request_body = ModelBody, responses((status = 200, body = Success)))]
pub(crate) async fn enable_model(
    user: ConsoleUser,
    provider: web::Path<String>,
    Lenient(body): Lenient<ModelBody>,
    providers: web::Data<Providers>,
) -> Result<web::Json<Success>, ApiError> {
    set_enabled(&user, &provider, &body, &providers, true).await
}

/// Switches a model off.
#[utoipa::path(patch, path = "/console/api/workspaces/current/model-providers/{provider}/models/disable", request_body = ModelBody, responses((status = 200, body = Success)))]
pub(crate) async fn disable_model(
    user: ConsoleUser,
    provider: web::Path<String>,
    Lenient(body): Lenient<ModelBody>,
    providers: web::Data<Providers>,
) -> Result<web::Json<Success>, ApiError> {
    set_enabled(&user, &provider, &body, &providers, false).await
}
