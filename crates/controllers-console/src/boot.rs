//! What the frontend asks before anybody is signed in, and the switches of the installation.

use actix_web::cookie::Cookie;
use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::auth::ConsoleUser;
use controllers_common::client_address::client_address;
use controllers_common::cookies::SessionCookies;
use controllers_common::error::ApiError;
use controllers_common::system_features::SystemFeatures;
use controllers_common::valid::{Lenient, ValidQuery};
use serde::{Deserialize, Serialize};
use services::accounts::{Accounts, SetupRequest, SetupState};
use services::features::Features;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::answers::{Nothing, SUCCESS, Success};

mod feature_list;
mod version;

pub(crate) use feature_list::*;
pub(crate) use version::*;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Pong {
    result: &'static str,
}

/// Whether anybody is there.
#[utoipa::path(get, path = "/console/api/ping", responses((status = 200, body = Pong)))]
pub(crate) async fn ping() -> web::Json<Pong> {
    std::future::ready(web::Json(Pong { result: "pong" })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupStatus {
    /// `not_started` or `finished`.
    step: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    setup_at: Option<String>,
}

/// Whether the installation was set up.
#[utoipa::path(get, path = "/console/api/setup", responses((status = 200, body = SetupStatus)))]
pub(crate) async fn setup_status(accounts: web::Data<Accounts>) -> Result<web::Json<SetupStatus>, ApiError> {
    Ok(web::Json(match accounts.setup_state().await? {
        SetupState::NotStarted => SetupStatus { step: "not_started", setup_at: None },
        SetupState::Finished { at } => {
            SetupStatus { step: "finished", setup_at: Some(at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()) }
        }
    }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SetupBody {
    email: String,
    #[validate(length(min = 1, max = 30))]
    name: String,
    password: String,
    language: Option<String>,
}

fn has_init_proof(request: &HttpRequest, accounts: &Accounts, cookies: &SessionCookies) -> bool {
    cookies.init_proof(request).is_some_and(|proof| accounts.is_init_proof(&proof))
}

/// Makes the first account and its workspace.
#[utoipa::path(post, path = "/console/api/setup", request_body = SetupBody, responses((status = 201, body = Success)))]
pub(crate) async fn set_up(
    request: HttpRequest,
    Lenient(body): Lenient<SetupBody>,
    accounts: web::Data<Accounts>,
    cookies: web::Data<SessionCookies>,
) -> Result<HttpResponse, ApiError> {
    let validated = has_init_proof(&request, &accounts, &cookies);
    let SetupBody { email, name, password, language } = body;
    let client_address = client_address(&request).map(|a| a.to_string()).unwrap_or_default();
    accounts.set_up(SetupRequest { email, name, password, language, client_address, validated }).await?;
    Ok(HttpResponse::Created().json(SUCCESS))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InitStatus {
    /// `not_started` or `finished`.
    status: &'static str,
}

/// Whether the init password is still to be asked for.
#[utoipa::path(get, path = "/console/api/init", responses((status = 200, body = InitStatus)))]
pub(crate) async fn init_status(
    request: HttpRequest,
    accounts: web::Data<Accounts>,
    cookies: web::Data<SessionCookies>,
) -> Result<web::Json<InitStatus>, ApiError> {
    let validated = has_init_proof(&request, &accounts, &cookies);
    let asked = accounts.needs_init_password(validated).await?;
    Ok(web::Json(InitStatus { status: if asked { "not_started" } else { "finished" } }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct InitBody {
    #[validate(length(max = 30))]
    password: String,
}

/// Takes the init password.
#[utoipa::path(post, path = "/console/api/init", request_body = InitBody, responses((status = 201, body = Success)))]
pub(crate) async fn init(
    Lenient(body): Lenient<InitBody>,
    accounts: web::Data<Accounts>,
    cookies: web::Data<SessionCookies>,
) -> Result<HttpResponse, ApiError> {
    accounts.check_init_password(&body.password).await?;
    let cookie: Cookie<'static> = cookies.init_validated(accounts.init_proof());
    Ok(HttpResponse::Created().cookie(cookie).json(SUCCESS))
}

/// Switches that every page needs.
#[utoipa::path(get, path = "/console/api/system-features", responses((status = 200, body = SystemFeatures)))]
pub(crate) async fn system_features(features: web::Data<SystemFeatures>) -> web::Json<SystemFeatures> {
    std::future::ready(web::Json(features.get_ref().clone())).await
}

/// Switches of the workspace.
#[utoipa::path(get, path = "/console/api/features", responses((status = 200, body = FeatureList)))]
pub(crate) async fn features(_user: ConsoleUser, features: web::Data<Features>) -> web::Json<FeatureList> {
    std::future::ready(web::Json(FeatureList::new(&features))).await
}

/// Schemas that structured outputs may refer to; there are none.
#[utoipa::path(get, path = "/console/api/spec/schema-definitions", responses((status = 200, body = [String])))]
pub(crate) async fn schema_definitions(_user: ConsoleUser) -> web::Json<Vec<Nothing>> {
    std::future::ready(web::Json(Vec::new())).await
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExtensionQuery {
    /// `moderation` or `external_data_tool`.
    module: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CodeExtensions {
    module: String,
    /// Extensions in the program's own code: there are none.
    data: Vec<Nothing>,
}

/// Extensions in the program's own code.
#[utoipa::path(get, path = "/console/api/code-based-extension", params(ExtensionQuery), responses((status = 200, body = CodeExtensions)))]
pub(crate) async fn code_extensions(
    _user: ConsoleUser,
    ValidQuery(query): ValidQuery<ExtensionQuery>,
) -> web::Json<CodeExtensions> {
    std::future::ready(web::Json(CodeExtensions { module: query.module, data: Vec::new() })).await
}
