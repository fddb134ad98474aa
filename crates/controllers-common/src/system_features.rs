//! `GET /system-features`: what every page asks first, in the Console and on published pages.

use config::Settings;
use serde::Serialize;
use utoipa::ToSchema;

/// Switches of the installation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SystemFeatures {
    sso_enforced_for_signin: bool,
    sso_enforced_for_signin_protocol: &'static str,
    enable_marketplace: bool,
    max_plugin_package_size: u64,
    enable_email_code_login: bool,
    enable_email_password_login: bool,
    enable_social_oauth_login: bool,
    is_allow_register: bool,
    is_allow_create_workspace: bool,
    is_email_setup: bool,
    license: License,
    branding: Branding,
    webapp_auth: WebappAuth,
    plugin_installation_permission: PluginInstallation,
    enable_change_email: bool,
    plugin_manager: Enabled,
    trial_models: [&'static str; 0],
    enable_trial_app: bool,
    enable_explore_banner: bool,
    rbac_enabled: bool,
    enable_collaboration_mode: bool,
    enable_creators_platform: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct Enabled {
    enabled: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct License {
    status: &'static str,
    expired_at: &'static str,
    workspaces: LicensedWorkspaces,
}

#[derive(Debug, Clone, Default, Serialize, ToSchema)]
struct LicensedWorkspaces {
    enabled: bool,
    size: u32,
    limit: u32,
}

#[derive(Debug, Clone, Default, Serialize, ToSchema)]
struct Branding {
    enabled: bool,
    application_title: &'static str,
    login_page_logo: &'static str,
    workspace_logo: &'static str,
    favicon: &'static str,
}

#[derive(Debug, Clone, Default, Serialize, ToSchema)]
struct WebappAuth {
    enabled: bool,
    allow_sso: bool,
    sso_config: SsoConfig,
    allow_email_code_login: bool,
    allow_email_password_login: bool,
}

#[derive(Debug, Clone, Default, Serialize, ToSchema)]
struct SsoConfig {
    protocol: &'static str,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct PluginInstallation {
    plugin_installation_scope: &'static str,
    restrict_to_marketplace_only: bool,
}

impl SystemFeatures {
    pub fn new(settings: &Settings) -> Self {
        let (auth, features) = (&settings.auth, &settings.features);
        Self {
            sso_enforced_for_signin: false,
            sso_enforced_for_signin_protocol: "",
            enable_marketplace: features.marketplace,
            max_plugin_package_size: features.plugin_max_package_bytes,
            enable_email_code_login: auth.email_code_login,
            enable_email_password_login: auth.email_password_login,
            enable_social_oauth_login: auth.social_oauth_login,
            is_allow_register: auth.allow_register,
            is_allow_create_workspace: auth.allow_create_workspace,
            is_email_setup: settings.mail.is_configured(),
            license: License { status: "none", expired_at: "", workspaces: LicensedWorkspaces::default() },
            branding: Branding::default(),
            webapp_auth: WebappAuth::default(),
            plugin_installation_permission: PluginInstallation {
                plugin_installation_scope: "all",
                restrict_to_marketplace_only: false,
            },
            enable_change_email: true,
            plugin_manager: Enabled { enabled: false },
            trial_models: [],
            enable_trial_app: features.trial_app,
            enable_explore_banner: features.explore_banner,
            rbac_enabled: false,
            enable_collaboration_mode: false,
            enable_creators_platform: false,
        }
    }
}
