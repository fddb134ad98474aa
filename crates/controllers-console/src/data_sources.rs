//! Sources of documents beside uploads, and templates of knowledge pipelines. This release reads uploads only, so it
//! offers none, and the pages that ask for them show uploads.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answers::Nothing;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Results {
    result: Vec<Nothing>,
}

/// Data sources of plugins with their credentials.
#[utoipa::path(get, path = "/console/api/auth/plugin/datasource/list", responses((status = 200, body = Results)))]
pub(crate) async fn of_plugins(_user: ConsoleUser) -> web::Json<Results> {
    std::future::ready(web::Json(Results { result: Vec::new() })).await
}

/// Data sources of plugins that a new dataset may be made from.
#[utoipa::path(get, path = "/console/api/auth/plugin/datasource/default-list", responses((status = 200, body = Results)))]
pub(crate) async fn of_plugins_by_default(_user: ConsoleUser) -> web::Json<Results> {
    std::future::ready(web::Json(Results { result: Vec::new() })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Integrations {
    data: Vec<Nothing>,
}

/// Bound accounts, such as Notion's.
#[utoipa::path(get, path = "/console/api/data-source/integrates", responses((status = 200, body = Integrations)))]
pub(crate) async fn integrations(_user: ConsoleUser) -> web::Json<Integrations> {
    std::future::ready(web::Json(Integrations { data: Vec::new() })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sources {
    sources: Vec<Nothing>,
}

/// Services that read web sites, with keys.
#[utoipa::path(get, path = "/console/api/api-key-auth/data-source", responses((status = 200, body = Sources)))]
pub(crate) async fn with_keys(_user: ConsoleUser) -> web::Json<Sources> {
    std::future::ready(web::Json(Sources { sources: Vec::new() })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Templates {
    pipeline_templates: Vec<Nothing>,
}

/// Templates of knowledge pipelines, `type` being `built-in` or `customized`.
#[utoipa::path(get, path = "/console/api/rag/pipeline/templates", responses((status = 200, body = Templates)))]
pub(crate) async fn pipeline_templates(_user: ConsoleUser) -> web::Json<Templates> {
    std::future::ready(web::Json(Templates { pipeline_templates: Vec::new() })).await
}
