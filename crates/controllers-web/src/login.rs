//! Signing in to published pages, which only enterprise installations have: here every page is open to everybody.

use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::auth::SetUp;
use controllers_common::dto::Success;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::passport::{WebCookies, passport};
use controllers_common::valid::ValidQuery;
use serde::{Deserialize, Serialize};
use services::directory::Directory;
use services::published::{Published, Visitor};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatusQuery {
    app_code: Option<String>,
    user_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoginStatus {
    logged_in: bool,
    /// Whether the passport opens the page, for this user.
    app_logged_in: bool,
}

/// Whether the visitor has to sign in, and has a passport that still works.
#[utoipa::path(get, path = "/api/login/status", tag = "Access", params(StatusQuery),
    responses((status = 200, body = LoginStatus), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn status(
    _set_up: SetUp,
    request: HttpRequest,
    ValidQuery(query): ValidQuery<StatusQuery>,
    cookies: web::Data<WebCookies>,
    directory: web::Data<Directory>,
    published: web::Data<Published>,
) -> Result<web::Json<LoginStatus>, ApiError> {
    let Some(code) = query.app_code.as_deref().filter(|code| !code.is_empty()) else {
        return Ok(web::Json(LoginStatus { logged_in: cookies.has_login_token(&request), app_logged_in: false }));
    };
    let unknown = || ApiError::invalid_field("app_code", "App with code not found.");
    let page = directory.page(code).await?.ok_or_else(unknown)?;
    let user = query.user_id.as_deref().filter(|user| !user.is_empty());
    let belongs = |visitor: Visitor| {
        visitor.page.site.id == page.site.id && user.is_none_or(|u| u == visitor.end_user.session_id)
    };
    let app_logged_in = match passport(&request, Some(code))? {
        Some(shown) => published.visitor(&shown).await.is_ok_and(belongs),
        None => false,
    };
    Ok(web::Json(LoginStatus { logged_in: true, app_logged_in }))
}

/// Forget the login of an enterprise installation.
#[utoipa::path(post, path = "/api/logout", tag = "Access",
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn logout(_set_up: SetUp, cookies: web::Data<WebCookies>) -> HttpResponse {
    HttpResponse::Ok().cookie(cookies.signed_out()).json(Success::new())
}
