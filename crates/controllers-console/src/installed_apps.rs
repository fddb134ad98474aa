//! Apps on the explore page: which there are, and using them. Members of the workspace are asked and answered as visitors of
//! an app's page are (`controllers_common::guest`).

pub(crate) mod asking;
pub(crate) mod audio;
pub(crate) mod conversations;
pub(crate) mod messages;

use actix_web::{HttpResponse, web};
use controllers_common::auth::ConsoleUser;
use controllers_common::dto::ParametersDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::optional_id;
use controllers_common::guest::{self, InstalledGuest, Meta};
use controllers_common::links::Links;
use controllers_common::valid::{Valid, ValidQuery};
use models::app::App;
use models::installed_app::InstalledApp;
use models::{AppId, AppMode, IconType, InstalledAppId, Role, TenantId};
use serde::{Deserialize, Serialize};
use services::app_facts::AppFacts;
use services::files::Files;
use services::installed_apps::InstalledApps;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::answers::seconds;
use crate::apps::icon_url;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only this app.
    app_id: Option<String>,
}

/// An app on the page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstalledAppDto {
    id: String,
    app: AppLine,
    app_owner_tenant_id: String,
    is_pinned: bool,
    /// Unix seconds.
    last_used_at: Option<i64>,
    /// Whether the caller may take it from the page, or pin it.
    editable: bool,
    /// Whether it is the workspace's own, which stays.
    uninstallable: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct AppLine {
    id: String,
    name: String,
    #[schema(value_type = String)]
    mode: AppMode,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    icon: Option<String>,
    icon_background: Option<String>,
    icon_url: Option<String>,
    use_icon_as_answer_icon: bool,
}

impl InstalledAppDto {
    fn new((row, app): (InstalledApp, App), tenant: TenantId, role: Role, links: &Links) -> Self {
        Self {
            id: row.id.to_string(),
            app_owner_tenant_id: row.app_owner_tenant_id.to_string(),
            is_pinned: row.is_pinned,
            last_used_at: row.last_used_at.map(seconds),
            editable: matches!(role, Role::Owner | Role::Admin),
            uninstallable: row.app_owner_tenant_id == tenant,
            app: AppLine {
                id: app.id.to_string(),
                icon_url: icon_url(app.icon_type, app.icon.as_deref(), links),
                name: app.name,
                mode: app.mode,
                icon_type: app.icon_type,
                icon: app.icon,
                icon_background: app.icon_background,
                use_icon_as_answer_icon: app.use_icon_as_answer_icon,
            },
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstalledList {
    installed_apps: Vec<InstalledAppDto>,
}

/// List the workspace's explore page: pinned apps first, then those that were used last.
#[utoipa::path(get, path = "/console/api/installed-apps", params(ListQuery),
    responses((status = 200, body = InstalledList), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    user: ConsoleUser,
    ValidQuery(query): ValidQuery<ListQuery>,
    installed: web::Data<InstalledApps>,
    links: Links,
) -> Result<web::Json<InstalledList>, ApiError> {
    let app = optional_id(query.app_id.as_deref(), "app_id")?.map(AppId);
    let tenant = user.tenant_id();
    let rows = installed.list(tenant, app).await?;
    let installed_apps = rows.into_iter().map(|row| InstalledAppDto::new(row, tenant, user.role, &links)).collect();
    Ok(web::Json(InstalledList { installed_apps }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct InstallRequest {
    #[schema(value_type = String)]
    app_id: AppId,
}

/// What was done, in words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Installed {
    message: &'static str,
}

/// Put an app that is recommended to everybody on the page.
#[utoipa::path(post, path = "/console/api/installed-apps", request_body = InstallRequest,
    responses((status = 200, body = Installed), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn install(
    user: ConsoleUser,
    Valid(body): Valid<InstallRequest>,
    installed: web::Data<InstalledApps>,
) -> Result<web::Json<Installed>, ApiError> {
    installed.install(user.tenant_id(), body.app_id).await?;
    Ok(web::Json(Installed { message: "App installed successfully" }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct PinRequest {
    is_pinned: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changed {
    result: &'static str,
    message: &'static str,
}

/// Pin an app, or pin it no longer.
#[utoipa::path(patch, path = "/console/api/installed-apps/{installed_app_id}", params(("installed_app_id" = String, Path)),
    request_body = PinRequest, responses((status = 200, body = Changed), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn pin(
    user: ConsoleUser,
    id: web::Path<InstalledAppId>,
    Valid(body): Valid<PinRequest>,
    installed: web::Data<InstalledApps>,
) -> Result<web::Json<Changed>, ApiError> {
    if let Some(pinned) = body.is_pinned {
        installed.pin(user.tenant_id(), *id, pinned).await?;
    }
    Ok(web::Json(Changed { result: "success", message: "App info updated successfully" }))
}

/// Take an app of another workspace from the page.
#[utoipa::path(delete, path = "/console/api/installed-apps/{installed_app_id}", params(("installed_app_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn uninstall(
    user: ConsoleUser,
    id: web::Path<InstalledAppId>,
    installed: web::Data<InstalledApps>,
) -> Result<HttpResponse, ApiError> {
    installed.uninstall(user.tenant_id(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The form and the features of the app.
#[utoipa::path(get, path = "/console/api/installed-apps/{installed_app_id}/parameters",
    params(("installed_app_id" = String, Path)),
    responses((status = 200, body = ParametersDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn parameters(
    guest: InstalledGuest,
    files: web::Data<Files>,
) -> Result<web::Json<ParametersDto>, ApiError> {
    std::future::ready(guest::parameters(&guest, &files).map(web::Json)).await
}

/// Icons of the app's tools.
#[utoipa::path(get, path = "/console/api/installed-apps/{installed_app_id}/meta", params(("installed_app_id" = String, Path)),
    responses((status = 200, body = Meta), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn meta(guest: InstalledGuest, facts: web::Data<AppFacts>) -> Result<web::Json<Meta>, ApiError> {
    Ok(web::Json(Meta::of(&guest, &facts).await?))
}
