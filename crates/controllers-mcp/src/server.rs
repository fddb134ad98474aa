//! The one route.

use std::net::IpAddr;

use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::client_address::client_address;
use controllers_common::error::ErrorBody;
use controllers_common::valid::Valid;
use services::mcp_servers::McpTools;

use crate::answer::{Outcome, accepted};
use crate::fault::Fault;
use crate::message::{Call, Message, RequestId};

/// Send a JSON-RPC message to the MCP server of an app.
#[utoipa::path(post, path = "/mcp/server/{server_code}/mcp", tag = "MCP", request_body = Message,
    params(("server_code" = String, Path, description = "The server's code, which is the only credential")),
    responses(
        (status = 200, description = "A result or an error of JSON-RPC"),
        (status = 202, description = "A notification was heard"),
        (status = 400, description = "No message, or one that does not fit its method", body = ErrorBody),
        (status = 404, description = "No active server has that code")))]
pub(crate) async fn answer(
    request: HttpRequest,
    code: web::Path<String>,
    Valid(message): Valid<Message>,
    tools: web::Data<McpTools>,
) -> HttpResponse {
    let id = message.id.clone();
    match handle(&tools, &code, client_address(&request), message).await {
        Ok(response) => response,
        Err(fault) => fault.response(id.as_ref()),
    }
}

/// Reads the message, finds the server, and only then asks whether it is a request.
async fn handle(tools: &McpTools, code: &str, from: Option<IpAddr>, message: Message) -> Result<HttpResponse, Fault> {
    let Message { method, params, id, .. } = message;
    let call = Call::read(&method, params)?;
    let open = tools.open(code, from).await?;
    let outcome = match call {
        Call::Initialized => return Ok(accepted()),
        Call::OtherNotification => return Err(Fault::invalid_request("Invalid notification method")),
        Call::Other => {
            required(id)?;
            return Err(Fault::no_such_method(&method));
        }
        Call::Ping => (required(id)?, Outcome::Pong {}),
        Call::Initialize(client) => {
            let id = required(id)?;
            tools.introduce(&open, &client.label()).await?;
            (id, Outcome::introduction(&open))
        }
        Call::ListTools => (required(id)?, Outcome::tool(open.tool()?)),
        Call::UseTool(arguments) => {
            let id = required(id)?;
            (id, Outcome::called(Box::pin(tools.call(&open, arguments)).await?))
        }
    };
    let (id, outcome) = outcome;
    Ok(outcome.response(&id))
}

fn required(id: Option<RequestId>) -> Result<RequestId, Fault> {
    id.ok_or_else(|| Fault::invalid_request("Request ID is required"))
}
