//! What a page asks about its app before anybody asks the app anything.

use actix_web::{HttpResponse, web};
use controllers_common::dto::{CustomConfigDto, ParametersDto, SiteDto};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::guest::{self, Meta};
use controllers_common::links::Addresses;
use controllers_common::passport::Visitor;
use controllers_common::rules::kept;
use controllers_common::system_features::SystemFeatures;
use models::EndUserId;
use models::app::App;
use models::site::Site;
use serde::Serialize;
use services::app_facts::AppFacts;
use services::branding::{Branding, PageBranding};
use services::files::Files;
use utoipa::ToSchema;
use uuid::Uuid;

// What answers are kept about.
const PARAMETERS: &str = "parameters";
const META: &str = "meta";

/// Switches of the installation.
#[utoipa::path(get, path = "/api/system-features", tag = "Access", responses((status = 200, body = SystemFeatures)))]
pub(crate) async fn system_features(features: web::Data<SystemFeatures>) -> web::Json<SystemFeatures> {
    std::future::ready(web::Json(features.get_ref().clone())).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page {
    app_id: Uuid,
    /// `None` where nobody is asked who they are.
    end_user_id: Option<Uuid>,
    enable_site: bool,
    site: PageSite,
    /// Always null.
    #[schema(value_type = Option<Object>)]
    model_config: (),
    plan: &'static str,
    can_replace_logo: bool,
    custom_config: Option<CustomConfigDto>,
}

impl Page {
    pub(crate) fn new(
        app: &App,
        (site, placeholder): (&Site, Option<String>),
        end_user: Option<EndUserId>,
        branding: &PageBranding,
        (files, addresses): (&Files, &Addresses),
    ) -> Self {
        Self {
            app_id: app.id.0,
            end_user_id: end_user.map(|id| id.0),
            enable_site: app.enable_site,
            site: PageSite { site: SiteDto::new(site, placeholder, files), prompt_public: site.prompt_public },
            model_config: (),
            plan: branding.plan,
            can_replace_logo: branding.can_replace_logo,
            custom_config: CustomConfigDto::new(branding, &addresses.urls.files, app.tenant_id),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct PageSite {
    #[serde(flatten)]
    site: SiteDto,
    prompt_public: bool,
}

/// How the page looks.
#[utoipa::path(get, path = "/api/site", tag = "App",
    responses((status = 200, body = Page), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn site(
    visitor: Visitor,
    branding: web::Data<Branding>,
    files: web::Data<Files>,
    addresses: web::Data<Addresses>,
) -> Result<web::Json<Page>, ApiError> {
    let (app, page) = (&visitor.app.app, &visitor.page);
    let branding = branding.of(app.tenant_id).await?;
    let end_user = Some(visitor.end_user.id);
    Ok(web::Json(Page::new(
        app,
        (&page.site, page.input_placeholder.clone()),
        end_user,
        &branding,
        (&files, &addresses),
    )))
}

/// The form and the features of the app.
#[utoipa::path(get, path = "/api/parameters", tag = "App",
    responses((status = 200, body = ParametersDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn parameters(visitor: Visitor, files: web::Data<Files>) -> Result<HttpResponse, ApiError> {
    let answer = || kept::keep(&visitor.app, PARAMETERS, &guest::parameters(&visitor.guest(), &files)?);
    std::future::ready(kept::known(&visitor.app, PARAMETERS).map_or_else(answer, Ok)).await
}

/// Icons of the app's tools.
#[utoipa::path(get, path = "/api/meta", tag = "App",
    responses((status = 200, body = Meta), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn meta(visitor: Visitor, facts: web::Data<AppFacts>) -> Result<HttpResponse, ApiError> {
    if let Some(known) = kept::known(&visitor.app, META) {
        return Ok(known);
    }
    kept::keep(&visitor.app, META, &Meta::of(&visitor.guest(), &facts).await?)
}
