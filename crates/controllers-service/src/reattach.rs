//! Coming back to a run whose stream was cut.

use actix_web::{HttpResponse, web};
use controllers_common::app_token::AppToken;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{EventsQuery, task_id};
use controllers_common::sse::{Position, StreamStyle};
use controllers_common::valid::ValidQuery;
use models::end_user::EndUser;
use services::end_users::EndUsers;
use services::reattach::{Reattach, ReattachError};

/// The events of a run of a workflow, from now on or after an event that the client has.
#[utoipa::path(get, path = "/v1/workflow/{workflow_run_id}/events", tag = "Workflow",
    params(("workflow_run_id" = String, Path), EventsQuery, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "A stream of events, each with its id", content_type = "text/event-stream", body = String), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn workflow(
    app: AppToken,
    path: web::Path<String>,
    ValidQuery(query): ValidQuery<EventsQuery>,
    position: Position,
    style: StreamStyle,
    end_users: web::Data<EndUsers>,
    reattach: web::Data<Reattach>,
) -> Result<HttpResponse, ApiError> {
    if !app.app.mode.is_workflow() {
        app.require_workflow()?;
    }
    let person = person(&app, &query, &end_users).await?;
    let run = path.parse().map_err(|_no_id| ReattachError::NoRun)?;
    let attached = reattach.workflow(&app.app, &person, run, query.wish(position.0)).await?;
    Ok(query.stream(attached, style))
}

/// The events of a task in whatever mode, from its beginning or after an event that the client has. They are kept for an
/// hour after the end.
#[utoipa::path(get, path = "/v1/streams/{task_id}", tag = "Streams",
    params(("task_id" = String, Path), EventsQuery, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "A stream of events, each with its id", content_type = "text/event-stream", body = String), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn task(
    app: AppToken,
    path: web::Path<String>,
    ValidQuery(query): ValidQuery<EventsQuery>,
    position: Position,
    style: StreamStyle,
    end_users: web::Data<EndUsers>,
    reattach: web::Data<Reattach>,
) -> Result<HttpResponse, ApiError> {
    let person = person(&app, &query, &end_users).await?;
    let task = task_id(&path).ok_or(ReattachError::NoTask)?;
    let attached = reattach.task(&app.app, &person, task, position.0, query.continue_on_pause).await?;
    Ok(query.stream(attached, style))
}

async fn person(
    app: &AppToken,
    query: &EventsQuery,
    end_users: &EndUsers,
) -> Result<std::sync::Arc<EndUser>, ApiError> {
    let user = query.user.as_deref().filter(|user| !user.is_empty());
    let user = user.ok_or_else(|| ApiError::invalid_field("user", "Arg user must be provided."))?;
    app.end_user(end_users, Some(user)).await
}
