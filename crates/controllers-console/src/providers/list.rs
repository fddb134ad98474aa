//! Lists of providers and of their models.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::dto::model::{ModelDto, ProviderHead, UsableModels, model_type};
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::valid::ValidQuery;
use core_model_runtime::ParameterRule;
use serde::{Deserialize, Serialize};
use services::providers::Providers;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::provider_dto::ProviderDto;
use crate::answers::Data;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProvidersQuery {
    /// Only providers with models of this type.
    model_type: Option<String>,
}

/// Every provider and what the workspace configured of it.
#[utoipa::path(get, path = "/console/api/workspaces/current/model-providers", params(ProvidersQuery), responses((status = 200, body = Data<Vec<ProviderDto>>)))]
pub(crate) async fn list(
    user: ConsoleUser,
    links: Links,
    ValidQuery(query): ValidQuery<ProvidersQuery>,
    providers: web::Data<Providers>,
) -> Result<web::Json<Data<Vec<ProviderDto>>>, ApiError> {
    let wanted = query.model_type.as_deref().filter(|ty| !ty.is_empty()).map(model_type).transpose()?;
    let tenant = user.tenant_id();
    let views = providers.list(tenant, wanted).await?;
    Ok(web::Json(Data { data: views.into_iter().map(|view| ProviderDto::new(view, tenant, &links)).collect() }))
}

/// A model and its provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelWithProvider {
    #[serde(flatten)]
    model: ModelDto,
    provider: ProviderHead,
}

/// All models of a provider, whatever their status.
#[utoipa::path(get, path = "/console/api/workspaces/current/model-providers/{provider}/models", responses((status = 200, body = Data<Vec<ModelWithProvider>>)))]
pub(crate) async fn models(
    user: ConsoleUser,
    provider: web::Path<String>,
    links: Links,
    providers: web::Data<Providers>,
) -> Result<web::Json<Data<Vec<ModelWithProvider>>>, ApiError> {
    let tenant = user.tenant_id();
    let views = providers.models(tenant, &provider).await?;
    let entity = providers.named(&provider)?.entity();
    let data = views
        .into_iter()
        .map(|view| ModelWithProvider { model: view.into(), provider: ProviderHead::new(entity, tenant, &links) });
    Ok(web::Json(Data { data: data.collect() }))
}

/// The usable models of a type, by provider.
#[utoipa::path(get, path = "/console/api/workspaces/current/models/model-types/{model_type}", responses((status = 200, body = Data<Vec<UsableModels>>)))]
pub(crate) async fn models_by_type(
    user: ConsoleUser,
    ty: web::Path<String>,
    links: Links,
    providers: web::Data<Providers>,
) -> Result<web::Json<Data<Vec<UsableModels>>>, ApiError> {
    Ok(web::Json(Data { data: UsableModels::of(&providers, user.tenant_id(), &ty, &links).await? }))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RulesQuery {
    model: String,
}

/// The parameters that a model takes.
#[utoipa::path(get, path = "/console/api/workspaces/current/model-providers/{provider}/models/parameter-rules", params(RulesQuery), responses((status = 200, body = Data<Vec<Object>>)))]
pub(crate) async fn parameter_rules(
    user: ConsoleUser,
    provider: web::Path<String>,
    ValidQuery(query): ValidQuery<RulesQuery>,
    providers: web::Data<Providers>,
) -> Result<web::Json<Data<Vec<ParameterRule>>>, ApiError> {
    let schema = providers.parameter_rules(user.tenant_id(), &provider, &query.model).await?;
    Ok(web::Json(Data { data: schema.map(|schema| schema.parameter_rules.clone()).unwrap_or_default() }))
}
