//! Coming back to a run whose stream was cut.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::generation::{EventsQuery, task_id};
use controllers_common::passport::Visitor;
use controllers_common::sse::{Position, StreamStyle};
use controllers_common::valid::ValidQuery;
use services::reattach::{Reattach, ReattachError};

/// The events of a run of a workflow, from now on or after an event that the page has.
#[utoipa::path(get, path = "/api/workflow/{run_id}/events", tag = "Workflow",
    params(("run_id" = String, Path), EventsQuery, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "A stream of events, each with its id", content_type = "text/event-stream", body = String), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn workflow(
    visitor: Visitor,
    path: web::Path<String>,
    ValidQuery(query): ValidQuery<EventsQuery>,
    position: Position,
    style: StreamStyle,
    reattach: web::Data<Reattach>,
) -> Result<HttpResponse, ApiError> {
    if !visitor.app.app.mode.is_workflow() {
        let message = "Please check if your app mode matches the right API route.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_param", message));
    }
    let run = path.parse().map_err(|_no_id| ReattachError::NoRun)?;
    let attached = reattach.workflow(&visitor.app.app, &visitor.end_user, run, query.wish(position.0)).await?;
    Ok(query.stream(attached, style))
}

/// The events of a task in whatever mode, from its beginning or after an event that the page has. They are kept for an hour
/// after the end.
#[utoipa::path(get, path = "/api/streams/{task_id}", tag = "Streams",
    params(("task_id" = String, Path), EventsQuery, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "A stream of events, each with its id", content_type = "text/event-stream", body = String), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn task(
    visitor: Visitor,
    path: web::Path<String>,
    ValidQuery(query): ValidQuery<EventsQuery>,
    position: Position,
    style: StreamStyle,
    reattach: web::Data<Reattach>,
) -> Result<HttpResponse, ApiError> {
    let task = task_id(&path).ok_or(ReattachError::NoTask)?;
    let past_pauses = query.continue_on_pause;
    let attached = reattach.task(&visitor.app.app, &visitor.end_user, task, position.0, past_pauses).await?;
    Ok(query.stream(attached, style))
}
