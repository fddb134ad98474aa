//! Variables of a conversation. Basic chat apps have none; their lists are empty.

use actix_web::web;
use controllers_common::app_token::{AppToken, asker, user_text};
use controllers_common::dto::Scroll;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::optional_id;
use controllers_common::valid::{Valid, ValidQuery};
use models::ConversationId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::conversation_variables::{ConversationVariables, VariableView};
use services::end_users::EndUsers;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    user: Option<String>,
    last_id: Option<String>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<usize>,
    #[validate(length(min = 1, max = 255), custom(function = name_filter))]
    variable_name: Option<String>,
}

fn name_filter(name: &str) -> Result<(), validator::ValidationError> {
    let known = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let suspicious = ["--", "sp_", "xp_"].iter().any(|part| name.to_ascii_lowercase().contains(part));
    if known && !suspicious { Ok(()) } else { Err(validator::ValidationError::new("name")) }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VariableDto {
    id: Uuid,
    name: String,
    value_type: String,
    /// Always text; objects and lists as JSON.
    value: String,
    description: String,
    created_at: i64,
    updated_at: i64,
}

impl From<VariableView> for VariableDto {
    fn from(view: VariableView) -> Self {
        let value = match view.value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
        };
        Self {
            id: view.id,
            name: view.name,
            value_type: view.value_type,
            value,
            description: view.description,
            created_at: view.created_at.and_utc().timestamp(),
            updated_at: view.updated_at.and_utc().timestamp(),
        }
    }
}

/// List the variables of a conversation.
#[utoipa::path(get, path = "/v1/conversations/{id}/variables", tag = "Conversations", params(("id" = String, Path), ListQuery),
    responses((status = 200, body = Scroll<VariableDto>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    app: AppToken,
    id: web::Path<ConversationId>,
    ValidQuery(query): ValidQuery<ListQuery>,
    end_users: web::Data<EndUsers>,
    variables: web::Data<ConversationVariables>,
) -> Result<web::Json<Scroll<VariableDto>>, ApiError> {
    app.require_chat()?;
    let last = optional_id(query.last_id.as_deref(), "last_id")?;
    let limit = query.limit.unwrap_or(20);
    let end_user = app.end_user(&end_users, query.user.as_deref()).await?;
    let page =
        variables.page(&app.app, asker(&end_user).caller, *id, query.variable_name.as_deref(), last, limit).await?;
    Ok(web::Json(Scroll::of(limit, page, VariableDto::from)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChangeRequest {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Object)]
    value: Option<Value>,
    #[schema(value_type = String)]
    user: Option<Value>,
}

/// Tells a null value from a missing one.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Change a variable of a conversation.
#[utoipa::path(put, path = "/v1/conversations/{id}/variables/{variable}", tag = "Conversations", request_body = ChangeRequest,
    responses((status = 200, body = VariableDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change(
    app: AppToken,
    path: web::Path<(Uuid, Uuid)>,
    Valid(body): Valid<ChangeRequest>,
    end_users: web::Data<EndUsers>,
    variables: web::Data<ConversationVariables>,
) -> Result<web::Json<VariableDto>, ApiError> {
    app.require_chat()?;
    let (conversation, id) = path.into_inner();
    let conversation = ConversationId(conversation);
    let value = body.value.ok_or_else(|| ApiError::invalid_field("value", "value is required"))?;
    let end_user = app.end_user(&end_users, user_text(body.user.as_ref()).as_deref()).await?;
    let changed = variables.change(&app.app, asker(&end_user).caller, conversation, id, value).await?;
    Ok(web::Json(changed.into()))
}
