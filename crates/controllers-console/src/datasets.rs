//! The little of datasets that every page asks for. The rest comes with the knowledge engine.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::links::Links;
use controllers_common::paging::{Page, PageQuery};
use controllers_common::valid::ValidQuery;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetrievalSetting {
    retrieval_method: [&'static str; 3],
}

/// The ways in which datasets can be searched.
#[utoipa::path(get, path = "/console/api/datasets/retrieval-setting", responses((status = 200, body = RetrievalSetting)))]
pub(crate) async fn retrieval_setting(_user: ConsoleUser) -> web::Json<RetrievalSetting> {
    let retrieval_method = ["semantic_search", "full_text_search", "hybrid_search"];
    std::future::ready(web::Json(RetrievalSetting { retrieval_method })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiBase {
    api_base_url: String,
}

/// Where the dataset API is reached.
#[utoipa::path(get, path = "/console/api/datasets/api-base-info", responses((status = 200, body = ApiBase)))]
pub(crate) async fn api_base(_user: ConsoleUser, links: Links) -> web::Json<ApiBase> {
    std::future::ready(web::Json(ApiBase { api_base_url: links.service_api() })).await
}

/// A dataset; this release serves none.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) enum DatasetDto {}

/// The datasets that can be used: none before there is an engine that could search them.
#[utoipa::path(get, path = "/console/api/datasets", params(PageQuery), responses((status = 200, body = Page<String>)))]
pub(crate) async fn list(_user: ConsoleUser, ValidQuery(query): ValidQuery<PageQuery>) -> web::Json<Page<DatasetDto>> {
    std::future::ready(web::Json(Page::new(query, 0, Vec::new()))).await
}
