//! Taking a change back.

use core_app::workflow::ValueOwner;
use core_workflow::dsl::Tree;
use core_workflow::value::Value;
use models::app::App;
use models::db::AsyncPgConnection;
use models::draft_variable::{CONVERSATION, DraftVariable, SYSTEM};
use models::workflow_node_execution::{NodeExecution, OffloadKind, Offloaded};
use models::{Caller, DraftVariableId, NodeExecutionId};
use serde_json::{Map, Value as Json};

use super::view::DraftVariableView;
use super::write::{NewContents, NewValue};
use super::{DraftVariableError, DraftVariables, draft_of};
use crate::workflows::entries;

/// What a variable goes back to: JSON texts.
struct Origin {
    value: String,
    value_type: String,
    is_default: bool,
}

impl DraftVariables {
    /// Gives a variable back the value that it has by definition, or that its node gave it. `None` if there is no such
    /// value any more: then the variable is gone.
    ///
    /// # Errors
    /// `NotFound`, or `NotResettable`.
    pub async fn reset(
        &self,
        app: &App,
        by: Caller,
        id: DraftVariableId,
    ) -> Result<Option<DraftVariableView>, DraftVariableError> {
        let mut conn = self.pool.get().await?;
        let row = DraftVariable::find(&mut conn, app.id, id).await?.ok_or(DraftVariableError::NotFound)?;
        let origin = if row.node_id == CONVERSATION {
            defined(&mut conn, app, &row.name).await?
        } else if row.node_id == SYSTEM && !row.editable {
            return Err(DraftVariableError::NotResettable);
        } else {
            let key = if row.node_id == SYSTEM { format!("{SYSTEM}.{}", row.name) } else { row.name.clone() };
            drop(conn);
            let value = match row.node_execution_id {
                Some(execution) => self.output(app, execution, &key).await?,
                None => None,
            };
            conn = self.pool.get().await?;
            value
        };
        let Some(origin) = origin else {
            Self::remove(&mut conn, app, id).await?;
            return Ok(None);
        };
        drop(conn);
        let owner = ValueOwner { tenant: app.tenant_id, app: app.id, by };
        let Origin { value, value_type, is_default } = origin;
        let stored = self.engine.files().draft_value(owner, &row.name, &value_type, value).await;
        let value = Some(NewValue { stored, value_type, edited_at: None });
        let mut conn = self.pool.get().await?;
        let changed = self.write(&mut conn, app, id, &NewContents { name: None, value, is_default }).await?;
        self.view(&mut conn, app, changed).await.map(Some)
    }

    /// What an execution gave out under a name. Large outputs are read from their file; no connection is held meanwhile.
    async fn output(&self, app: &App, id: NodeExecutionId, name: &str) -> Result<Option<Origin>, DraftVariableError> {
        let mut conn = self.pool.get().await?;
        let Some(execution) = NodeExecution::find(&mut conn, app.tenant_id, app.id, id).await? else {
            return Ok(None);
        };
        let offloaded = Offloaded::of_executions(&mut conn, app.tenant_id, &[id]).await?;
        drop(conn);
        let is_whole = |file: &Offloaded| file.kind == OffloadKind::Outputs && file.file_id != Offloaded::NOWHERE;
        let file = offloaded.into_iter().find(is_whole);
        let text = match file {
            Some(file) => {
                let (_, bytes) = self.files.open(app.tenant_id, file.file_id).await?;
                bytes.to_vec()
            }
            None => match execution.outputs {
                Some(text) => text.into_bytes(),
                None => return Ok(None),
            },
        };
        // The variable must not go because what it came from cannot be read.
        let outputs: Map<String, Json> = serde_json::from_slice(&text)?;
        Ok(outputs.get(name).map(|value| Origin {
            value: value.to_string(),
            value_type: Value::from_json(value.clone()).value_type().as_str().to_owned(),
            is_default: false,
        }))
    }
}

/// What the draft defines a conversation variable as.
async fn defined(conn: &mut AsyncPgConnection, app: &App, name: &str) -> Result<Option<Origin>, DraftVariableError> {
    let draft = draft_of(conn, app).await?;
    let found = entries(&draft.conversation_variables).into_iter().find(|entry| entry.str_at("name") == Some(name));
    Ok(found.map(|entry| Origin {
        value: entry.get("value").map_or_else(|| "null".to_owned(), Tree::to_json),
        value_type: entry.str_at("value_type").unwrap_or_default().to_owned(),
        is_default: true,
    }))
}
