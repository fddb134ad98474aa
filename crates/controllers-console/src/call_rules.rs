//! What an app asks of its callers beside a key. These routes are Ferrify's own.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{Admin, ConsoleUser};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use models::AppId;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use services::call_rules::{AppCallRules, ShownRules};
use utoipa::ToSchema;
use validator::Validate;

use crate::audit::Remark;

/// The rules of an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallRulesDto {
    /// In CIDR notation; empty admits every address.
    allowed_networks: Vec<String>,
    /// Whether requests with the app's keys have to be signed.
    requires_signature: bool,
}

impl From<ShownRules> for CallRulesDto {
    fn from(rules: ShownRules) -> Self {
        Self { allowed_networks: rules.allowed_networks, requires_signature: rules.requires_signature }
    }
}

/// What the callers of an app have to keep to.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/call-rules", params(("app_id" = String, Path)),
    responses((status = 200, body = CallRulesDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn show(
    user: ConsoleUser,
    app: web::Path<AppId>,
    rules: web::Data<AppCallRules>,
) -> Result<web::Json<CallRulesDto>, ApiError> {
    Ok(web::Json(rules.show(user.tenant_id(), *app).await?.into()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CallRulesRequest {
    /// Addresses and networks in CIDR notation; empty admits every address.
    allowed_networks: Vec<String>,
}

/// Say from which networks an app may be called.
#[utoipa::path(put, path = "/console/api/apps/{app_id}/call-rules", params(("app_id" = String, Path)),
    request_body = CallRulesRequest,
    responses((status = 200, body = CallRulesDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    user: Admin,
    app: web::Path<AppId>,
    Valid(body): Valid<CallRulesRequest>,
    rules: web::Data<AppCallRules>,
    remark: Remark,
) -> Result<web::Json<CallRulesDto>, ApiError> {
    let changed = rules.set_networks(user.tenant_id(), *app, &body.allowed_networks).await?;
    remark.detail("allowed_networks", changed.allowed_networks.clone());
    Ok(web::Json(changed.into()))
}

/// A secret, told this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningSecret {
    secret: String,
}

/// Ask for signatures, with a new secret.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/call-rules/signing-secret", params(("app_id" = String, Path)),
    responses((status = 201, body = SigningSecret), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn new_secret(
    user: Admin,
    app: web::Path<AppId>,
    rules: web::Data<AppCallRules>,
) -> Result<HttpResponse, ApiError> {
    let secret = rules.new_secret(user.tenant_id(), *app).await?;
    Ok(HttpResponse::Created().json(SigningSecret { secret: secret.expose_secret().to_owned() }))
}

/// Ask for signatures no more.
#[utoipa::path(delete, path = "/console/api/apps/{app_id}/call-rules/signing-secret", params(("app_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn remove_secret(
    user: Admin,
    app: web::Path<AppId>,
    rules: web::Data<AppCallRules>,
) -> Result<HttpResponse, ApiError> {
    rules.remove_secret(user.tenant_id(), *app).await?;
    Ok(HttpResponse::NoContent().finish())
}
