//! Who uses a dataset, and whom it is open to.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::links::Links;
use models::{DatasetId, IconType};
use serde::Serialize;
use services::knowledge::Knowledge;
use utoipa::ToSchema;
use uuid::Uuid;

use super::actor;
use crate::answers::Data;
use crate::apps::icon_url;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InUse {
    is_using: bool,
}

/// Whether any app uses the dataset.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/use-check", params(("dataset_id" = String, Path)),
    responses((status = 200, body = InUse), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn use_check(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<InUse>, ApiError> {
    Ok(web::Json(InUse { is_using: knowledge.in_use(&actor(&user), *dataset).await? }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RelatedAppDto {
    id: Uuid,
    name: String,
    description: String,
    mode: String,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    icon_url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RelatedApps {
    data: Vec<RelatedAppDto>,
    total: usize,
}

/// The apps that use the dataset.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/related-apps", params(("dataset_id" = String, Path)),
    responses((status = 200, body = RelatedApps), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn related_apps(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
    links: Links,
) -> Result<web::Json<RelatedApps>, ApiError> {
    let apps = knowledge.related_apps(&actor(&user), *dataset).await?;
    let data: Vec<RelatedAppDto> = apps
        .into_iter()
        .map(|app| RelatedAppDto {
            id: app.id.0,
            name: app.name,
            description: app.description,
            mode: app.mode,
            icon_url: icon_url(app.icon_type.as_deref().and_then(IconType::parse), app.icon.as_deref(), &links),
            icon_type: app.icon_type,
            icon: app.icon,
            icon_background: app.icon_background,
        })
        .collect();
    Ok(web::Json(RelatedApps { total: data.len(), data }))
}

/// The members whom the dataset was opened to.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/permission-part-users",
    params(("dataset_id" = String, Path)), responses((status = 200, body = Data<Vec<Uuid>>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn members(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Data<Vec<Uuid>>>, ApiError> {
    let members = knowledge.members_of(&actor(&user), *dataset).await?;
    Ok(web::Json(Data { data: members.into_iter().map(|account| account.0).collect() }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisabledByPlan {
    document_ids: Vec<Uuid>,
    count: usize,
}

/// The documents that a plan has disabled: self-hosted installations have no plans.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/auto-disable-logs", params(("dataset_id" = String, Path)),
    responses((status = 200, body = DisabledByPlan), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn auto_disabled(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<DisabledByPlan>, ApiError> {
    knowledge.require(&actor(&user), *dataset).await?;
    Ok(web::Json(DisabledByPlan { document_ids: Vec::new(), count: 0 }))
}
