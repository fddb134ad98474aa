//! Plugins: preferences are kept, lists are empty. There is no daemon that could run a plugin.

use actix_web::web;
use controllers_common::auth::{Admin, ConsoleUser};
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use models::plugin_preference::{PluginRight, UpgradeMode, UpgradeStrategy};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::plugins::{Permissions, Plugins, Upgrades};
use utoipa::ToSchema;
use validator::Validate;

use crate::answers::Nothing;

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(crate) struct PermissionDto {
    #[schema(value_type = String)]
    install_permission: PluginRight,
    #[schema(value_type = String)]
    debug_permission: PluginRight,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct AutoUpgradeDto {
    #[schema(value_type = String)]
    strategy_setting: UpgradeStrategy,
    upgrade_time_of_day: i32,
    #[schema(value_type = String)]
    upgrade_mode: UpgradeMode,
    exclude_plugins: Vec<String>,
    include_plugins: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(crate) struct PreferencesDto {
    permission: PermissionDto,
    auto_upgrade: AutoUpgradeDto,
}

impl From<Permissions> for PermissionDto {
    fn from(p: Permissions) -> Self {
        Self { install_permission: p.install, debug_permission: p.debug }
    }
}

impl From<&PermissionDto> for Permissions {
    fn from(p: &PermissionDto) -> Self {
        Self { install: p.install_permission, debug: p.debug_permission }
    }
}

impl From<Upgrades> for AutoUpgradeDto {
    fn from(u: Upgrades) -> Self {
        Self {
            strategy_setting: u.strategy,
            upgrade_time_of_day: u.time_of_day,
            upgrade_mode: u.mode,
            exclude_plugins: u.exclude,
            include_plugins: u.include,
        }
    }
}

impl From<AutoUpgradeDto> for Upgrades {
    fn from(u: AutoUpgradeDto) -> Self {
        Self {
            strategy: u.strategy_setting,
            mode: u.upgrade_mode,
            exclude: u.exclude_plugins,
            include: u.include_plugins,
            time_of_day: u.upgrade_time_of_day,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    success: bool,
}

const DONE: Done = Done { success: true };

/// Who may do what with plugins, and how they are upgraded.
#[utoipa::path(get, path = "/console/api/workspaces/current/plugin/preferences/fetch", responses((status = 200, body = PreferencesDto)))]
pub(crate) async fn preferences(
    user: ConsoleUser,
    plugins: web::Data<Plugins>,
) -> Result<web::Json<PreferencesDto>, ApiError> {
    let permission = plugins.permissions(user.tenant_id()).await?.into();
    let auto_upgrade = plugins.upgrades(user.tenant_id()).await?.into();
    Ok(web::Json(PreferencesDto { permission, auto_upgrade }))
}

/// Changes both.
#[utoipa::path(post, path = "/console/api/workspaces/current/plugin/preferences/change", request_body = PreferencesDto, responses((status = 200, body = Done)))]
pub(crate) async fn set_preferences(
    user: Admin,
    Lenient(body): Lenient<PreferencesDto>,
    plugins: web::Data<Plugins>,
) -> Result<web::Json<Done>, ApiError> {
    plugins.set_permissions(user.tenant_id(), Permissions::from(&body.permission)).await?;
    plugins.set_upgrades(user.tenant_id(), &body.auto_upgrade.into()).await?;
    Ok(web::Json(DONE))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ExcludeBody {
    plugin_id: String,
}

/// Leaves one plugin out of upgrades.
#[utoipa::path(post, path = "/console/api/workspaces/current/plugin/preferences/autoupgrade/exclude", request_body = ExcludeBody, responses((status = 200, body = Done)))]
pub(crate) async fn exclude(
    user: ConsoleUser,
    Lenient(body): Lenient<ExcludeBody>,
    plugins: web::Data<Plugins>,
) -> Result<web::Json<Done>, ApiError> {
    plugins.exclude_from_upgrades(user.tenant_id(), &body.plugin_id).await?;
    Ok(web::Json(DONE))
}

/// Who may do what with plugins.
#[utoipa::path(get, path = "/console/api/workspaces/current/plugin/permission/fetch", responses((status = 200, body = PermissionDto)))]
pub(crate) async fn permission(
    user: ConsoleUser,
    plugins: web::Data<Plugins>,
) -> Result<web::Json<PermissionDto>, ApiError> {
    Ok(web::Json(plugins.permissions(user.tenant_id()).await?.into()))
}

/// Changes who may do what.
#[utoipa::path(post, path = "/console/api/workspaces/current/plugin/permission/change", request_body = PermissionDto, responses((status = 200, body = Done)))]
pub(crate) async fn set_permission(
    user: Admin,
    Lenient(body): Lenient<PermissionDto>,
    plugins: web::Data<Plugins>,
) -> Result<web::Json<Done>, ApiError> {
    plugins.set_permissions(user.tenant_id(), Permissions::from(&body)).await?;
    Ok(web::Json(DONE))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskList {
    tasks: Vec<Nothing>,
}

/// Installations under way.
#[utoipa::path(get, path = "/console/api/workspaces/current/plugin/tasks", responses((status = 200, body = TaskList)))]
pub(crate) async fn tasks(_user: ConsoleUser) -> web::Json<TaskList> {
    std::future::ready(web::Json(TaskList { tasks: Vec::new() })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginList {
    plugins: Vec<Nothing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u32>,
}

/// Installed plugins.
#[utoipa::path(get, path = "/console/api/workspaces/current/plugin/list", responses((status = 200, body = PluginList)))]
pub(crate) async fn list(_user: ConsoleUser) -> web::Json<PluginList> {
    std::future::ready(web::Json(PluginList { plugins: Vec::new(), total: Some(0) })).await
}

/// Installed plugins among the given ids.
#[utoipa::path(post, path = "/console/api/workspaces/current/plugin/list/installations/ids", responses((status = 200, body = PluginList)))]
pub(crate) async fn installations(_user: ConsoleUser) -> web::Json<PluginList> {
    std::future::ready(web::Json(PluginList { plugins: Vec::new(), total: None })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LatestVersions {
    #[schema(value_type = Object)]
    versions: Map<String, Value>,
}

/// The newest versions of plugins in the marketplace, which is not asked.
#[utoipa::path(post, path = "/console/api/workspaces/current/plugin/list/latest-versions", responses((status = 200, body = LatestVersions)))]
pub(crate) async fn latest_versions(_user: ConsoleUser) -> web::Json<LatestVersions> {
    std::future::ready(web::Json(LatestVersions { versions: Map::new() })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DebuggingKey {
    key: String,
    host: String,
    port: u16,
}

/// Where plugins under development connect to: nowhere.
#[utoipa::path(get, path = "/console/api/workspaces/current/plugin/debugging-key", responses((status = 200, body = DebuggingKey)))]
pub(crate) async fn debugging_key(_user: ConsoleUser) -> web::Json<DebuggingKey> {
    std::future::ready(web::Json(DebuggingKey { key: String::new(), host: String::new(), port: 5003 })).await
}
