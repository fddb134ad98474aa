//! The visitor's conversations.

use actix_web::{HttpResponse, web};
use controllers_common::dto::{ConversationDto, Scroll, Success};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::optional_id;
use controllers_common::passport::Visitor;
use controllers_common::valid::{Valid, ValidQuery};
use models::conversation::{Scope, Sort};
use models::{ConversationId, InvokeFrom};
use serde::Deserialize;
use services::conversations::{Conversations, NewName};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    last_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
    /// Only pinned ones, or only others.
    pinned: Option<bool>,
    /// `created_at`, `-created_at`, `updated_at` or `-updated_at`.
    sort_by: Option<String>,
}

/// List the visitor's conversations.
#[utoipa::path(get, path = "/api/conversations", tag = "Conversations", params(ListQuery),
    responses((status = 200, body = Scroll<ConversationDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    visitor: Visitor,
    ValidQuery(query): ValidQuery<ListQuery>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Scroll<ConversationDto>>, ApiError> {
    visitor.require_chat()?;
    let last = optional_id(query.last_id.as_deref(), "last_id")?.map(ConversationId);
    let sort = query.sort_by.as_deref().unwrap_or("-updated_at");
    let unknown = || ApiError::invalid_field("sort_by", format!("sort_by: `{sort}` is not a known order."));
    let sort = Sort::parse(sort).ok_or_else(unknown)?;
    let caller = visitor.caller();
    let scope = Scope { app: visitor.app.app.id, caller, invoke_from: InvokeFrom::WebApp, pinned: query.pinned };
    let limit = query.limit.unwrap_or(20);
    let page = conversations.page(&scope, sort, last, limit).await?;
    Ok(web::Json(Scroll::of(limit, page, ConversationDto::from)))
}

/// Delete a conversation.
#[utoipa::path(delete, path = "/api/conversations/{id}", tag = "Conversations", params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    visitor: Visitor,
    id: web::Path<ConversationId>,
    conversations: web::Data<Conversations>,
) -> Result<HttpResponse, ApiError> {
    visitor.require_chat()?;
    conversations.delete(&visitor.app.app, visitor.caller(), *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RenameRequest {
    #[validate(length(max = 255))]
    name: Option<String>,
    /// Have a model name it.
    auto_generate: Option<bool>,
}

/// Rename a conversation, or have a model name it.
#[utoipa::path(post, path = "/api/conversations/{id}/name", tag = "Conversations", params(("id" = String, Path)),
    request_body = RenameRequest,
    responses((status = 200, body = ConversationDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn rename(
    visitor: Visitor,
    id: web::Path<ConversationId>,
    Valid(body): Valid<RenameRequest>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<ConversationDto>, ApiError> {
    visitor.require_chat()?;
    let automatic = body.auto_generate.unwrap_or(false);
    let name = if automatic { NewName::Automatic } else { NewName::Given(body.name.unwrap_or_default()) };
    let renamed = conversations.rename(&visitor.app.app, visitor.caller(), *id, name).await?;
    Ok(web::Json(renamed.into()))
}

/// Pin a conversation.
#[utoipa::path(patch, path = "/api/conversations/{id}/pin", tag = "Conversations", params(("id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn pin(
    visitor: Visitor,
    id: web::Path<ConversationId>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Success>, ApiError> {
    visitor.require_chat()?;
    conversations.pin(&visitor.app.app, visitor.caller(), *id).await?;
    Ok(web::Json(Success::new()))
}

/// Unpin a conversation, pinned or not.
#[utoipa::path(patch, path = "/api/conversations/{id}/unpin", tag = "Conversations", params(("id" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn unpin(
    visitor: Visitor,
    id: web::Path<ConversationId>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Success>, ApiError> {
    visitor.require_chat()?;
    conversations.unpin(&visitor.app.app, visitor.caller(), *id).await?;
    Ok(web::Json(Success::new()))
}
