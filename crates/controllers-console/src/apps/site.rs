//! The published page of an app.

use actix_web::web;
use controllers_common::auth::{Admin, Editor};
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::valid::Lenient;
use models::site::Site;
use models::{AppId, IconType};
use serde::{Deserialize, Serialize};
use services::apps::{Apps, SiteUpdate};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::{Validate, ValidationError};

use super::body::{Stamps, icon_url};

/// A page as the app's detail shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConsoleSiteDto {
    /// The public code; the same as `code`.
    access_token: Option<String>,
    code: Option<String>,
    title: String,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    icon: Option<String>,
    icon_background: Option<String>,
    icon_url: Option<String>,
    description: Option<String>,
    default_language: String,
    chat_color_theme: Option<String>,
    chat_color_theme_inverted: bool,
    customize_domain: Option<String>,
    copyright: Option<String>,
    privacy_policy: Option<String>,
    /// What stands in the empty input field.
    input_placeholder: Option<String>,
    custom_disclaimer: String,
    customize_token_strategy: String,
    prompt_public: bool,
    app_base_url: String,
    show_workflow_steps: bool,
    use_icon_as_answer_icon: bool,
    #[serde(flatten)]
    stamps: Stamps,
}

impl ConsoleSiteDto {
    pub(super) fn new(site: Site, input_placeholder: Option<String>, links: &Links) -> Self {
        Self {
            icon_url: icon_url(site.icon_type, site.icon.as_deref(), links),
            stamps: Stamps::new(site.created_by, site.created_at, site.updated_by, site.updated_at),
            access_token: site.code.clone(),
            code: site.code,
            title: site.title,
            icon_type: site.icon_type,
            icon: site.icon,
            icon_background: site.icon_background,
            description: site.description,
            default_language: site.default_language,
            chat_color_theme: site.chat_color_theme,
            chat_color_theme_inverted: site.chat_color_theme_inverted,
            customize_domain: site.customize_domain,
            copyright: site.copyright,
            privacy_policy: site.privacy_policy,
            input_placeholder,
            custom_disclaimer: site.custom_disclaimer,
            customize_token_strategy: site.customize_token_strategy,
            prompt_public: site.prompt_public,
            app_base_url: links.app_web().to_owned(),
            show_workflow_steps: site.show_workflow_steps,
            use_icon_as_answer_icon: site.use_icon_as_answer_icon,
        }
    }
}

/// A page as changing it shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangedSite {
    app_id: String,
    access_token: Option<String>,
    code: Option<String>,
    title: String,
    icon: Option<String>,
    icon_background: Option<String>,
    description: Option<String>,
    default_language: String,
    customize_domain: Option<String>,
    copyright: Option<String>,
    privacy_policy: Option<String>,
    input_placeholder: Option<String>,
    custom_disclaimer: String,
    customize_token_strategy: String,
    prompt_public: bool,
    show_workflow_steps: bool,
    use_icon_as_answer_icon: bool,
}

impl From<services::apps::ChangedSite> for ChangedSite {
    fn from(changed: services::apps::ChangedSite) -> Self {
        let services::apps::ChangedSite { site, input_placeholder } = changed;
        Self {
            app_id: site.app_id.to_string(),
            access_token: site.code.clone(),
            code: site.code,
            title: site.title,
            icon: site.icon,
            icon_background: site.icon_background,
            description: site.description,
            default_language: site.default_language,
            customize_domain: site.customize_domain,
            copyright: site.copyright,
            privacy_policy: site.privacy_policy,
            input_placeholder,
            custom_disclaimer: site.custom_disclaimer,
            customize_token_strategy: site.customize_token_strategy,
            prompt_public: site.prompt_public,
            show_workflow_steps: site.show_workflow_steps,
            use_icon_as_answer_icon: site.use_icon_as_answer_icon,
        }
    }
}

/// Any part of a page; what is missing or null stays as it is.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct UpdateSite {
    #[validate(length(max = 255))]
    title: Option<String>,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    #[validate(length(max = 255))]
    icon: Option<String>,
    #[validate(length(max = 255))]
    icon_background: Option<String>,
    description: Option<String>,
    #[validate(length(max = 255))]
    default_language: Option<String>,
    #[validate(length(max = 255))]
    chat_color_theme: Option<String>,
    chat_color_theme_inverted: Option<bool>,
    #[validate(length(max = 255))]
    customize_domain: Option<String>,
    #[validate(length(max = 255))]
    copyright: Option<String>,
    #[validate(length(max = 255))]
    privacy_policy: Option<String>,
    /// Empty takes it away.
    #[validate(length(max = "models::site_placeholder::LONGEST"))]
    input_placeholder: Option<String>,
    #[validate(length(max = 512))]
    custom_disclaimer: Option<String>,
    /// `must`, `allow` or `not_allow`.
    #[validate(custom(function = is_strategy))]
    customize_token_strategy: Option<String>,
    prompt_public: Option<bool>,
    show_workflow_steps: Option<bool>,
    use_icon_as_answer_icon: Option<bool>,
}

fn is_strategy(text: &str) -> Result<(), ValidationError> {
    if matches!(text, "must" | "allow" | "not_allow") { Ok(()) } else { Err(ValidationError::new("choice")) }
}

impl UpdateSite {
    fn as_update(&self) -> SiteUpdate<'_> {
        SiteUpdate {
            title: self.title.as_deref(),
            icon_type: self.icon_type,
            icon: self.icon.as_deref(),
            icon_background: self.icon_background.as_deref(),
            description: self.description.as_deref(),
            default_language: self.default_language.as_deref(),
            chat_color_theme: self.chat_color_theme.as_deref(),
            chat_color_theme_inverted: self.chat_color_theme_inverted,
            customize_domain: self.customize_domain.as_deref(),
            copyright: self.copyright.as_deref(),
            privacy_policy: self.privacy_policy.as_deref(),
            custom_disclaimer: self.custom_disclaimer.as_deref(),
            customize_token_strategy: self.customize_token_strategy.as_deref(),
            prompt_public: self.prompt_public,
            show_workflow_steps: self.show_workflow_steps,
            use_icon_as_answer_icon: self.use_icon_as_answer_icon,
            code: None,
            updated_by: None,
            updated_at: None,
        }
    }
}

/// Changes the page of an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/site", request_body = UpdateSite, responses((status = 200, body = ChangedSite)))]
pub(crate) async fn update_site(
    user: Editor,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<UpdateSite>,
    apps: web::Data<Apps>,
) -> Result<web::Json<ChangedSite>, ApiError> {
    let placeholder = body.input_placeholder.as_deref();
    let changed = apps.update_site(user.tenant_id(), &user.account, AppId(*app), body.as_update(), placeholder).await?;
    Ok(web::Json(changed.into()))
}

/// Gives the page another public code.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/site/access-token-reset", responses((status = 200, body = ChangedSite)))]
pub(crate) async fn reset_site_code(
    user: Admin,
    app: web::Path<Uuid>,
    apps: web::Data<Apps>,
) -> Result<web::Json<ChangedSite>, ApiError> {
    Ok(web::Json(apps.reset_site_code(user.tenant_id(), &user.account, AppId(*app)).await?.into()))
}
