//! The brand of a workspace.

use models::TenantId;
use serde::Serialize;
use services::branding::PageBranding;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct CustomConfigDto {
    remove_webapp_brand: bool,
    /// Where the logo is.
    replace_webapp_logo: Option<String>,
}

impl CustomConfigDto {
    /// `None` where the installation's logo stays.
    pub fn new(branding: &PageBranding, files_url: &str, tenant: TenantId) -> Option<Self> {
        let logo = || format!("{files_url}/files/workspaces/{tenant}/webapp-logo");
        branding.can_replace_logo.then(|| Self {
            remove_webapp_brand: branding.remove_brand,
            replace_webapp_logo: branding.has_logo.then(logo),
        })
    }
}
