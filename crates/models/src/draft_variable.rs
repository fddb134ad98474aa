//! What the inspector shows of a draft: outputs of its nodes after a debug run, conversation and system variables.

use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{workflow_draft_variable_files as files, workflow_draft_variables as variables};
use crate::{AccountId, AppId, DraftVariableId, NodeExecutionId, TenantId, UploadFileId};

/// The `node_id` of system variables.
pub const SYSTEM: &str = "sys";
/// The `node_id` of conversation variables.
pub const CONVERSATION: &str = "conversation";

/// The app is one of the workspace: every function here takes an app that was found through it.
#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = variables, check_for_backend(Pg))]
pub struct DraftVariable {
    pub id: DraftVariableId,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    pub app_id: AppId,
    pub last_edited_at: Option<NaiveDateTime>,
    /// Of a node, or [`SYSTEM`], or [`CONVERSATION`].
    pub node_id: String,
    pub name: String,
    pub description: String,
    /// JSON text of a list.
    pub selector: String,
    pub value_type: String,
    /// JSON text; cut where there is a file.
    pub value: String,
    pub visible: bool,
    pub editable: bool,
    /// The execution that made it.
    pub node_execution_id: Option<NodeExecutionId>,
    /// A row of [`DraftVariableFile`] with the whole value.
    pub file_id: Option<Uuid>,
    pub is_default_value: bool,
}

/// Where the whole value of a large variable is.
#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = files, check_for_backend(Pg))]
pub struct DraftVariableFile {
    pub id: Uuid,
    pub created_at: NaiveDateTime,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub user_id: AccountId,
    pub upload_file_id: UploadFileId,
    /// Bytes.
    pub size: i64,
    /// Items of a list or an object.
    pub length: Option<i32>,
    pub value_type: String,
}

/// Another value of a variable.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = variables, treat_none_as_null = true)]
pub struct ValueChange<'a> {
    pub name: &'a str,
    pub selector: &'a str,
    pub value_type: &'a str,
    pub value: &'a str,
    pub file_id: Option<Uuid>,
    /// `None`: it is no longer an edited one.
    pub last_edited_at: Option<NaiveDateTime>,
    pub is_default_value: bool,
    pub updated_at: NaiveDateTime,
}

/// A statement has at most 65 535 parameters, and a row 16.
const ROWS_PER_STATEMENT: usize = 2_000;

impl DraftVariable {
    /// Writes what a run left, in place of what stood under the same node and name. (Node, name) pairs of one call must
    /// differ. One statement for each 2000 rows.
    pub async fn upsert_all(conn: &mut AsyncPgConnection, rows: &[Self]) -> QueryResult<()> {
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            diesel::insert_into(variables::table)
                .values(rows)
                .on_conflict((variables::app_id, variables::node_id, variables::name))
                .do_update()
                .set((
                    variables::updated_at.eq(excluded(variables::updated_at)),
                    variables::last_edited_at.eq(excluded(variables::last_edited_at)),
                    variables::description.eq(excluded(variables::description)),
                    variables::selector.eq(excluded(variables::selector)),
                    variables::value_type.eq(excluded(variables::value_type)),
                    variables::value.eq(excluded(variables::value)),
                    variables::visible.eq(excluded(variables::visible)),
                    variables::editable.eq(excluded(variables::editable)),
                    variables::node_execution_id.eq(excluded(variables::node_execution_id)),
                    variables::file_id.eq(excluded(variables::file_id)),
                    variables::is_default_value.eq(excluded(variables::is_default_value)),
                ))
                .execute(conn)
                .await?;
        }
        Ok(())
    }

    /// Writes variables where none stands under the same node and name. One statement; none for no rows.
    pub async fn insert_missing(conn: &mut AsyncPgConnection, rows: &[Self]) -> QueryResult<()> {
        if rows.is_empty() {
            return Ok(());
        }
        diesel::insert_into(variables::table)
            .values(rows)
            .on_conflict((variables::app_id, variables::node_id, variables::name))
            .do_nothing()
            .execute(conn)
            .await
            .map(drop)
    }

    /// All variables of one node, the hidden ones too, oldest first.
    pub async fn of_node(conn: &mut AsyncPgConnection, app: AppId, node: &str) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(variables::app_id.eq(app))
            .filter(variables::node_id.eq(node))
            .order((variables::created_at, variables::id))
            .load(conn)
            .await
    }

    /// Those that stand under these (node, name) pairs.
    pub async fn at(conn: &mut AsyncPgConnection, app: AppId, nodes: &[&str]) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(variables::app_id.eq(app))
            .filter(variables::node_id.eq_any(nodes))
            .order((variables::created_at, variables::id))
            .load(conn)
            .await
    }

    /// A page, newest first, and how many there are in all.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        app: AppId,
        limit: i64,
        offset: i64,
    ) -> QueryResult<(Vec<Self>, i64)> {
        let total = variables::table.filter(variables::app_id.eq(app)).count().get_result(conn).await?;
        let rows = Self::query()
            .filter(variables::app_id.eq(app))
            .order((variables::created_at.desc(), variables::id))
            .limit(limit)
            .offset(offset)
            .load(conn)
            .await?;
        Ok((rows, total))
    }

    pub async fn find(conn: &mut AsyncPgConnection, app: AppId, id: DraftVariableId) -> QueryResult<Option<Self>> {
        Self::query().filter(variables::app_id.eq(app)).filter(variables::id.eq(id)).first(conn).await.optional()
    }

    /// Gives a variable another value; `None` if it is gone.
    pub async fn change(
        conn: &mut AsyncPgConnection,
        app: AppId,
        id: DraftVariableId,
        change: &ValueChange<'_>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(variables::table.filter(variables::app_id.eq(app)).filter(variables::id.eq(id)))
            .set(change)
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// A variable that stays as it is until the transaction ends.
    pub async fn lock(conn: &mut AsyncPgConnection, app: AppId, id: DraftVariableId) -> QueryResult<Option<Self>> {
        let variable = variables::table.filter(variables::app_id.eq(app)).filter(variables::id.eq(id));
        variable.select(Self::as_select()).for_update().first(conn).await.optional()
    }

    /// The variables of nodes that have a file: node, name, file. Within a transaction they stay as they are until it
    /// ends.
    pub async fn files_of_nodes(
        conn: &mut AsyncPgConnection,
        app: AppId,
        nodes: &[&str],
    ) -> QueryResult<Vec<(String, String, Uuid)>> {
        variables::table
            .filter(variables::app_id.eq(app))
            .filter(variables::node_id.eq_any(nodes))
            .filter(variables::file_id.is_not_null())
            .select((variables::node_id, variables::name, variables::file_id.assume_not_null()))
            .for_update()
            .load(conn)
            .await
    }

    /// Removes a variable. Its file, if it has one; `None` if there was no such variable.
    pub async fn delete(
        conn: &mut AsyncPgConnection,
        app: AppId,
        id: DraftVariableId,
    ) -> QueryResult<Option<Option<Uuid>>> {
        let variable = variables::table.filter(variables::app_id.eq(app)).filter(variables::id.eq(id));
        diesel::delete(variable).returning(variables::file_id).get_result(conn).await.optional()
    }

    /// Removes the variables of a node; the files that they had.
    pub async fn delete_of_node(conn: &mut AsyncPgConnection, app: AppId, node: &str) -> QueryResult<Vec<Uuid>> {
        let of_node = variables::table.filter(variables::app_id.eq(app)).filter(variables::node_id.eq(node));
        let files: Vec<Option<Uuid>> = diesel::delete(of_node).returning(variables::file_id).get_results(conn).await?;
        Ok(files.into_iter().flatten().collect())
    }

    /// Removes all variables of the app; the files that they had.
    pub async fn delete_all(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<Vec<Uuid>> {
        let of_app = variables::table.filter(variables::app_id.eq(app));
        let files: Vec<Option<Uuid>> = diesel::delete(of_app).returning(variables::file_id).get_results(conn).await?;
        Ok(files.into_iter().flatten().collect())
    }
}

impl DraftVariableFile {
    /// One statement; none for no rows.
    pub async fn insert_all(conn: &mut AsyncPgConnection, rows: &[Self]) -> QueryResult<()> {
        if rows.is_empty() {
            return Ok(());
        }
        diesel::insert_into(files::table).values(rows).execute(conn).await.map(drop)
    }

    pub async fn find_all(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[Uuid]) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query().filter(files::tenant_id.eq(tenant)).filter(files::id.eq_any(ids)).load(conn).await
    }

    /// Removes rows that no variable names any more; the files that they stood for.
    pub async fn take_all(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        ids: &[Uuid],
    ) -> QueryResult<Vec<UploadFileId>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let gone = files::table.filter(files::tenant_id.eq(tenant)).filter(files::id.eq_any(ids));
        diesel::delete(gone).returning(files::upload_file_id).get_results(conn).await
    }
}
