//! The workspace's models, for programs that set up datasets.

use actix_web::web;
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::dto::model::UsableModels;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::links::Links;
use controllers_common::paging::DataList;
use services::providers::Providers;

/// The usable models of a type, by provider.
#[utoipa::path(get, path = "/v1/workspaces/current/models/model-types/{model_type}", tag = "Models", params(("model_type" = String, Path)),
    responses((status = 200, body = DataList<UsableModels>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn by_type(
    caller: DatasetCaller,
    ty: web::Path<String>,
    links: Links,
    providers: web::Data<Providers>,
) -> Result<web::Json<DataList<UsableModels>>, ApiError> {
    Ok(web::Json(DataList { data: UsableModels::of(&providers, caller.tenant, &ty, &links).await? }))
}
