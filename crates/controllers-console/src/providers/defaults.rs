//! The default models of the workspace.

use actix_web::web;
use controllers_common::auth::{Admin, ConsoleUser};
use controllers_common::dto::model::ProviderHead;
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::valid::{Lenient, ValidQuery};
use core_model_runtime::ModelType;
use serde::{Deserialize, Serialize};
use services::providers::{ChosenModel, DefaultChoice, Providers};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::model_type;
use crate::answers::{Data, Nothing, SUCCESS, Success};

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DefaultQuery {
    model_type: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DefaultProvider {
    #[serde(flatten)]
    head: ProviderHead,
    #[schema(value_type = Vec<String>)]
    supported_model_types: Vec<ModelType>,
    models: Vec<Nothing>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DefaultModelDto {
    model: String,
    #[schema(value_type = String)]
    model_type: ModelType,
    provider: DefaultProvider,
}

/// The default model of a type.
#[utoipa::path(get, path = "/console/api/workspaces/current/default-model", params(DefaultQuery), responses((status = 200, body = Data<Option<DefaultModelDto>>)))]
pub(crate) async fn default_model(
    user: ConsoleUser,
    links: Links,
    ValidQuery(query): ValidQuery<DefaultQuery>,
    providers: web::Data<Providers>,
) -> Result<web::Json<Data<Option<DefaultModelDto>>>, ApiError> {
    let tenant = user.tenant_id();
    let chosen = providers.default_model(tenant, model_type(&query.model_type)?).await?;
    let data = chosen.map(|ChosenModel { provider, model, model_type }| DefaultModelDto {
        model,
        model_type,
        provider: DefaultProvider {
            head: ProviderHead::new(provider.entity(), tenant, &links),
            supported_model_types: provider.entity().supported_model_types.clone(),
            models: Vec::new(),
        },
    });
    Ok(web::Json(Data { data }))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ModelSetting {
    #[schema(value_type = String)]
    model_type: ModelType,
    provider: Option<String>,
    model: Option<String>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DefaultsBody {
    model_settings: Vec<ModelSetting>,
}

/// Chooses default models; lines without a provider are left out.
#[utoipa::path(post, path = "/console/api/workspaces/current/default-model", request_body = DefaultsBody, responses((status = 200, body = Success)))]
pub(crate) async fn set_default_models(
    user: Admin,
    Lenient(body): Lenient<DefaultsBody>,
    providers: web::Data<Providers>,
) -> Result<web::Json<Success>, ApiError> {
    let named = body.model_settings.iter().filter(|line| line.provider.as_ref().is_some_and(|p| !p.is_empty()));
    let choices: Result<Vec<_>, ApiError> = named.map(choice).collect();
    providers.set_defaults(user.tenant_id(), &choices?).await?;
    Ok(web::Json(SUCCESS))
}

fn choice(line: &ModelSetting) -> Result<DefaultChoice<'_>, ApiError> {
    let model = line.model.as_deref().filter(|m| !m.is_empty());
    let model = model.ok_or_else(|| ApiError::invalid_field("model", "model is required where a provider is given"))?;
    Ok(DefaultChoice { model_type: line.model_type, provider: line.provider.as_deref().unwrap_or_default(), model })
}
