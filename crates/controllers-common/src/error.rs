//! The one error of the HTTP layer, and its shape on the wire.
//!
//! Each service's errors become an [`ApiError`] in a file of this folder; nowhere else are codes and statuses chosen.
//! Faults of ours are logged once, here, and answered with a fixed text.

mod access;
mod accounts;
mod annotations;
mod apps;
mod async_runs;
mod audio;
mod call_rules;
mod conversations;
mod debugging;
mod explore;
mod files;
mod generate;
mod human_forms;
mod installed_apps;
mod knowledge;
mod outgoing_mail;
mod pages;
mod people;
mod reattach;
mod variables;
mod workflows;
mod workspaces;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::idempotency::AfterWork;

const INTERNAL: &str = "The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.";

/// What a request failed with.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    params: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// It came when the work had begun.
    after_work: bool,
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    pub code: String,
    pub message: String,
    pub status: u16,
    /// The argument that is wrong, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<String>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            params: None,
            headers: Vec::new(),
            after_work: false,
        }
    }

    /// An argument or a business rule.
    pub fn invalid_param(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_param", message)
    }

    /// The same, naming the argument.
    pub fn invalid_field(field: &str, message: impl Into<String>) -> Self {
        Self { params: Some(field.to_owned()), ..Self::invalid_param(message) }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// No such app in the workspace, or not one for this route.
    pub fn app_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "app_not_found", "App not found.")
    }

    /// A fault of ours: logged with its causes, answered without them.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        tracing::error!(error = %error, causes = ?causes, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", INTERNAL)
    }

    /// Something that this answer cannot do without is away for a while: logged, and the caller may try again.
    pub fn unavailable(what: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %error, "a request failed for want of {what}");
        let message = format!("This is not possible at the moment because {what} does not answer. Please try again.");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", message).retry_after(Duration::from_secs(5))
    }

    /// Says when to come again.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        // Whole seconds, rounded up: an earlier attempt would fail again.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says that the work had begun: to ask again is to do it again.
    #[must_use]
    pub fn after_work(self) -> Self {
        Self { after_work: true, ..self }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    /// The body as it is sent.
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            code: self.code.to_string(),
            message: self.message.clone(),
            status: self.status.as_u16(),
            params: self.params.clone(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"api\""));
        }
        for header in &self.headers {
            response.insert_header(header.clone());
        }
        let mut response = response.json(self.body());
        if self.after_work {
            response.extensions_mut().insert(AfterWork);
        }
        response
    }
}
