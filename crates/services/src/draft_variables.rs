//! What builders see and change of a draft's variables: the inspector.
//!
//! Runs leave rows behind (`core-app` writes them); conversation variables stand here with their defaults before any
//! run. A changed value is what the next try of a single node finds.

mod change;
mod error;
mod reset;
mod view;
mod write;

use chrono::Utc;
use core_app::Engine;
use core_app::workflow::forget_draft_files;
use core_workflow::dsl::Tree;
use models::app::App;
use models::db::{AsyncConnection, AsyncPgConnection, Pool};
use models::draft_variable::{CONVERSATION, DraftVariable, SYSTEM};
use models::workflow::Workflow;
use models::{AppMode, DraftVariableId};

use crate::files::Files;
use crate::workflows::{Definition, entries};

pub use change::VariableChange;
pub use error::DraftVariableError;
pub use view::{DraftVariableView, FullContent};

/// Cheap to clone.
#[derive(Clone)]
pub struct DraftVariables {
    pool: Pool,
    engine: Engine,
    files: Files,
}

/// The draft that the variables are of.
async fn draft_of(conn: &mut AsyncPgConnection, app: &App) -> Result<Workflow, DraftVariableError> {
    Workflow::draft(conn, app.tenant_id, app.id).await?.ok_or(DraftVariableError::NoDraft)
}

/// The row of a conversation variable as its definition says.
fn default_row(app: &App, definition: &Tree) -> DraftVariable {
    let now = Utc::now().naive_utc();
    let text = |key: &str| definition.str_at(key).unwrap_or_default().to_owned();
    let name = text("name");
    DraftVariable {
        id: DraftVariableId::random(),
        created_at: now,
        updated_at: now,
        app_id: app.id,
        last_edited_at: None,
        node_id: CONVERSATION.to_owned(),
        selector: view::selector(CONVERSATION, &name),
        name,
        description: text("description"),
        value_type: text("value_type"),
        value: definition.get("value").map_or_else(|| "null".to_owned(), Tree::to_json),
        visible: true,
        editable: true,
        node_execution_id: None,
        file_id: None,
        is_default_value: true,
    }
}

impl DraftVariables {
    pub fn new(pool: Pool, engine: Engine, files: Files) -> Self {
        Self { pool, engine, files }
    }

    /// A page of all variables, newest first, and how many there are in all. Their values are left out on the wire.
    ///
    /// # Errors
    /// `NoDraft`.
    pub async fn page(
        &self,
        app: &App,
        page: i64,
        limit: i64,
    ) -> Result<(Vec<DraftVariableView>, i64), DraftVariableError> {
        let mut conn = self.pool.get().await?;
        draft_of(&mut conn, app).await?;
        let offset = page.saturating_sub(1).saturating_mul(limit);
        let (rows, total) = DraftVariable::page(&mut conn, app.id, limit, offset).await?;
        Ok((rows.into_iter().map(DraftVariableView::without_file).collect(), total))
    }

    /// What a node left.
    ///
    /// # Errors
    /// `NoNode` for the names of conversation and system variables.
    pub async fn of_node(&self, app: &App, node: &str) -> Result<Vec<DraftVariableView>, DraftVariableError> {
        only_nodes(node)?;
        let mut conn = self.pool.get().await?;
        let rows = DraftVariable::of_node(&mut conn, app.id, node).await?;
        self.views(&mut conn, app, rows).await
    }

    /// The conversation variables; those that no run has left yet begin as they are defined.
    ///
    /// # Errors
    /// `NoDraft`.
    pub async fn of_conversation(&self, app: &App) -> Result<Vec<DraftVariableView>, DraftVariableError> {
        let mut conn = self.pool.get().await?;
        let draft = draft_of(&mut conn, app).await?;
        if app.mode == AppMode::AdvancedChat {
            let defined = entries(&draft.conversation_variables);
            let rows: Vec<DraftVariable> = defined.iter().map(|definition| default_row(app, definition)).collect();
            DraftVariable::insert_missing(&mut conn, &rows).await?;
        }
        let rows = DraftVariable::of_node(&mut conn, app.id, CONVERSATION).await?;
        self.views(&mut conn, app, rows).await
    }

    /// The system variables of the last try.
    ///
    /// # Errors
    /// Only faults of ours.
    pub async fn of_system(&self, app: &App) -> Result<Vec<DraftVariableView>, DraftVariableError> {
        let mut conn = self.pool.get().await?;
        let rows = DraftVariable::of_node(&mut conn, app.id, SYSTEM).await?;
        self.views(&mut conn, app, rows).await
    }

    /// The environment as the draft defines it, secrets masked.
    ///
    /// # Errors
    /// `NoDraft`.
    pub async fn of_environment(&self, app: &App) -> Result<Vec<Definition>, DraftVariableError> {
        let mut conn = self.pool.get().await?;
        Ok(Definition::all(&draft_of(&mut conn, app).await?.environment_variables))
    }

    /// One variable.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, app: &App, id: DraftVariableId) -> Result<DraftVariableView, DraftVariableError> {
        let mut conn = self.pool.get().await?;
        let row = DraftVariable::find(&mut conn, app.id, id).await?.ok_or(DraftVariableError::NotFound)?;
        self.view(&mut conn, app, row).await
    }

    /// Forgets all variables.
    ///
    /// # Errors
    /// Only faults of ours.
    pub async fn delete_all(&self, app: &App) -> Result<(), DraftVariableError> {
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            let files = DraftVariable::delete_all(conn, app.id).await?;
            Ok(forget_draft_files(conn, app.tenant_id, &files).await?)
        })
        .await
    }

    /// Forgets what a node left.
    ///
    /// # Errors
    /// `NoNode`, as for reading.
    pub async fn delete_of_node(&self, app: &App, node: &str) -> Result<(), DraftVariableError> {
        only_nodes(node)?;
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            let files = DraftVariable::delete_of_node(conn, app.id, node).await?;
            Ok(forget_draft_files(conn, app.tenant_id, &files).await?)
        })
        .await
    }

    /// Forgets a variable.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete(&self, app: &App, id: DraftVariableId) -> Result<(), DraftVariableError> {
        let deleted = Self::remove(&mut *self.pool.get().await?, app, id).await?;
        if deleted { Ok(()) } else { Err(DraftVariableError::NotFound) }
    }
}

fn only_nodes(node: &str) -> Result<(), DraftVariableError> {
    if matches!(node, SYSTEM | CONVERSATION) {
        return Err(DraftVariableError::NoNode(node.to_owned()));
    }
    Ok(())
}
