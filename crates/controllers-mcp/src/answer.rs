//! What is sent back.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;
use services::mcp_servers::{Called, InputSchema, OpenServer, Tool};

use crate::message::RequestId;

/// Of JSON-RPC.
pub(crate) const VERSION: &str = "2.0";
/// Of MCP: always this one, whatever the client asked for.
const PROTOCOL: &str = "2024-11-05";
/// Clients written for Dify look for it.
const SERVER_NAME: &str = "Dify";

/// The result of a request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    #[serde(rename_all = "camelCase")]
    Introduction {
        protocol_version: &'static str,
        capabilities: Capabilities,
        server_info: ServerInfo,
        instructions: String,
    },
    Pong {},
    Tools {
        tools: [ToolDto; 1],
    },
    #[serde(rename_all = "camelCase")]
    Content {
        content: [TextContent; 1],
        is_error: bool,
    },
}

#[derive(Debug, Serialize)]
pub(crate) struct Capabilities {
    tools: ToolsCapability,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolsCapability {
    list_changed: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct ServerInfo {
    name: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolDto {
    name: String,
    description: String,
    input_schema: InputSchema,
}

#[derive(Debug, Serialize)]
pub(crate) struct TextContent {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct ResultAnswer<'a> {
    jsonrpc: &'static str,
    id: &'a RequestId,
    result: &'a Outcome,
}

impl Outcome {
    pub(crate) fn introduction(open: &OpenServer) -> Self {
        Self::Introduction {
            protocol_version: PROTOCOL,
            capabilities: Capabilities { tools: ToolsCapability { list_changed: false } },
            server_info: ServerInfo { name: SERVER_NAME, version: services::VERSION },
            instructions: open.server.description.clone(),
        }
    }

    pub(crate) fn tool(tool: Tool) -> Self {
        let Tool { name, description, input_schema } = tool;
        Self::Tools { tools: [ToolDto { name, description, input_schema }] }
    }

    pub(crate) fn called(called: Called) -> Self {
        let Called { text, is_error } = called;
        Self::Content { content: [TextContent { kind: "text", text }], is_error }
    }

    pub(crate) fn response(&self, id: &RequestId) -> HttpResponse {
        HttpResponse::Ok().json(ResultAnswer { jsonrpc: VERSION, id, result: self })
    }
}

/// A notification was heard.
pub(crate) fn accepted() -> HttpResponse {
    HttpResponse::Accepted().insert_header((header::CONTENT_TYPE, "application/json")).finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_have_the_contracts_keys() {
        let json = |outcome: Outcome| serde_json::to_value(outcome).unwrap();
        assert_eq!(json(Outcome::Pong {}), json!({}));
        assert_eq!(
            json(Outcome::called(Called { text: "Hi".to_owned(), is_error: false })),
            json!({"content": [{"type": "text", "text": "Hi"}], "isError": false})
        );
    }
}
