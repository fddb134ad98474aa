//! Everything that can be refused before a run's first node; then its rows.

use std::sync::Arc;

use bigdecimal::BigDecimal;
use chrono::{NaiveDateTime, Utc};
use core_workflow::value::{Map, Value, map_to_json};
use core_workflow::{Definition, Run, RunSetup};
use models::conversation::{self, Conversation, NewConversation};
use models::conversation_variable::{ConversationVariable, row_id};
use models::message::{Message, NewMessage};
use models::message_file::MessageFile;
use models::workflow_app_log::{LogSource, WorkflowAppLog};
use models::{AppId, AppMode, Caller, ConversationId, InvokeFrom, MessageId, MessageStatus, TenantId, WorkflowRunId};
use runs::{Owner, RunId};
use serde_json::{Value as Json, json};

use super::before::{RunRow, Undecided};
use super::capabilities::{Beneficiary, capabilities};
use super::file_values::Lookup;
use super::forms::RunForms;
use super::request::{Person, WorkflowRequest};
use super::single;
use super::version::WorkflowVersion;
use crate::annotation_reply::AnnotationQuestion;
use crate::engine::EngineParts;
use crate::engine::prepare::{introduction, name};
use crate::error::GenerateError;
use crate::event::Envelope;
use crate::files::{self, FileReference};

/// A run that is under way.
pub(super) struct Prepared {
    pub turn: Turn,
    pub run: Run,
}

/// A run whose rows are written, but for that of the run itself where the workflow may not be run after all.
pub(super) struct Fresh {
    pub turn: Turn,
    pub setup: RunSetup,
    pub undecided: Option<Box<Undecided>>,
}

/// What is known of a run beside its state.
pub(super) struct Turn {
    pub tenant: TenantId,
    pub app: AppId,
    pub owner: Owner,
    pub caller: Caller,
    pub person: Person,
    pub session: String,
    pub parent_message: Option<uuid::Uuid>,
    pub envelope: Envelope,
    pub run_id: WorkflowRunId,
    pub version: Arc<WorkflowVersion>,
    /// What clients are told the run was given.
    pub shown_inputs: Map,
    pub streaming: bool,
    /// The question by which a new conversation is to be named.
    pub name_after: Option<String>,
    pub forms: Arc<RunForms>,
    /// It has begun in another process, or before a pause.
    pub resumed: bool,
    pub guard: Box<dyn std::any::Any + Send + Sync>,
}

impl Turn {
    pub(super) fn is_chat(&self) -> bool {
        self.envelope.mode.is_chat_family()
    }

    /// What whoever cleans up after a crash has to know.
    pub(super) fn subject(&self) -> Json {
        if self.is_chat() {
            return json!({
                "workflow_run_id": self.run_id,
                "message_id": self.envelope.message,
                "conversation_id": self.envelope.conversation,
            });
        }
        json!({"workflow_run_id": self.run_id})
    }
}

pub(super) async fn prepare(parts: &Arc<EngineParts>, mut request: WorkflowRequest) -> Result<Fresh, GenerateError> {
    let chat = request.mode == AppMode::AdvancedChat;
    request.query = request.query.replace('\0', "");
    if chat && request.query.is_empty() {
        return Err(GenerateError::InvalidParam("query is required".to_owned()));
    }
    let existing = if chat { conversation_of(parts, &request).await? } else { None };
    let lookup =
        Lookup { files: &parts.files, tenant: request.tenant, caller: request.caller, limit: parts.outside.file_limit };
    let (inputs, variables) = if request.tried {
        (
            Map::new(),
            single::seeds(parts, request.tenant, request.app, &request.version.program, &request.inputs).await?,
        )
    } else {
        (lookup.inputs(&request.version.form, &request.inputs).await?, Vec::new())
    };
    let upload = request.version.config.file_upload.as_ref();
    let (attached, attached_value) = lookup.attached(upload, &request.files).await?;
    let begin = Begin {
        now: Utc::now().naive_utc(),
        run_id: WorkflowRunId::random(),
        message: MessageId::random(),
        conversation: existing.as_ref().map_or_else(ConversationId::random, |c| c.id),
        existing,
        attached,
    };
    let system = system_variables(&request, &begin, attached_value);
    let mut stored_inputs = inputs.clone();
    for (name, value) in &system {
        if name != "conversation_id" {
            stored_inputs.insert(format!("sys.{name}"), value.clone());
        }
    }
    let row = begin.row(&request, &stored_inputs);
    let remembered = begin.write(parts, &request, &inputs, &row).await?;
    let undecided = request.is_undecided().then(|| {
        let question = || AnnotationQuestion::new(&request.query, request.caller, request.invoke_from, begin.message);
        let annotated = request.annotated.then(question);
        Box::new(Undecided { query: request.query.clone(), annotated, run: row })
    });
    let mut shown_inputs = stored_inputs;
    shown_inputs.shift_remove("sys.timestamp");
    let whom = Beneficiary {
        tenant: request.tenant,
        app: request.app,
        caller: request.caller,
        session: request.session.clone(),
        conversation: begin.existing.as_ref().map(|conversation| (conversation.id, request.parent_message)),
    };
    let forms = RunForms::new(parts, (request.tenant, request.app, begin.run_id), request.invoke_from);
    let setup = RunSetup {
        inputs,
        system,
        environment: request.version.environment.clone(),
        conversation: conversation_values(&request.version.conversation, &remembered)?,
        capabilities: capabilities(parts, &whom, Some(Arc::clone(&forms))),
        limits: parts.outside.limits.clone(),
        variables,
    };
    Ok(Fresh { turn: begin.turn(request, shown_inputs, forms), setup, undecided })
}

/// What is decided before anything is written.
struct Begin {
    now: NaiveDateTime,
    run_id: WorkflowRunId,
    message: MessageId,
    conversation: ConversationId,
    existing: Option<Conversation>,
    attached: Vec<FileReference>,
}

async fn conversation_of(
    parts: &EngineParts,
    request: &WorkflowRequest,
) -> Result<Option<Conversation>, GenerateError> {
    let Some(id) = request.conversation else { return Ok(None) };
    let mut conn = parts.pool.get().await?;
    let found = Conversation::find(&mut conn, request.app, request.caller, id).await?;
    let conversation = found.ok_or(GenerateError::ConversationNotFound)?;
    if conversation.status != conversation::NORMAL {
        return Err(GenerateError::ConversationCompleted);
    }
    Ok(Some(conversation))
}

fn system_variables(request: &WorkflowRequest, begin: &Begin, files: Value) -> Map {
    let text = |id: &dyn ToString| Value::from(id.to_string());
    let mut system = Map::new();
    let mut set = |name: &str, value: Value| {
        system.insert(name.to_owned(), value);
    };
    if request.mode == AppMode::AdvancedChat {
        let rounds = begin.existing.as_ref().map_or(0, |conversation| conversation.dialogue_count) + 1;
        set("query", Value::from(request.query.as_str()));
        set("files", files);
        set("conversation_id", text(&begin.conversation));
        set("user_id", Value::from(request.session.as_str()));
        set("dialogue_count", Value::Integer(i64::from(rounds)));
    } else {
        set("files", files);
        set("user_id", Value::from(request.session.as_str()));
    }
    set("app_id", text(&request.app));
    set("workflow_id", text(&request.version.id));
    set("workflow_run_id", text(&begin.run_id));
    if request.mode == AppMode::Workflow {
        set("timestamp", Value::Integer(begin.now.and_utc().timestamp()));
    }
    system
}

/// Values of the conversation's variables: those that are remembered, and first values of the others.
fn conversation_values(definitions: &[Definition], remembered: &[ConversationVariable]) -> Result<Map, GenerateError> {
    let mut values = Map::new();
    for definition in definitions {
        let row = remembered.iter().find(|row| row.id == row_id(&definition.id));
        let stored = row.and_then(|row| serde_json::from_str::<Definition>(&row.data).ok());
        // A stored value that no longer has the type of its definition gives way to the first one.
        let value = stored.and_then(|stored| stored.typed().ok()).map_or_else(|| definition.typed(), Ok);
        let value = value.map_err(|e| GenerateError::InvalidParam(e.to_string()))?;
        values.insert(definition.name.clone(), value);
    }
    Ok(values)
}

impl Begin {
    fn row(&self, request: &WorkflowRequest, stored_inputs: &Map) -> RunRow {
        RunRow {
            id: self.run_id,
            tenant: request.tenant,
            app: request.app,
            version: Arc::clone(&request.version),
            origin: request.origin,
            inputs: map_to_json(stored_inputs).to_string(),
            caller: request.caller,
            created_at: self.now,
            log: self.log(request),
        }
    }

    /// The rows of a run that begins: in a conversation message, files and variables too. That of the run itself is not
    /// written while it is open whether the workflow runs.
    async fn write(
        &self,
        parts: &EngineParts,
        request: &WorkflowRequest,
        inputs: &Map,
        row: &RunRow,
    ) -> Result<Vec<ConversationVariable>, GenerateError> {
        let mut conn = parts.pool.get().await?;
        if request.mode == AppMode::AdvancedChat {
            self.write_message(&mut conn, request, inputs).await?;
        }
        if !request.is_undecided() {
            row.write(&mut conn).await?;
        }
        if request.mode != AppMode::AdvancedChat || request.version.conversation.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.variables(request);
        ConversationVariable::insert_missing(&mut conn, &rows).await?;
        if self.existing.is_none() {
            return Ok(rows);
        }
        Ok(ConversationVariable::of_conversation(&mut conn, request.app, self.conversation).await?)
    }

    /// A line in the app's log, except for the builder's own tries.
    fn log(&self, request: &WorkflowRequest) -> Option<WorkflowAppLog> {
        let created_from = match request.invoke_from {
            InvokeFrom::ServiceApi => LogSource::ServiceApi,
            InvokeFrom::WebApp => LogSource::WebApp,
            InvokeFrom::Explore => LogSource::InstalledApp,
            InvokeFrom::Debugger | InvokeFrom::Trigger | InvokeFrom::Unknown => return None,
        };
        Some(WorkflowAppLog {
            id: uuid::Uuid::now_v7(),
            tenant_id: request.tenant,
            app_id: request.app,
            workflow_id: request.version.id,
            workflow_run_id: self.run_id,
            created_from,
            created_by_role: request.caller.role(),
            created_by: request.caller.id(),
            created_at: self.now,
        })
    }

    fn variables(&self, request: &WorkflowRequest) -> Vec<ConversationVariable> {
        let row = |definition: &Definition| ConversationVariable {
            id: row_id(&definition.id),
            conversation_id: self.conversation,
            app_id: request.app,
            data: json!(definition).to_string(),
            created_at: self.now,
            updated_at: self.now,
        };
        request.version.conversation.iter().map(row).collect()
    }

    async fn write_message(
        &self,
        conn: &mut models::db::AsyncPgConnection,
        request: &WorkflowRequest,
        inputs: &Map,
    ) -> Result<(), GenerateError> {
        let inputs = map_to_json(inputs);
        let message = NewMessage {
            id: self.message,
            app_id: request.app,
            model_provider: None,
            model_id: None,
            override_model_configs: None,
            conversation_id: self.conversation,
            inputs: inputs.clone(),
            query: &request.query,
            message: json!(""),
            message_unit_price: BigDecimal::from(0),
            answer: "",
            answer_unit_price: BigDecimal::from(0),
            parent_message_id: request.parent_message,
            total_price: BigDecimal::from(0),
            currency: "USD",
            status: MessageStatus::Normal,
            invoke_from: request.invoke_from,
            from_source: request.invoke_from.source(),
            from_end_user_id: request.caller.end_user(),
            from_account_id: request.caller.account(),
            created_at: self.now,
            updated_at: self.now,
            agent_based: false,
            app_mode: request.mode,
            workflow_run_id: (!request.is_undecided()).then_some(self.run_id),
        };
        if self.existing.is_some() {
            Message::begin(conn, &message).await?;
        } else {
            let given = match &inputs {
                Json::Object(map) => map.clone(),
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                    serde_json::Map::new()
                }
            };
            let introduction = introduction(&request.version.config, &given);
            let new_name = name(&request.query);
            let new = NewConversation {
                id: self.conversation,
                app_id: request.app,
                app_model_config_id: None,
                model_provider: None,
                override_model_configs: None,
                model_id: None,
                mode: request.mode,
                name: &new_name,
                inputs,
                introduction: introduction.as_deref(),
                system_instruction: Some(""),
                status: conversation::NORMAL,
                invoke_from: request.invoke_from,
                from_source: request.invoke_from.source(),
                from_end_user_id: request.caller.end_user(),
                from_account_id: request.caller.account(),
                dialogue_count: 1,
                created_at: self.now,
                updated_at: self.now,
            };
            Message::begin_conversation(conn, &new, &message).await?;
        }
        MessageFile::insert_all(conn, &files::rows(&self.attached, self.message, request.caller, self.now)).await?;
        Ok(())
    }

    fn turn(self, request: WorkflowRequest, shown_inputs: Map, forms: Arc<RunForms>) -> Turn {
        let named = self.existing.is_none() && request.auto_name && request.mode == AppMode::AdvancedChat;
        Turn {
            tenant: request.tenant,
            app: request.app,
            owner: request.owner(),
            caller: request.caller,
            envelope: Envelope {
                task: RunId::random(),
                message: self.message,
                conversation: self.conversation,
                created_at: self.now.and_utc().timestamp(),
                mode: request.mode,
                invoke_from: request.invoke_from,
                run: Some(self.run_id),
            },
            run_id: self.run_id,
            version: request.version,
            shown_inputs,
            streaming: request.streaming,
            name_after: named.then_some(request.query),
            person: request.person,
            session: request.session,
            parent_message: request.parent_message,
            forms,
            resumed: false,
            guard: request.guard,
        }
    }
}
