//! The published page of an app, as its visitors and the Service API see it.

use models::IconType;
use models::site::Site;
use serde::Serialize;
use services::files::Files;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct SiteDto {
    pub title: String,
    pub chat_color_theme: Option<String>,
    pub chat_color_theme_inverted: bool,
    /// `emoji`, `image` or `link`.
    #[schema(value_type = Option<String>)]
    pub icon_type: Option<IconType>,
    /// An emoji, the id of an upload, or a link.
    pub icon: Option<String>,
    pub icon_background: Option<String>,
    /// Signed; only of uploaded pictures.
    pub icon_url: Option<String>,
    pub description: Option<String>,
    pub copyright: Option<String>,
    pub privacy_policy: Option<String>,
    /// What stands in the empty input field.
    pub input_placeholder: Option<String>,
    pub custom_disclaimer: String,
    pub default_language: String,
    pub show_workflow_steps: bool,
    pub use_icon_as_answer_icon: bool,
}

impl SiteDto {
    pub fn new(site: &Site, input_placeholder: Option<String>, files: &Files) -> Self {
        Self {
            title: site.title.clone(),
            chat_color_theme: site.chat_color_theme.clone(),
            chat_color_theme_inverted: site.chat_color_theme_inverted,
            icon_type: site.icon_type,
            icon: site.icon.clone(),
            icon_background: site.icon_background.clone(),
            icon_url: icon_url(site, files),
            description: site.description.clone(),
            copyright: site.copyright.clone(),
            privacy_policy: site.privacy_policy.clone(),
            input_placeholder,
            custom_disclaimer: site.custom_disclaimer.clone(),
            default_language: site.default_language.clone(),
            show_workflow_steps: site.show_workflow_steps,
            use_icon_as_answer_icon: site.use_icon_as_answer_icon,
        }
    }
}

fn icon_url(site: &Site, files: &Files) -> Option<String> {
    if site.icon_type != Some(IconType::Image) {
        return None;
    }
    site.icon.as_deref()?.parse().ok().map(|id| files.preview_url(id))
}
