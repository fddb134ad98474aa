//! A person's conversations.

use actix_web::{HttpResponse, web};
use controllers_common::app_token::{AppToken, asker, user_text};
use controllers_common::dto::ConversationDto;
use controllers_common::dto::Scroll;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::optional_id;
use controllers_common::valid::{Valid, ValidQuery};
use models::conversation::{Scope, Sort};
use models::{Caller, ConversationId, InvokeFrom};
use serde::Deserialize;
use serde_json::Value;
use services::conversations::{Conversations, NewName};
use services::end_users::EndUsers;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    user: Option<String>,
    last_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
    sort_by: Option<String>,
}

/// List the conversations of a person.
#[utoipa::path(get, path = "/v1/conversations", tag = "Conversations", params(ListQuery),
    responses((status = 200, body = Scroll<ConversationDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    app: AppToken,
    ValidQuery(query): ValidQuery<ListQuery>,
    end_users: web::Data<EndUsers>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<Scroll<ConversationDto>>, ApiError> {
    app.require_chat()?;
    let last = optional_id(query.last_id.as_deref(), "last_id")?.map(ConversationId);
    let sort = query.sort_by.as_deref().unwrap_or("-updated_at");
    let sort = Sort::parse(sort)
        .ok_or_else(|| ApiError::invalid_field("sort_by", format!("sort_by: `{sort}` is not a known order.")))?;
    let end_user = app.end_user(&end_users, query.user.as_deref()).await?;
    let scope = Scope {
        app: app.app.id,
        caller: Caller::EndUser(end_user.id),
        invoke_from: InvokeFrom::ServiceApi,
        pinned: None,
    };
    let limit = query.limit.unwrap_or(20);
    let page = conversations.page(&scope, sort, last, limit).await?;
    Ok(web::Json(Scroll::of(limit, page, ConversationDto::from)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct DeleteRequest {
    #[schema(value_type = String)]
    user: Option<Value>,
}

/// Delete a conversation of a person.
#[utoipa::path(delete, path = "/v1/conversations/{id}", tag = "Conversations", params(("id" = String, Path)), request_body = DeleteRequest,
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    app: AppToken,
    id: web::Path<ConversationId>,
    Valid(body): Valid<DeleteRequest>,
    end_users: web::Data<EndUsers>,
    conversations: web::Data<Conversations>,
) -> Result<HttpResponse, ApiError> {
    app.require_chat()?;
    let end_user = app.end_user(&end_users, user_text(body.user.as_ref()).as_deref()).await?;
    conversations.delete(&app.app, asker(&end_user).caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RenameRequest {
    #[validate(length(max = 255))]
    name: Option<String>,
    auto_generate: Option<bool>,
    #[schema(value_type = String)]
    user: Option<Value>,
}

/// Rename a conversation, or have a model name it.
#[utoipa::path(post, path = "/v1/conversations/{id}/name", tag = "Conversations", params(("id" = String, Path)), request_body = RenameRequest,
    responses((status = 200, body = ConversationDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn rename(
    app: AppToken,
    id: web::Path<ConversationId>,
    Valid(body): Valid<RenameRequest>,
    end_users: web::Data<EndUsers>,
    conversations: web::Data<Conversations>,
) -> Result<web::Json<ConversationDto>, ApiError> {
    app.require_chat()?;
    let name = if body.auto_generate.unwrap_or(false) {
        NewName::Automatic
    } else {
        NewName::Given(body.name.unwrap_or_default())
    };
    let end_user = app.end_user(&end_users, user_text(body.user.as_ref()).as_deref()).await?;
    let renamed = conversations.rename(&app.app, asker(&end_user).caller, *id, name).await?;
    Ok(web::Json(renamed.into()))
}
