//! Who may open a page: everybody.

use actix_web::{HttpRequest, web};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::passport::app_code;
use controllers_common::valid::ValidQuery;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessMode {
    #[serde(rename = "accessMode")]
    access_mode: &'static str,
}

/// How a page is protected.
#[utoipa::path(get, path = "/api/webapp/access-mode", tag = "Access", responses((status = 200, body = AccessMode)))]
pub(crate) async fn mode() -> web::Json<AccessMode> {
    std::future::ready(web::Json(AccessMode { access_mode: "public" })).await
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PermissionQuery {
    #[serde(rename = "appId")]
    #[validate(length(min = 1))]
    app_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Permission {
    result: bool,
}

/// Whether the visitor may open a page.
#[utoipa::path(get, path = "/api/webapp/permission", tag = "Access",
    params(PermissionQuery, ("X-App-Code" = String, Header, description = "The page's public code")),
    responses((status = 200, body = Permission), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn permission(
    request: HttpRequest,
    ValidQuery(query): ValidQuery<PermissionQuery>,
) -> Result<web::Json<Permission>, ApiError> {
    tracing::debug!(app.id = %query.app_id, "asked for the permission to open a page");
    let code = app_code(&request).ok_or_else(|| ApiError::invalid_field("X-App-Code", "X-App-Code must be provided."));
    std::future::ready(code.map(|_open_to_all| web::Json(Permission { result: true }))).await
}
