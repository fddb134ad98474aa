//! Finding datasets.

use actix_web::web;
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::dto::knowledge::DatasetDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::full_page::{FullPage, Paging};
use controllers_common::query::nearest;
use controllers_common::valid::ValidQuery;
use models::DatasetId;
use serde::Deserialize;
use services::knowledge::{DatasetSearch, Knowledge};
use utoipa::IntoParams;
use uuid::Uuid;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    #[serde(default, deserialize_with = "nearest")]
    page: Option<i64>,
    #[serde(default, deserialize_with = "nearest")]
    limit: Option<i64>,
    keyword: Option<String>,
    #[serde(default)]
    include_all: bool,
    /// Any of them; repeated.
    #[serde(default)]
    tag_ids: Vec<String>,
}

/// List the datasets of the workspace.
#[utoipa::path(get, path = "/v1/datasets", tag = "Datasets", params(ListQuery),
    responses((status = 200, body = FullPage<DatasetDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    caller: DatasetCaller,
    ValidQuery(query): ValidQuery<ListQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<FullPage<DatasetDto>>, ApiError> {
    let paging = Paging { page: query.page.unwrap_or(1), limit: query.limit.unwrap_or(20) };
    // An id that is none is no tag of any dataset.
    let tags: Vec<Uuid> = query.tag_ids.iter().map(|id| id.parse().unwrap_or_default()).collect();
    let search = DatasetSearch {
        keyword: query.keyword,
        include_all: query.include_all,
        tags,
        ids: None,
        limit: paging.rows(),
        offset: paging.offset(),
    };
    let (found, total) = knowledge.datasets(&caller, &search).await?;
    let data = found.into_iter().map(DatasetDto::with_partial_members).collect();
    Ok(web::Json(FullPage::new(paging, total, data)))
}

/// Read a dataset.
#[utoipa::path(get, path = "/v1/datasets/{dataset_id}", params(("dataset_id" = String, Path)), tag = "Datasets",
    responses((status = 200, body = DatasetDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn find(
    caller: DatasetCaller,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DatasetDto>, ApiError> {
    let view = knowledge.dataset(&caller, *dataset).await?;
    Ok(web::Json(DatasetDto::with_partial_members(view).as_searched()))
}
