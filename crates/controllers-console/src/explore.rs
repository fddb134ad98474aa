//! What the explore page offers to every workspace.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::links::Links;
use controllers_common::valid::ValidQuery;
use models::app::App;
use models::explore_banner::ExploreBanner;
use models::{AppId, AppMode, IconType};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::explore::{Explore, Offer, OfferedApp, Reader, Template};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::apps::icon_url;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LanguageQuery {
    /// One of the interface's languages; that of the account for any other.
    language: Option<String>,
}

impl LanguageQuery {
    fn reader<'a>(&'a self, user: &'a ConsoleUser) -> Reader<'a> {
        Reader { asked: self.language.as_deref(), own: user.account.interface_language.as_deref() }
    }
}

/// An app to start from.
#[derive(Debug, Serialize, ToSchema)]
struct OfferedAppDto {
    app: OfferedAppFacts,
    app_id: String,
    description: Option<String>,
    copyright: Option<String>,
    privacy_policy: Option<String>,
    custom_disclaimer: String,
    category: String,
    position: i32,
    is_listed: bool,
    /// Nobody may try an app here without having it.
    can_trial: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct OfferedAppFacts {
    id: String,
    name: String,
    #[schema(value_type = String)]
    mode: AppMode,
    icon: Option<String>,
    #[schema(value_type = Option<String>)]
    icon_type: Option<IconType>,
    icon_url: Option<String>,
    icon_background: Option<String>,
}

impl OfferedAppDto {
    fn new((row, app, page): OfferedApp, links: &Links) -> Self {
        Self {
            app_id: app.id.to_string(),
            app: OfferedAppFacts {
                id: app.id.to_string(),
                icon_url: icon_url(app.icon_type, app.icon.as_deref(), links),
                name: app.name,
                mode: app.mode,
                icon: app.icon,
                icon_type: app.icon_type,
                icon_background: app.icon_background,
            },
            description: page.description,
            copyright: page.copyright,
            privacy_policy: page.privacy_policy,
            custom_disclaimer: page.custom_disclaimer,
            category: row.category,
            position: row.position,
            is_listed: row.is_listed,
            can_trial: false,
        }
    }
}

/// What is offered, and under which headings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferDto {
    recommended_apps: Vec<OfferedAppDto>,
    categories: Vec<String>,
}

impl OfferDto {
    fn new(offer: Offer, links: &Links) -> Self {
        Self {
            recommended_apps: offer.apps.into_iter().map(|app| OfferedAppDto::new(app, links)).collect(),
            categories: offer.categories.into_iter().collect(),
        }
    }
}

/// Apps that the installation offers to all of its workspaces.
#[utoipa::path(get, path = "/console/api/explore/apps", params(LanguageQuery),
    responses((status = 200, body = OfferDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    user: ConsoleUser,
    ValidQuery(query): ValidQuery<LanguageQuery>,
    explore: web::Data<Explore>,
    links: Links,
) -> Result<web::Json<OfferDto>, ApiError> {
    let offer = explore.offer(query.reader(&user)).await?;
    Ok(web::Json(OfferDto::new(offer, &links)))
}

/// An app as a file to start from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateDto {
    id: String,
    name: String,
    icon: Option<String>,
    icon_background: Option<String>,
    #[schema(value_type = String)]
    mode: AppMode,
    /// The file, as YAML: what an import takes.
    export_data: String,
    can_trial: bool,
}

impl From<Template> for TemplateDto {
    fn from(Template { app, file }: Template) -> Self {
        let App { id, name, icon, icon_background, mode, .. } = app;
        Self { id: id.to_string(), name, icon, icon_background, mode, export_data: file, can_trial: false }
    }
}

/// The file of an app that is offered, without its secrets; `null` for any other app.
#[utoipa::path(get, path = "/console/api/explore/apps/{app_id}", params(("app_id" = String, Path)),
    responses((status = 200, body = Option<TemplateDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn template(
    _user: ConsoleUser,
    app: web::Path<AppId>,
    explore: web::Data<Explore>,
) -> Result<web::Json<Option<TemplateDto>>, ApiError> {
    Ok(web::Json(explore.template(*app).await?.map(TemplateDto::from)))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BannerDto {
    id: String,
    #[schema(value_type = Object)]
    content: Value,
    link: String,
    sort: i32,
    status: String,
    /// As ISO 8601 writes it, in UTC.
    created_at: String,
}

impl From<ExploreBanner> for BannerDto {
    fn from(banner: ExploreBanner) -> Self {
        let ExploreBanner { id, content, link, sort, status, created_at } = banner;
        let created_at = created_at.format("%Y-%m-%dT%H:%M:%S%.f").to_string();
        Self { id: id.to_string(), content, link, sort, status, created_at }
    }
}

/// What stands above the page; 403 where the installation shows nothing there.
#[utoipa::path(get, path = "/console/api/explore/banners", params(LanguageQuery),
    responses((status = 200, body = [BannerDto]), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn banners(
    user: ConsoleUser,
    ValidQuery(query): ValidQuery<LanguageQuery>,
    explore: web::Data<Explore>,
) -> Result<web::Json<Vec<BannerDto>>, ApiError> {
    let shown = explore.banners(query.reader(&user)).await?;
    Ok(web::Json(shown.into_iter().map(BannerDto::from).collect()))
}
