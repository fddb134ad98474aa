//! Finding datasets.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::dto::knowledge::DatasetDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::full_page::{FullPage, Paging};
use controllers_common::valid::ValidQuery;
use models::DatasetId;
use serde::Deserialize;
use services::knowledge::{DatasetSearch, Knowledge};
use utoipa::IntoParams;
use uuid::Uuid;
use validator::Validate;

use super::actor;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    page: Option<i64>,
    limit: Option<i64>,
    keyword: Option<String>,
    #[serde(default)]
    include_all: bool,
    /// These, whatever the page; repeated.
    #[serde(default)]
    #[validate(length(max = 1000))]
    ids: Vec<String>,
    /// With all of them; repeated.
    #[serde(default)]
    #[validate(length(max = 1000))]
    tag_ids: Vec<String>,
}

/// An id that is none is no id of anything; an empty one was left out.
fn read(ids: &[String]) -> Vec<Uuid> {
    ids.iter().filter(|id| !id.is_empty()).map(|id| id.parse().unwrap_or_default()).collect()
}

/// List the datasets that the member may see.
#[utoipa::path(get, path = "/console/api/datasets", params(ListQuery),
    responses((status = 200, body = FullPage<DatasetDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    user: ConsoleUser,
    ValidQuery(query): ValidQuery<ListQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<FullPage<DatasetDto>>, ApiError> {
    let paging = Paging { page: query.page.unwrap_or(1), limit: query.limit.unwrap_or(20) };
    let ids: Vec<DatasetId> = read(&query.ids).into_iter().map(DatasetId).collect();
    let search = DatasetSearch {
        keyword: query.keyword,
        include_all: query.include_all,
        tags: read(&query.tag_ids),
        ids: (!ids.is_empty()).then_some(ids),
        limit: paging.rows(),
        offset: paging.offset(),
    };
    let (found, total) = knowledge.datasets(&actor(&user), &search).await?;
    let data = found.into_iter().map(DatasetDto::with_members).collect();
    Ok(web::Json(FullPage::new(paging, total, data)))
}

/// Read a dataset.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}", params(("dataset_id" = String, Path)),
    responses((status = 200, body = DatasetDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn find(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DatasetDto>, ApiError> {
    Ok(web::Json(DatasetDto::with_members(knowledge.dataset(&actor(&user), *dataset).await?)))
}
