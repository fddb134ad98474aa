//! Passports: who a visitor of a published page is.

use actix_web::{HttpRequest, web};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::passport::app_code;
use controllers_common::valid::ValidQuery;
use serde::{Deserialize, Serialize};
use services::published::{PassportError, Published};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PassportQuery {
    /// Who the embedding page says the visitor is; nobody known otherwise.
    user_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Passport {
    access_token: String,
}

/// A passport for the page named in `X-App-Code`.
#[utoipa::path(get, path = "/api/passport", tag = "Access",
    params(PassportQuery, ("X-App-Code" = String, Header, description = "The page's public code")),
    responses((status = 200, body = Passport), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn issue(
    request: HttpRequest,
    ValidQuery(query): ValidQuery<PassportQuery>,
    published: web::Data<Published>,
) -> Result<web::Json<Passport>, ApiError> {
    let code = app_code(&request).ok_or(PassportError::MissingCode)?;
    let session = query.user_id.as_deref().filter(|user| !user.is_empty());
    let access_token = published.passport(&code, session).await?;
    Ok(web::Json(Passport { access_token }))
}
