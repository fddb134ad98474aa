//! What the caller of an MCP server gets: the app as one tool.

use std::net::IpAddr;
use std::sync::Arc;

use cache::LoadError;
use core_app::GenerateError;
use models::app_mcp_server::{AppMcpServer, McpServerStatus};
use models::db::DbError;
use models::{AppMode, Caller, InvokeFrom};
use serde_json::{Map, Value};

use super::schema::{InputSchema, QUERY};
use super::{McpServers, parameters_of};
use crate::directory::{AccessError, Directory, LiveApp};
use crate::end_users::EndUsers;
use crate::generate::{AppGenerateError, AppGenerateService, Asker, Question, Version, end_user_person};

/// Why a code opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum McpAccessError {
    #[error("Server Not Found")]
    UnknownServer,
    #[error("Server is not active")]
    Inactive,
    #[error("App Not Found")]
    AppNotFound,
    /// The app has never been given a configuration.
    #[error("App is unavailable")]
    AppUnavailable,
    #[error("This app does not take requests from your address.")]
    AddressRefused,
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Db(#[from] LoadError<DbError>),
}

/// Why the tool is not described or gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum McpCallError {
    #[error("User not found, initialize first")]
    NotIntroduced,
    #[error("Apps of mode {0} cannot be called through MCP in this release")]
    NotServed(AppMode),
    #[error("query must be a string")]
    QueryNoText,
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Generate(#[from] AppGenerateError),
}

impl McpCallError {
    /// What the caller is told when the fault is in what was asked; `None` for a fault of ours.
    pub fn refusal(&self) -> Option<String> {
        match self {
            Self::NotIntroduced | Self::NotServed(_) | Self::QueryNoText => Some(self.to_string()),
            Self::Access(_) => None,
            Self::Generate(e) => match e {
                AppGenerateError::TooManyRequests { .. }
                | AppGenerateError::QuotaExhausted { .. }
                | AppGenerateError::NotPublished
                | AppGenerateError::NoSuchWorkflow
                | AppGenerateError::NoSuchNode
                | AppGenerateError::NoSuchMessage
                | AppGenerateError::MoreLikeThisDisabled
                | AppGenerateError::DraftWorkflow => Some(e.to_string()),
                AppGenerateError::Generate(e) => Some(e.wire()).filter(|w| w.status < 500).map(|w| w.message),
                AppGenerateError::Runs(_) => None,
            },
        }
    }
}

/// A server that may be called, and its app.
#[derive(Debug, Clone)]
pub struct OpenServer {
    pub server: Arc<AppMcpServer>,
    pub app: Arc<LiveApp>,
}

/// The one tool of a server.
#[derive(Debug)]
pub struct Tool {
    pub name: String,
    pub description: String,
    pub input_schema: InputSchema,
}

impl OpenServer {
    /// # Errors
    /// `NotServed`, or what keeps a published workflow from being read.
    pub fn tool(&self) -> Result<Tool, McpCallError> {
        let mode = served(self.app.app.mode)?;
        let variables = match (mode, &self.app.workflow) {
            (AppMode::AdvancedChat | AppMode::Workflow, None) => return Err(AppGenerateError::NotPublished.into()),
            (AppMode::AdvancedChat | AppMode::Workflow, Some(Err(e))) => {
                return Err(AppGenerateError::from(GenerateError::from(e.clone())).into());
            }
            (AppMode::AdvancedChat | AppMode::Workflow, Some(Ok(version))) => version.config.variables.as_slice(),
            _ => self.app.config.as_ref().map(|config| config.variables.as_slice()).unwrap_or_default(),
        };
        Ok(Tool {
            name: self.app.app.name.clone(),
            description: self.server.description.clone(),
            input_schema: InputSchema::new(mode, variables, &parameters_of(&self.server)),
        })
    }
}

/// What a tool said.
#[derive(Debug, PartialEq, Eq)]
pub struct Called {
    pub text: String,
    /// The text says why there is no result.
    pub is_error: bool,
}

impl Called {
    /// The outputs of a run, or why it failed.
    fn of_run(mut data: Value) -> Self {
        if let Some(error) = data.get("error").and_then(Value::as_str) {
            return Self { text: error.to_owned(), is_error: true };
        }
        let outputs = data.get_mut("outputs").map(Value::take).unwrap_or_default();
        // Values of the engine are written as Python writes JSON.
        Self { text: core_workflow::value::Value::plain(outputs).text(), is_error: false }
    }
}

/// Answers callers of MCP servers. Cheap to clone.
#[derive(Clone)]
pub struct McpTools {
    servers: McpServers,
    directory: Directory,
    end_users: EndUsers,
    generate: AppGenerateService,
}

impl McpTools {
    pub fn new(servers: McpServers, directory: Directory, end_users: EndUsers, generate: AppGenerateService) -> Self {
        Self { servers, directory, end_users, generate }
    }

    /// The server behind a code, if it may be called.
    ///
    /// # Errors
    /// One variant per check.
    pub async fn open(&self, code: &str, from: Option<IpAddr>) -> Result<OpenServer, McpAccessError> {
        let server = self.servers.by_code(code).await?.ok_or(McpAccessError::UnknownServer)?;
        let app = self.directory.app(server.app_id).await?.filter(|app| app.check_usable().is_ok());
        let app = app.ok_or(McpAccessError::AppNotFound)?;
        if !app.rules.admits(from) {
            return Err(McpAccessError::AddressRefused);
        }
        if server.status != McpServerStatus::Active {
            return Err(McpAccessError::Inactive);
        }
        let configured = if app.app.mode.is_easy() { app.config.is_some() } else { app.app.workflow_id.is_some() };
        if configured { Ok(OpenServer { server, app }) } else { Err(McpAccessError::AppUnavailable) }
    }

    /// A client introduces itself, as `name@version`. The first one names the end user of all of them.
    ///
    /// # Errors
    /// When the end user can be neither found nor made.
    pub async fn introduce(&self, open: &OpenServer, client: &str) -> Result<(), AccessError> {
        self.end_users.of_mcp(&open.app.app, open.server.id, client).await.map(drop)
    }

    /// Calls the tool and waits for the whole answer: a text, or the outputs of a workflow as JSON.
    ///
    /// # Errors
    /// See [`McpCallError`]; a client must have introduced itself before.
    pub async fn call(&self, open: &OpenServer, arguments: Map<String, Value>) -> Result<Called, McpCallError> {
        let end_user = self.end_users.find_mcp(&open.app.app, open.server.id).await?;
        let end_user = end_user.ok_or(McpCallError::NotIntroduced)?;
        let mode = served(open.app.app.mode)?;
        let question = question(mode, arguments)?;
        let asker = Asker {
            caller: Caller::EndUser(end_user.id),
            session: end_user.session_id.clone(),
            invoke_from: InvokeFrom::ServiceApi,
        };
        if mode == AppMode::Workflow {
            let person = end_user_person(&asker);
            let run = self.generate.run_workflow(&open.app, asker, person, Version::Published, question).await?;
            let run = run.into_result().await.map_err(AppGenerateError::from)?;
            return Ok(Called::of_run(run.data));
        }
        let generation = self.generate.generate(&open.app, asker, question).await?;
        let answer = generation.into_answer().await.map_err(AppGenerateError::from)?;
        Ok(Called { text: answer.text, is_error: false })
    }
}

/// The mode, if this release answers in it.
const fn served(mode: AppMode) -> Result<AppMode, McpCallError> {
    match mode {
        AppMode::Chat | AppMode::Completion | AppMode::AdvancedChat | AppMode::Workflow => Ok(mode),
        AppMode::AgentChat | AppMode::Channel | AppMode::RagPipeline | AppMode::Unknown => {
            Err(McpCallError::NotServed(mode))
        }
    }
}

/// Arguments as a question: chat apps take the query out of them.
fn question(mode: AppMode, mut arguments: Map<String, Value>) -> Result<Question, McpCallError> {
    let query = if mode.is_chat_family() { arguments.shift_remove(QUERY) } else { None };
    let query = match query {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(McpCallError::QueryNoText);
        }
    };
    Ok(Question { inputs: arguments, query, auto_name: mode.is_chat_family(), ..Question::default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_query_is_an_argument_of_chats_only() {
        let arguments = json!({"a": 1, "query": "Hi", "b": 2});
        let chat = question(AppMode::Chat, object(&arguments)).unwrap();
        assert_eq!((chat.query.as_str(), chat.inputs), ("Hi", object(&json!({"a": 1, "b": 2}))));
        let completion = question(AppMode::Completion, object(&arguments)).unwrap();
        assert_eq!((completion.query.as_str(), completion.inputs), ("", object(&arguments)));
        assert_eq!(question(AppMode::Chat, Map::new()).unwrap().query, "");
        assert!(matches!(question(AppMode::Chat, object(&json!({"query": 1}))), Err(McpCallError::QueryNoText)));
    }

    #[test]
    fn a_run_says_its_outputs_or_its_error() {
        let data = json!({"status": "succeeded", "outputs": {"a": [1, "ü"], "b": null}, "error": null});
        assert_eq!(Called::of_run(data), Called { text: r#"{"a": [1, "ü"], "b": null}"#.to_owned(), is_error: false });
        let data = json!({"status": "failed", "outputs": {}, "error": "no"});
        assert_eq!(Called::of_run(data), Called { text: "no".to_owned(), is_error: true });
    }

    #[test]
    fn only_faults_in_what_was_asked_are_told() {
        let told = |e: GenerateError| McpCallError::from(AppGenerateError::from(e)).refusal();
        assert_eq!(told(GenerateError::InvalidParam("name is required".to_owned())).unwrap(), "name is required");
        assert_eq!(told(GenerateError::Internal("secret".to_owned())), None);
        assert!(McpCallError::NotServed(AppMode::AgentChat).refusal().unwrap().contains("agent-chat"));
    }
}
