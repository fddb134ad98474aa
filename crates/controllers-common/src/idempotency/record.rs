//! What came of a request, as it is written down and told again.

use ::idempotency::Outcome;
use actix_web::body::{self, BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{Error, HttpRequest, HttpResponse};
use core_app::Envelope;
use models::{TenantId, WorkflowRunId};
use runs::RunId;
use serde::{Deserialize, Serialize};
use services::reattach::{Attached, ReattachError, Told};
use uuid::Uuid;

use super::Idempotency;
use crate::data::data;
use crate::error::ApiError;
use crate::sse::{Manner, PingEvery, StreamStyle, stream_events};

/// Headers that are told again.
const HEADERS: [HeaderName; 2] = [header::CONTENT_TYPE, header::LOCATION];

/// Mark on an answer: it streams a run, whose events are kept elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct StreamOf {
    pub(crate) task: RunId,
    pub(crate) run: Option<WorkflowRunId>,
    /// What its route needs to tell it again, where its frames are not this API's.
    pub(crate) words: Option<String>,
}

/// Marks an answer that streams a run in frames of its route's own. `words` are what its [`Retell`] gets.
pub fn streams_in_own_words(response: &mut HttpResponse, envelope: &Envelope, words: String) {
    let mark = StreamOf { task: envelope.task, run: envelope.run, words: Some(words) };
    response.extensions_mut().insert(mark);
}

/// Tells the events of a run again, in frames of its route's own.
pub type Retell = fn(events: Told, words: &str, ping: PingEvery) -> Result<HttpResponse, ApiError>;

/// Mark on an answer: a fault after the work had begun. It would not be undone by doing it again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AfterWork;

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    /// The run that was streamed, and of which workflow.
    stream: Option<(RunId, Option<WorkflowRunId>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// The body was too large to be kept.
    cut: bool,
}

pub(super) struct Record {
    head: Head,
    body: Bytes,
}

impl Record {
    /// The answer, and what is to be remembered of it; `None` if nothing was done.
    pub(super) async fn of<B: MessageBody + 'static>(
        response: ServiceResponse<B>,
        most: usize,
    ) -> Result<(ServiceResponse<EitherBody<B, BoxBody>>, Option<Self>), Error> {
        let (stream, after_work) = {
            let marks = response.response().extensions();
            (marks.get::<StreamOf>().cloned(), marks.get::<AfterWork>().is_some())
        };
        let status = response.status();
        let text = |name: &HeaderName| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let headers = HEADERS.iter().filter_map(|name| Some((name.as_str().to_owned(), text(name)?))).collect();
        let mut head = Head { status: status.as_u16(), headers, stream: None, words: None, cut: false };
        if let Some(StreamOf { task, run, words }) = stream {
            (head.stream, head.words) = (Some((task, run)), words);
            return Ok((response.map_into_left_body(), Some(Self { head, body: Bytes::new() })));
        }
        if !status.is_success() && !after_work {
            return Ok((response.map_into_left_body(), None));
        }
        let size = match response.response().body().size() {
            BodySize::None => 0,
            BodySize::Sized(size) => usize::try_from(size).unwrap_or(usize::MAX),
            // A download; asking for it again is as good.
            BodySize::Stream => return Ok((response.map_into_left_body(), None)),
        };
        if size > most {
            head.cut = true;
            return Ok((response.map_into_left_body(), Some(Self { head, body: Bytes::new() })));
        }
        let (request, response) = response.into_parts();
        let (response, content) = response.into_parts();
        let content = body::to_bytes(content).await.map_err(|error| {
            let error: Box<dyn std::error::Error> = error.into();
            ApiError::internal(error.as_ref())
        })?;
        let response = response.set_body(BoxBody::new(content.clone()));
        let response = ServiceResponse::new(request, response).map_into_right_body();
        Ok((response, Some(Self { head, body: content })))
    }

    pub(super) fn outcome(&self, fingerprint: String) -> Outcome {
        // Words and numbers always serialise.
        let head = serde_json::to_vec(&self.head).unwrap_or_default();
        Outcome { fingerprint, head, body: self.body.to_vec() }
    }

    pub(super) fn task(&self) -> Option<RunId> {
        self.head.stream.map(|(task, _)| task)
    }
}

/// Tells again what came of a request.
pub(super) async fn replay(
    request: &HttpRequest,
    rule: &Idempotency,
    tenant: Uuid,
    outcome: Outcome,
    retell: Option<Retell>,
) -> Result<HttpResponse, ApiError> {
    let head: Head = serde_json::from_slice(&outcome.head).map_err(|error| ApiError::internal(&error))?;
    if let Some((task, run)) = head.stream {
        let events = match rule.reattach.replay(TenantId(tenant), task).await {
            Err(ReattachError::NoTask) => {
                let message = "What was streamed under this Idempotency-Key is no longer known.";
                return Err(ApiError::new(StatusCode::CONFLICT, "idempotency_result_gone", message));
            }
            events => events?,
        };
        if let (Some(words), Some(retell)) = (&head.words, retell) {
            return retell(events, words, **data::<PingEvery>(request)?);
        }
        let attached = Attached { events, over: false, run };
        return Ok(stream_events(attached, StreamStyle::of(request)?, Manner::AsTheRun));
    }
    if head.cut {
        let message = "The request with this Idempotency-Key was answered; its answer was too large to be kept.";
        return Err(ApiError::new(StatusCode::CONFLICT, "idempotency_result_too_large", message));
    }
    let mut response = HttpResponse::build(StatusCode::from_u16(head.status).unwrap_or(StatusCode::OK));
    for (name, value) in &head.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.insert_header((name.as_str(), value));
        }
    }
    if head.status == StatusCode::NO_CONTENT.as_u16() {
        return Ok(response.finish());
    }
    Ok(response.body(outcome.body))
}
