//! Refusals in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`.

use actix_web::body::{self, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenAiError {
    pub(crate) error: OpenAiFault,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenAiFault {
    message: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// The argument that is wrong, where it is one.
    param: Option<String>,
    code: String,
}

impl OpenAiError {
    pub(crate) fn new(status: StatusCode, message: String, param: Option<String>, code: String) -> Self {
        let kind = match status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        Self { error: OpenAiFault { message, kind, param, code } }
    }
}

/// An error of this server, of which the shape is changed.
#[derive(Deserialize)]
struct Told {
    code: String,
    message: String,
    params: Option<String>,
}

/// Middleware: whatever refuses a request, the refusal has OpenAI's shape.
///
/// # Errors
/// Whatever the service behind it fails with.
pub(crate) async fn in_their_shape<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let response = match next.call(request).await {
        Ok(response) => response,
        Err(error) => return Err(error),
    };
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return Ok(response.map_into_left_body());
    }
    let (request, response) = response.into_parts();
    let (head, content) = response.into_parts();
    let bytes = body::to_bytes(content).await.unwrap_or_else(|_unreadable| bytes::Bytes::new());
    let reason = || status.canonical_reason().unwrap_or("Error").to_owned();
    let told = serde_json::from_slice(&bytes).unwrap_or_else(|_other_shape| Told {
        code: reason().to_ascii_lowercase().replace(' ', "_"),
        message: reason(),
        params: None,
    });
    let mut changed = HttpResponse::build(status).json(OpenAiError::new(status, told.message, told.params, told.code));
    for (name, value) in head.headers() {
        if !matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH) {
            changed.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(ServiceResponse::new(request, changed).map_into_right_body())
}
