//! What the inspector shows of a draft after it was tried: outputs of nodes, system and conversation variables.

use chrono::{NaiveDateTime, Utc};
use core_workflow::event::NodeEnd;
use core_workflow::value::{Value, ValueType};
use core_workflow::{Event, NodeType, Write, pool};
use futures::StreamExt;
use models::db::{AsyncConnection, AsyncPgConnection, DbError, QueryError};
use models::draft_variable::{self, DraftVariable, DraftVariableFile};
use models::upload_file::UploadFile;
use models::{AppId, DraftVariableId, NodeExecutionId};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::draft_values::{StoredValue, ValueOwner};
use super::dropped_files::forget_draft_files;
use super::offload::{AT_ONCE, PATIENCE};
use crate::engine::EngineParts;

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

    /// Writes what the try left, in place of what was there. What is large is stored first, as far as that is possible
    /// in a while.
    pub(crate) async fn save(self, parts: &EngineParts, owner: ValueOwner) -> Result<(), DbError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + PATIENCE;
        let stored: Vec<(DraftVariable, StoredValue)> = futures::stream::iter(self.rows)
            .map(async |mut row| {
                let value = std::mem::take(&mut row.value);
                let stored = parts.files.draft_value_until(deadline, owner, &row.name, &row.value_type, value).await;
                (row, stored)
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let (mut rows, mut files) = (Vec::with_capacity(stored.len()), Vec::new());
        for (row, StoredValue { value, file }) in stored {
            let file_id = file.as_ref().map(|(_, file)| file.id);
            files.extend(file);
            rows.push(DraftVariable { value, file_id, ..row });
        }
        let mut conn = parts.pool.get().await?;
        if files.is_empty() && replaced(&mut conn, owner.app, &rows).await?.is_empty() {
            return Ok(DraftVariable::upsert_all(&mut conn, &rows).await?);
        }
        let (uploads, files): (Vec<UploadFile>, Vec<DraftVariableFile>) = files.into_iter().unzip();
        let written: Result<(), QueryError> = conn
            .transaction(async |conn| {
                let old = replaced(conn, owner.app, &rows).await?;
                UploadFile::insert_all(conn, &uploads).await?;
                DraftVariableFile::insert_all(conn, &files).await?;
                DraftVariable::upsert_all(conn, &rows).await?;
                forget_draft_files(conn, owner.tenant, &old).await
            })
            .await;
        Ok(written?)
    }
}

/// The files of what stands under the same nodes and names.
async fn replaced(conn: &mut AsyncPgConnection, app: AppId, rows: &[DraftVariable]) -> Result<Vec<Uuid>, QueryError> {
    let mut nodes: Vec<&str> = rows.iter().map(|row| row.node_id.as_str()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let files = DraftVariable::files_of_nodes(conn, app, &nodes).await?;
    let is_written = |node: &str, name: &str| rows.iter().any(|row| row.node_id == node && row.name == name);
    Ok(files.into_iter().filter(|(node, name, _)| is_written(node, name)).map(|(_, _, file)| file).collect())
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
