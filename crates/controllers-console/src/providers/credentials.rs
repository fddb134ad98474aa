//! A provider's own credentials.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{Admin, ConsoleUser};
use controllers_common::error::ApiError;
use controllers_common::valid::{Lenient, ValidQuery};
use models::CredentialId;
use models::provider::ProviderType;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::providers::{EditedCredential, Providers};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{CredentialsVerdict, may_check};
use crate::answers::{SUCCESS, Success};
use crate::audit::Remark;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CredentialQuery {
    #[param(value_type = Option<String>)]
    credential_id: Option<CredentialId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownCredential {
    /// Secrets obfuscated.
    #[schema(value_type = Object)]
    credentials: Option<Map<String, Value>>,
}

/// One credential, the active one by default.
#[utoipa::path(get, path = "/console/api/workspaces/current/model-providers/{provider}/credentials", params(CredentialQuery), responses((status = 200, body = ShownCredential)))]
pub(crate) async fn credential(
    user: ConsoleUser,
    provider: web::Path<String>,
    ValidQuery(query): ValidQuery<CredentialQuery>,
    providers: web::Data<Providers>,
) -> Result<web::Json<ShownCredential>, ApiError> {
    let credentials = providers.credential(user.tenant_id(), &provider, query.credential_id).await?;
    Ok(web::Json(ShownCredential { credentials }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewCredential {
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
    #[validate(length(max = 30))]
    name: Option<String>,
}

/// Adds a credential, after a call to the provider.
#[utoipa::path(post, path = "/console/api/workspaces/current/model-providers/{provider}/credentials", request_body = NewCredential, responses((status = 201, body = Success)))]
pub(crate) async fn add_credential(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<NewCredential>,
    providers: web::Data<Providers>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    remark.detail("name", body.name.as_deref());
    providers.add_credential(user.tenant_id(), &provider, &body.credentials, body.name.as_deref()).await?;
    Ok(HttpResponse::Created().json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct EditCredential {
    #[schema(value_type = String)]
    credential_id: CredentialId,
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
    #[validate(length(max = 30))]
    name: Option<String>,
}

/// Changes a credential.
#[utoipa::path(put, path = "/console/api/workspaces/current/model-providers/{provider}/credentials", request_body = EditCredential, responses((status = 200, body = Success)))]
pub(crate) async fn edit_credential(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<EditCredential>,
    providers: web::Data<Providers>,
    remark: Remark,
) -> Result<web::Json<Success>, ApiError> {
    remark.detail("credential_id", body.credential_id.to_string());
    let edited = EditedCredential { id: body.credential_id, values: body.credentials, name: body.name.as_deref() };
    providers.edit_credential(user.tenant_id(), &provider, edited).await?;
    Ok(web::Json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CredentialBody {
    #[schema(value_type = String)]
    credential_id: CredentialId,
}

/// Removes a credential.
#[utoipa::path(delete, path = "/console/api/workspaces/current/model-providers/{provider}/credentials", request_body = CredentialBody, responses((status = 204)))]
pub(crate) async fn remove_credential(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<CredentialBody>,
    providers: web::Data<Providers>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    remark.detail("credential_id", body.credential_id.to_string());
    providers.remove_credential(user.tenant_id(), &provider, body.credential_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes another credential the active one.
#[utoipa::path(post, path = "/console/api/workspaces/current/model-providers/{provider}/credentials/switch", request_body = CredentialBody, responses((status = 200, body = Success)))]
pub(crate) async fn switch_credential(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<CredentialBody>,
    providers: web::Data<Providers>,
    remark: Remark,
) -> Result<web::Json<Success>, ApiError> {
    remark.detail("credential_id", body.credential_id.to_string());
    providers.switch_credential(user.tenant_id(), &provider, body.credential_id).await?;
    Ok(web::Json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CheckBody {
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
}

/// Finds out whether credentials work.
#[utoipa::path(post, path = "/console/api/workspaces/current/model-providers/{provider}/credentials/validate", request_body = CheckBody, responses((status = 200, body = CredentialsVerdict)))]
pub(crate) async fn check_credential(
    user: ConsoleUser,
    provider: web::Path<String>,
    Lenient(body): Lenient<CheckBody>,
    providers: web::Data<Providers>,
) -> Result<web::Json<CredentialsVerdict>, ApiError> {
    may_check(&user, &body.credentials)?;
    let outcome = providers.check_credential(user.tenant_id(), &provider, body.credentials).await;
    CredentialsVerdict::from(outcome).map(web::Json)
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct PreferredBody {
    #[schema(value_type = String)]
    preferred_provider_type: ProviderType,
}

/// Chooses whose credentials pay.
#[utoipa::path(post, path = "/console/api/workspaces/current/model-providers/{provider}/preferred-provider-type", request_body = PreferredBody, responses((status = 200, body = Success)))]
pub(crate) async fn set_preferred(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<PreferredBody>,
    providers: web::Data<Providers>,
) -> Result<web::Json<Success>, ApiError> {
    providers.set_preferred(user.tenant_id(), &provider, body.preferred_provider_type).await?;
    Ok(web::Json(SUCCESS))
}
