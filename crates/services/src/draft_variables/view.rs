//! A variable as people see it.

use std::collections::HashMap;

use core_workflow::dsl::Tree;
use models::app::App;
use models::db::AsyncPgConnection;
use models::draft_variable::{CONVERSATION, DraftVariable, DraftVariableFile, SYSTEM};
use uuid::Uuid;

use super::{DraftVariableError, DraftVariables};

/// Where the whole of a large value is.
#[derive(Debug, Clone)]
pub struct FullContent {
    pub size_bytes: i64,
    pub value_type: String,
    /// Items of a list or an object.
    pub length: Option<i32>,
    /// A signed link.
    pub download_url: String,
}

#[derive(Debug, Clone)]
pub struct DraftVariableView {
    pub row: DraftVariable,
    /// Where the row has only the beginning of the value.
    pub full_content: Option<FullContent>,
}

impl DraftVariableView {
    pub(super) const fn without_file(row: DraftVariable) -> Self {
        Self { row, full_content: None }
    }

    /// `conversation`, `sys` or `node`.
    pub fn kind(&self) -> &'static str {
        match self.row.node_id.as_str() {
            CONVERSATION => "conversation",
            SYSTEM => "sys",
            _ => "node",
        }
    }

    /// The type as clients know it: both kinds of numbers are `number`.
    pub fn value_type(&self) -> &str {
        match self.row.value_type.as_str() {
            "integer" | "float" => "number",
            other => other,
        }
    }

    /// The parts of the selector, from the node on.
    pub fn selector(&self) -> Vec<String> {
        let stored = Tree::from_json(&self.row.selector).ok();
        let parts: Vec<String> =
            stored.iter().flat_map(Tree::items).filter_map(Tree::as_str).map(str::to_owned).collect();
        if parts.len() < 2 { vec![self.row.node_id.clone(), self.row.name.clone()] } else { parts }
    }
}

/// The JSON text of a selector.
pub(super) fn selector(node: &str, name: &str) -> String {
    Tree::List(vec![Tree::text(node), Tree::text(name)]).to_json()
}

impl DraftVariables {
    pub(super) async fn view(
        &self,
        conn: &mut AsyncPgConnection,
        app: &App,
        row: DraftVariable,
    ) -> Result<DraftVariableView, DraftVariableError> {
        self.views(conn, app, vec![row]).await?.pop().ok_or(DraftVariableError::NotFound)
    }

    /// Rows with where their whole values are: one more statement if there are any.
    pub(super) async fn views(
        &self,
        conn: &mut AsyncPgConnection,
        app: &App,
        rows: Vec<DraftVariable>,
    ) -> Result<Vec<DraftVariableView>, DraftVariableError> {
        let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.file_id).collect();
        let files = DraftVariableFile::find_all(conn, app.tenant_id, &ids).await?;
        let files: HashMap<Uuid, DraftVariableFile> = files.into_iter().map(|file| (file.id, file)).collect();
        let full = |row: &DraftVariable| {
            let file = files.get(&row.file_id?)?;
            Some(FullContent {
                size_bytes: file.size,
                value_type: file.value_type.clone(),
                length: file.length,
                download_url: self.files.preview_url(file.upload_file_id),
            })
        };
        Ok(rows.into_iter().map(|row| DraftVariableView { full_content: full(&row), row }).collect())
    }
}
