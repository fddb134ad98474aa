//! What callers send.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use validator::Validate;

use crate::fault::Fault;

/// A JSON-RPC message. One without `id` is a notification.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Message {
    /// `2.0`.
    #[expect(dead_code, reason = "must be there, whatever it says")]
    jsonrpc: String,
    pub(crate) method: String,
    #[schema(value_type = Option<Object>)]
    pub(crate) params: Option<Map<String, Value>>,
    #[schema(value_type = Option<Value>)]
    pub(crate) id: Option<RequestId>,
}

/// What an answer is recognised by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected an integer or a string")]
pub(crate) enum RequestId {
    Number(i64),
    Text(String),
}

/// Whoever introduces itself.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ClientInfo {
    name: String,
    version: String,
}

impl ClientInfo {
    /// The end user's name.
    pub(crate) fn label(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InitializeParams {
    protocol_version: RequestId,
    capabilities: Map<String, Value>,
    client_info: ClientInfo,
}

#[derive(Debug, Deserialize)]
struct CallParams {
    /// There is one tool: whatever it is called, it is meant.
    name: String,
    arguments: Option<Map<String, Value>>,
}

/// What a message asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Initialize(ClientInfo),
    /// The only notification that means anything here.
    Initialized,
    Ping,
    ListTools,
    UseTool(Map<String, Value>),
    OtherNotification,
    /// Of MCP or not: it is not offered.
    Other,
}

impl Call {
    /// Reads method and parameters.
    pub(crate) fn read(method: &str, params: Option<Map<String, Value>>) -> Result<Self, Fault> {
        Ok(match method {
            "initialize" => {
                let InitializeParams { protocol_version, capabilities, client_info } = read(params)?;
                tracing::debug!(?protocol_version, capabilities = capabilities.len(), "a client introduces itself");
                Self::Initialize(client_info)
            }
            "ping" => Self::Ping,
            "tools/list" => Self::ListTools,
            "tools/call" => {
                let CallParams { name, arguments } = read(params)?;
                tracing::debug!(tool = name, "a tool is called");
                Self::UseTool(arguments.unwrap_or_default())
            }
            "notifications/initialized" => Self::Initialized,
            other if other.starts_with("notifications/") => Self::OtherNotification,
            _ => Self::Other,
        })
    }
}

fn read<T: DeserializeOwned>(params: Option<Map<String, Value>>) -> Result<T, Fault> {
    let params = Value::Object(params.unwrap_or_default());
    serde_json::from_value(params).map_err(|e| Fault::malformed(format!("Invalid MCP request: {e}")))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(method: &str, params: Value) -> Result<Call, Fault> {
        Call::read(method, serde_json::from_value(params).unwrap())
    }

    #[test]
    fn methods_are_read() {
        let hello =
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
        let Ok(Call::Initialize(client)) = call("initialize", hello) else { panic!("no introduction") };
        assert_eq!(client.label(), "c@1");
        assert_eq!(call("ping", Value::Null).unwrap(), Call::Ping);
        assert_eq!(call("tools/list", json!({"cursor": "x"})).unwrap(), Call::ListTools);
        assert_eq!(call("tools/call", json!({"name": "any"})).unwrap(), Call::UseTool(Map::new()));
        assert_eq!(call("notifications/initialized", Value::Null).unwrap(), Call::Initialized);
        assert_eq!(call("notifications/cancelled", json!({})).unwrap(), Call::OtherNotification);
        for other in ["prompts/list", "resources/read", "logging/setLevel", "none"] {
            assert_eq!(call(other, json!({})).unwrap(), Call::Other, "{other}");
        }
    }

    #[test]
    fn parameters_must_fit() {
        for (method, params) in [
            ("initialize", Value::Null),
            ("initialize", json!({"protocolVersion": "1", "capabilities": {}, "clientInfo": {"name": "c"}})),
            ("tools/call", json!({})),
            ("tools/call", json!({"name": "x", "arguments": []})),
        ] {
            let fault = call(method, params.clone()).unwrap_err();
            assert_eq!((fault.status.as_u16(), fault.code), (400, -32602), "{method} {params}");
        }
    }

    #[test]
    fn ids_are_numbers_or_texts() {
        let read = |id: Value| serde_json::from_value::<Message>(json!({"jsonrpc": "2.0", "method": "ping", "id": id}));
        assert_eq!(read(json!(7)).unwrap().id, Some(RequestId::Number(7)));
        assert_eq!(read(json!("a")).unwrap().id, Some(RequestId::Text("a".to_owned())));
        assert_eq!(read(Value::Null).unwrap().id, None);
        assert!(read(json!([])).is_err());
    }
}
