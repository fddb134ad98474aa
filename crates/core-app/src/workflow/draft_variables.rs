//! What the inspector shows of a draft after it was tried: outputs of nodes, system and conversation variables.

use chrono::{NaiveDateTime, Utc};
use core_workflow::event::NodeEnd;
use core_workflow::value::{Value, ValueType};
use core_workflow::{Event, NodeType, Write, pool};
use models::db::{DbError, Pool};
use models::draft_variable::{self, DraftVariable};
use models::{AppId, DraftVariableId, NodeExecutionId};
use serde_json::json;

/// Stands for a node that has run and has no outputs.
const DUMMY: &str = "__dummy__";

/// Variables of one try, gathered while it runs.
#[derive(Debug, Default)]
pub(crate) struct DraftVariables {
    rows: Vec<DraftVariable>,
}

impl DraftVariables {
    pub(crate) fn note(&mut self, app: AppId, event: &Event) {
        let (Event::NodeSucceeded(end) | Event::NodeException(end)) = event else { return };
        let now = Utc::now().naive_utc();
        for write in &end.writes {
            self.written(app, write, now);
        }
        let within = &end.execution.within;
        if within.iteration.is_some() || within.r#loop.is_some() {
            return;
        }
        self.outputs(app, end, now);
    }

    fn outputs(&mut self, app: AppId, end: &NodeEnd, now: NaiveDateTime) {
        let node = &end.execution.node;
        let execution = Some(NodeExecutionId(end.execution.id));
        let mut any = false;
        for (name, value) in &end.outputs {
            let skipped =
                matches!((node.kind, name.as_str()), (NodeType::Llm, "finish_reason") | (NodeType::Loop, "loop_round"));
            if skipped {
                continue;
            }
            any = true;
            if let Some(system) = name.strip_prefix("sys.").filter(|_| node.kind == NodeType::Start) {
                let editable = matches!(system, "query" | "files");
                self.put(row(app, draft_variable::SYSTEM, system, value, now, execution).shown(editable, editable));
            } else {
                let shown = node.kind != NodeType::IfElse;
                self.put(row(app, &node.id, name, value, now, execution).shown(shown, true));
            }
        }
        if !any {
            self.put(row(app, &node.id, DUMMY, &Value::None, now, execution).shown(false, false));
        }
    }

    fn written(&mut self, app: AppId, write: &Write, now: NaiveDateTime) {
        let node = write.selector.node();
        if node.as_ref() == pool::CONVERSATION {
            let row = row(app, draft_variable::CONVERSATION, write.selector.name(), &write.value, now, None);
            self.put(row.shown(true, true));
        }
    }

    /// The latest value of a name counts.
    fn put(&mut self, row: DraftVariable) {
        match self.rows.iter_mut().find(|known| known.node_id == row.node_id && known.name == row.name) {
            Some(known) => *known = row,
            None => self.rows.push(row),
        }
    }

    pub(crate) async fn save(self, pool: &Pool) -> Result<(), DbError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut conn = pool.get().await?;
        Ok(DraftVariable::upsert_all(&mut conn, &self.rows).await?)
    }
}

/// Whether people see and may change it.
trait Shown {
    fn shown(self, visible: bool, editable: bool) -> Self;
}

impl Shown for DraftVariable {
    fn shown(self, visible: bool, editable: bool) -> Self {
        Self { visible, editable, ..self }
    }
}

fn row(
    app: AppId,
    node: &str,
    name: &str,
    value: &Value,
    now: NaiveDateTime,
    execution: Option<NodeExecutionId>,
) -> DraftVariable {
    DraftVariable {
        id: DraftVariableId::random(),
        created_at: now,
        updated_at: now,
        app_id: app,
        last_edited_at: None,
        node_id: node.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        selector: json!([node, name]).to_string(),
        value_type: type_name(value).to_owned(),
        value: value.to_json().to_string(),
        visible: true,
        editable: true,
        node_execution_id: execution,
        file_id: None,
        is_default_value: false,
    }
}

fn type_name(value: &Value) -> &'static str {
    match value.value_type() {
        ValueType::None => "none",
        other @ ValueType::String
        | other @ ValueType::Number
        | other @ ValueType::Integer
        | other @ ValueType::Float
        | other @ ValueType::Boolean
        | other @ ValueType::Object
        | other @ ValueType::Secret
        | other @ ValueType::File
        | other @ ValueType::Array(_)
        | other @ ValueType::Any => other.as_str(),
    }
}
