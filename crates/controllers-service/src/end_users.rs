//! End users as the owner of the key may see them.

use actix_web::http::StatusCode;
use actix_web::web;
use chrono::SecondsFormat;
use controllers_common::app_token::AppToken;
use controllers_common::error::{ApiError, ErrorBody};
use models::{AppId, EndUserId, EndUserType, TenantId};
use serde::Serialize;
use services::end_users::EndUsers;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndUserDto {
    #[schema(value_type = uuid::Uuid)]
    id: EndUserId,
    #[schema(value_type = uuid::Uuid)]
    tenant_id: TenantId,
    #[schema(value_type = Option<uuid::Uuid>)]
    app_id: Option<AppId>,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: EndUserType,
    external_user_id: Option<String>,
    name: Option<String>,
    is_anonymous: bool,
    session_id: String,
    /// ISO 8601.
    created_at: String,
    updated_at: String,
}

/// An end user of the app.
#[utoipa::path(get, path = "/v1/end-users/{id}", tag = "End users", params(("id" = String, Path)), responses((status = 200, body = EndUserDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn find(
    app: AppToken,
    id: web::Path<EndUserId>,
    end_users: web::Data<EndUsers>,
) -> Result<web::Json<EndUserDto>, ApiError> {
    let found = end_users.find(&app.app, *id).await?;
    let user =
        found.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "end_user_not_found", "End user not found."))?;
    let iso = |time: chrono::NaiveDateTime| time.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true);
    Ok(web::Json(EndUserDto {
        id: user.id,
        tenant_id: user.tenant_id,
        app_id: user.app_id,
        kind: user.kind,
        external_user_id: user.external_user_id.clone(),
        name: user.name.clone(),
        is_anonymous: user.is_anonymous,
        session_id: user.session_id.clone(),
        created_at: iso(user.created_at),
        updated_at: iso(user.updated_at),
    }))
}
