//! Credentials of single models.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{Admin, ConsoleUser};
use controllers_common::error::ApiError;
use controllers_common::valid::{Lenient, ValidQuery};
use core_model_runtime::ModelType;
use models::CredentialId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::providers::{CredentialSource, EditedCredential, ModelKey, Providers};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::provider_dto::{CredentialName, credential_names};
use super::{CredentialsVerdict, may_check, model_type};
use crate::answers::{Nothing, SUCCESS, Success};
use crate::audit::Remark;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ModelCredentialQuery {
    model: String,
    model_type: String,
    /// `predefined-model` or `custom-model`.
    config_from: Option<String>,
    #[param(value_type = Option<String>)]
    credential_id: Option<CredentialId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Balancing {
    enabled: bool,
    configs: Vec<Nothing>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownModelCredential {
    /// Secrets obfuscated.
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
    current_credential_id: Option<String>,
    current_credential_name: Option<String>,
    load_balancing: Balancing,
    available_credentials: Vec<CredentialName>,
}

/// What the credentials dialog of a model shows.
#[utoipa::path(get, path = "/console/api/workspaces/current/model-providers/{provider}/models/credentials", params(ModelCredentialQuery), responses((status = 200, body = ShownModelCredential)))]
pub(crate) async fn model_credential(
    user: ConsoleUser,
    provider: web::Path<String>,
    ValidQuery(query): ValidQuery<ModelCredentialQuery>,
    providers: web::Data<Providers>,
) -> Result<web::Json<ShownModelCredential>, ApiError> {
    let key = ModelKey { name: &query.model, ty: model_type(&query.model_type)? };
    let source = match query.config_from.as_deref() {
        Some("predefined-model") => CredentialSource::Provider,
        _ => CredentialSource::Model,
    };
    let view = providers.model_credential(user.tenant_id(), &provider, key, source, query.credential_id).await?;
    let (id, name) = view.current.map(|c| (c.id.to_string(), c.name)).unzip();
    Ok(web::Json(ShownModelCredential {
        credentials: view.values,
        current_credential_id: id,
        current_credential_name: name,
        load_balancing: Balancing { enabled: view.load_balancing, configs: Vec::new() },
        available_credentials: credential_names(view.available),
    }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewModelCredential {
    #[validate(length(min = 1, max = 255))]
    model: String,
    #[schema(value_type = String)]
    model_type: ModelType,
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
    #[validate(length(max = 30))]
    name: Option<String>,
}

/// Adds a credential to a model, after a call to it.
#[utoipa::path(post, path = "/console/api/workspaces/current/model-providers/{provider}/models/credentials", request_body = NewModelCredential, responses((status = 201, body = Success)))]
pub(crate) async fn add_model_credential(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<NewModelCredential>,
    providers: web::Data<Providers>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    remark.detail("model", body.model.as_str());
    let key = ModelKey { name: &body.model, ty: body.model_type };
    let name = body.name.as_deref();
    providers.add_model_credential(user.tenant_id(), &provider, key, &body.credentials, name).await?;
    Ok(HttpResponse::Created().json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct EditModelCredential {
    #[validate(length(min = 1, max = 255))]
    model: String,
    #[schema(value_type = String)]
    model_type: ModelType,
    #[schema(value_type = String)]
    credential_id: CredentialId,
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
    #[validate(length(max = 30))]
    name: Option<String>,
}

/// Changes a credential of a model.
#[utoipa::path(put, path = "/console/api/workspaces/current/model-providers/{provider}/models/credentials", request_body = EditModelCredential, responses((status = 200, body = Success)))]
pub(crate) async fn edit_model_credential(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<EditModelCredential>,
    providers: web::Data<Providers>,
    remark: Remark,
) -> Result<web::Json<Success>, ApiError> {
    remark.detail("model", body.model.as_str());
    remark.detail("credential_id", body.credential_id.to_string());
    let key = ModelKey { name: &body.model, ty: body.model_type };
    let edited = EditedCredential { id: body.credential_id, values: body.credentials, name: body.name.as_deref() };
    providers.edit_model_credential(user.tenant_id(), &provider, key, edited).await?;
    Ok(web::Json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ModelCredentialBody {
    #[validate(length(min = 1, max = 255))]
    model: String,
    #[schema(value_type = String)]
    model_type: ModelType,
    #[schema(value_type = String)]
    credential_id: CredentialId,
}

/// Removes a credential of a model.
#[utoipa::path(delete, path = "/console/api/workspaces/current/model-providers/{provider}/models/credentials", request_body = ModelCredentialBody, responses((status = 204)))]
pub(crate) async fn remove_model_credential(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<ModelCredentialBody>,
    providers: web::Data<Providers>,
    remark: Remark,
) -> Result<HttpResponse, ApiError> {
    remark.detail("model", body.model.as_str());
    remark.detail("credential_id", body.credential_id.to_string());
    let key = ModelKey { name: &body.model, ty: body.model_type };
    providers.remove_model_credential(user.tenant_id(), &provider, key, body.credential_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes another credential of a model the active one.
#[utoipa::path(post, path = "/console/api/workspaces/current/model-providers/{provider}/models/credentials/switch", request_body = ModelCredentialBody, responses((status = 200, body = Success)))]
pub(crate) async fn switch_model_credential(
    user: Admin,
    provider: web::Path<String>,
    Lenient(body): Lenient<ModelCredentialBody>,
    providers: web::Data<Providers>,
    remark: Remark,
) -> Result<web::Json<Success>, ApiError> {
    remark.detail("model", body.model.as_str());
    remark.detail("credential_id", body.credential_id.to_string());
    let key = ModelKey { name: &body.model, ty: body.model_type };
    providers.switch_model_credential(user.tenant_id(), &provider, key, body.credential_id).await?;
    Ok(web::Json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CheckModelBody {
    #[validate(length(min = 1, max = 255))]
    model: String,
    #[schema(value_type = String)]
    model_type: ModelType,
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
}

/// Finds out whether credentials of a model work.
#[utoipa::path(post, path = "/console/api/workspaces/current/model-providers/{provider}/models/credentials/validate", request_body = CheckModelBody, responses((status = 200, body = CredentialsVerdict)))]
pub(crate) async fn check_model_credential(
    user: ConsoleUser,
    provider: web::Path<String>,
    Lenient(body): Lenient<CheckModelBody>,
    providers: web::Data<Providers>,
) -> Result<web::Json<CredentialsVerdict>, ApiError> {
    may_check(&user, &body.credentials)?;
    let key = ModelKey { name: &body.model, ty: body.model_type };
    let outcome = providers.check_model_credential(user.tenant_id(), &provider, key, body.credentials).await;
    CredentialsVerdict::from(outcome).map(web::Json)
}
