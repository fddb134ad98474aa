//! Answers that nobody waits for: 202 at once, and the answer where it is asked for, or told to whom the caller named.

use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev, web};
use core_app::{Generation, Reply};
use models::AppMode;
use models::app::App;
use models::async_task::TaskStatus;
use models::end_user::EndUser;
use runs::RunId;
use serde::Serialize;
use serde_json::Value;
use services::async_runs::{AsyncRuns, Callback, TaskEnd};
use utoipa::ToSchema;

use super::{BlockingAnswer, BlockingRun, PausedTurn};
use crate::data::data;
use crate::error::ApiError;
use crate::generation::AnswerMode;
use crate::links::Links;

/// What an answer that comes later needs.
pub struct Later {
    runs: web::Data<AsyncRuns>,
    links: Links,
}

/// Where an answer that comes later is found.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    #[schema(value_type = String)]
    task_id: RunId,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow_run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<String>,
    /// Where it is asked what came of it.
    status_url: String,
    /// Where its events are streamed, from the first one on.
    events_url: String,
}

impl FromRequest for Later {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let runs = data::<AsyncRuns>(request);
        let links = Links::from_request(request, payload);
        Box::pin(async move { Ok(Self { runs: runs?, links: links.await? }) })
    }
}

impl Later {
    /// Whom to call, where the answer comes later. An address in a request that is answered at once has no meaning.
    ///
    /// # Errors
    /// `invalid_param` for an address that cannot be called.
    pub fn callback(&self, mode: AnswerMode, url: Option<&str>) -> Result<Option<Callback>, ApiError> {
        let url = url.map(str::trim).filter(|url| !url.is_empty() && mode == AnswerMode::Async);
        Ok(url.map(|url| self.runs.callback(url)).transpose()?)
    }

    /// Says where the answer of a generation will be, and writes it down when it has come.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accept(
        &self,
        app: &App,
        person: &EndUser,
        generation: Generation,
        callback: Option<Callback>,
    ) -> Result<HttpResponse, ApiError> {
        let envelope = generation.envelope.clone();
        let (task, is_workflow) = (envelope.task, app.mode == AppMode::Workflow);
        self.runs.accept(app, person, &envelope, callback).await?;
        self.runs.collect(app.tenant_id, task, async move {
            if is_workflow { end_of_run(generation).await } else { end_of_message(generation).await }
        });
        let base = self.links.service_api();
        let user = serde_urlencoded::to_string([("user", &person.session_id)]).unwrap_or_default();
        let status_url = match envelope.run.filter(|_| is_workflow) {
            Some(run) => format!("{base}/workflows/run/{run}"),
            None => format!("{base}/tasks/{task}?{user}"),
        };
        Ok(HttpResponse::Accepted().json(Accepted {
            task_id: task,
            workflow_run_id: envelope.run.map(|run| run.to_string()),
            message_id: (!is_workflow).then(|| envelope.message.to_string()),
            conversation_id: app.mode.is_chat_family().then(|| envelope.conversation.to_string()),
            status_url,
            events_url: format!("{base}/streams/{task}?{user}"),
        }))
    }
}

async fn end_of_message(generation: Generation) -> TaskEnd {
    let envelope = generation.envelope.clone();
    match generation.into_reply().await {
        Ok(Reply::Answered(answer)) => end(TaskStatus::Finished, &BlockingAnswer::new(&envelope, answer)),
        Ok(Reply::Paused(paused)) => end(TaskStatus::Paused, &PausedTurn::new(&envelope, paused)),
        Err(error) => end(TaskStatus::Failed, &ApiError::from(error).body()),
    }
}

async fn end_of_run(generation: Generation) -> TaskEnd {
    let task_id = generation.envelope.task;
    match generation.into_result().await {
        Ok(result) => {
            let waits = result.data.get("status").and_then(Value::as_str) == Some("paused");
            let status = if waits { TaskStatus::Paused } else { TaskStatus::Finished };
            end(status, &BlockingRun { task_id, workflow_run_id: result.run_id, data: result.data })
        }
        Err(error) => end(TaskStatus::Failed, &ApiError::from(error).body()),
    }
}

fn end(status: TaskStatus, body: &impl Serialize) -> TaskEnd {
    // Words, numbers and JSON always serialise.
    TaskEnd { status, body: serde_json::to_value(body).unwrap_or_default() }
}
