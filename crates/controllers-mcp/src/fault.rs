//! Refusals: the JSON-RPC code, and the status that carries it.
//!
//! Faults of a request that reached the app are results with status 200. Before that, where 1.12.1 breaks off with a
//! status of 500, the answer is a 404 or a 400 with the same kind of body.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use services::directory::AccessError;
use services::mcp_servers::{McpAccessError, McpCallError};

use crate::answer::VERSION;
use crate::message::RequestId;

const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const INTERNAL_ERROR: i32 = -32603;
/// Causes are in the log, not in answers.
const INTERNAL: &str = "Internal server error: the request could not be completed";

#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) code: i32,
    message: String,
}

#[derive(Debug, Serialize)]
struct ErrorAnswer<'a> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RequestId>,
    error: ErrorData<'a>,
}

#[derive(Debug, Serialize)]
struct ErrorData<'a> {
    code: i32,
    message: &'a str,
}

impl Fault {
    /// Parameters that do not fit their method.
    pub(crate) fn malformed(message: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: INVALID_PARAMS, message }
    }

    /// A message that is no proper request.
    pub(crate) fn invalid_request(message: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: INVALID_REQUEST, message: message.to_owned() }
    }

    pub(crate) fn no_such_method(method: &str) -> Self {
        Self { status: StatusCode::OK, code: METHOD_NOT_FOUND, message: format!("Method not found: {method}") }
    }

    fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %error, "an MCP request failed");
        Self { status: StatusCode::OK, code: INTERNAL_ERROR, message: INTERNAL.to_owned() }
    }

    pub(crate) fn response(&self, id: Option<&RequestId>) -> HttpResponse {
        let error = ErrorData { code: self.code, message: &self.message };
        HttpResponse::build(self.status).json(ErrorAnswer { jsonrpc: VERSION, id, error })
    }
}

impl From<McpAccessError> for Fault {
    fn from(e: McpAccessError) -> Self {
        let refused = |status| Self { status, code: INVALID_REQUEST, message: e.to_string() };
        match &e {
            McpAccessError::UnknownServer | McpAccessError::Inactive | McpAccessError::AppNotFound => {
                refused(StatusCode::NOT_FOUND)
            }
            McpAccessError::AppUnavailable => refused(StatusCode::BAD_REQUEST),
            McpAccessError::AddressRefused => refused(StatusCode::FORBIDDEN),
            McpAccessError::Access(_) | McpAccessError::Db(_) => Self::internal(&e),
        }
    }
}

impl From<McpCallError> for Fault {
    fn from(e: McpCallError) -> Self {
        match e.refusal() {
            Some(message) => Self { status: StatusCode::OK, code: INVALID_PARAMS, message },
            None => Self::internal(&e),
        }
    }
}

impl From<AccessError> for Fault {
    fn from(e: AccessError) -> Self {
        Self::internal(&e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_cannot_be_called() {
        for (e, status) in [
            (McpAccessError::UnknownServer, 404),
            (McpAccessError::Inactive, 404),
            (McpAccessError::AppNotFound, 404),
            (McpAccessError::AppUnavailable, 400),
            (McpAccessError::AddressRefused, 403),
        ] {
            let fault = Fault::from(e);
            assert_eq!((fault.status.as_u16(), fault.code), (status, INVALID_REQUEST), "{fault:?}");
        }
    }

    #[test]
    fn causes_are_not_told() {
        let fault = Fault::from(AccessError::Internal("password in clear".into()));
        assert_eq!((fault.status.as_u16(), fault.code), (200, INTERNAL_ERROR));
        assert!(fault.message.starts_with("Internal server error") && !fault.message.contains("password"));
    }
}
