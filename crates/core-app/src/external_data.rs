//! Values of prompt variables that extensions know.

use std::time::Duration;

use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use models::{AppId, TenantId};
use serde_json::{Map, Value, json};

use crate::app_config::ExternalDataTool;
use crate::engine::EngineParts;
use crate::error::GenerateError;
use crate::extensions::AskError;

/// Extensions that are asked at the same time.
const AT_ONCE: usize = 8;
const POINT: &str = "app.external_data_tool.query";
/// For what can be said of an extension that is no fault of its own.
const GRACE: Duration = Duration::from_secs(1);

/// Asks for the values of all the variables, within the time of one extension.
///
/// # Errors
/// The first fault: a prompt with a hole in it is not what the app's author wrote.
pub(crate) async fn fetch(
    parts: &EngineParts,
    (tenant, app): (TenantId, AppId),
    tools: &[ExternalDataTool],
    inputs: &Map<String, Value>,
    query: &str,
) -> Result<Vec<(String, Value)>, GenerateError> {
    let asked: Vec<_> = tools.iter().map(|tool| value_of(parts, (tenant, app), tool, inputs, query).boxed()).collect();
    let all = stream::iter(asked).buffered(AT_ONCE).try_collect();
    tokio::time::timeout(parts.extensions.limit() + GRACE, all)
        .await
        .unwrap_or_else(|_elapsed| Err(GenerateError::InvalidParam("[External data tool] request timeout".to_owned())))
}

async fn value_of(
    parts: &EngineParts,
    (tenant, app): (TenantId, AppId),
    tool: &ExternalDataTool,
    inputs: &Map<String, Value>,
    query: &str,
) -> Result<(String, Value), GenerateError> {
    let failed = |why: &str| {
        let variable = &tool.variable;
        let text = format!("[External data tool] API query failed, variable: {variable}, error: {why}");
        GenerateError::InvalidParam(text)
    };
    if tool.kind != "api" {
        return Err(failed("its type is not known"));
    }
    let params = json!({"app_id": app, "tool_variable": tool.variable, "inputs": inputs, "query": query});
    let reply = match parts.extensions.ask(tenant, tool.extension, POINT, &params).await {
        Ok(reply) => reply,
        Err(AskError::Fault(fault)) => return Err(failed(&fault.to_string())),
        Err(AskError::Generate(error)) => return Err(error),
    };
    match reply.get("result") {
        Some(Value::String(text)) => Ok((tool.variable.clone(), Value::String(text.clone()))),
        None => Err(failed("result not found in response")),
        Some(_) => Err(failed("result is not string")),
    }
}
