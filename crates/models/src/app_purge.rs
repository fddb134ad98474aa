//! Removing what belongs to a deleted app.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{
    api_tokens, app_annotation_settings, app_dataset_joins, app_mcp_servers, app_model_configs, end_users,
    ferrify_api_token_hashes, ferrify_app_rules, ferrify_async_tasks, ferrify_sites, installed_apps, sites,
    tag_bindings, trace_app_config, upload_files, workflow_draft_variable_files as draft_files,
    workflow_node_execution_offload as offload, workflow_pauses, workflow_runs,
};
use crate::{AppId, UploadFileId};

/// The small tables: a handful of rows each, gone in one go.
pub async fn settings(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<()> {
    let tokens = api_tokens::table.filter(api_tokens::app_id.eq(app)).select(api_tokens::id);
    let hashes = ferrify_api_token_hashes::table.filter(ferrify_api_token_hashes::api_token_id.eq_any(tokens));
    diesel::delete(hashes).execute(conn).await?;
    diesel::delete(api_tokens::table.filter(api_tokens::app_id.eq(app))).execute(conn).await?;
    let pages = sites::table.filter(sites::app_id.eq(app)).select(sites::id);
    diesel::delete(ferrify_sites::table.filter(ferrify_sites::site_id.eq_any(pages))).execute(conn).await?;
    diesel::delete(sites::table.filter(sites::app_id.eq(app))).execute(conn).await?;
    diesel::delete(ferrify_app_rules::table.filter(ferrify_app_rules::app_id.eq(app))).execute(conn).await?;
    diesel::delete(app_mcp_servers::table.filter(app_mcp_servers::app_id.eq(app))).execute(conn).await?;
    diesel::delete(installed_apps::table.filter(installed_apps::app_id.eq(app))).execute(conn).await?;
    diesel::delete(app_annotation_settings::table.filter(app_annotation_settings::app_id.eq(app)))
        .execute(conn)
        .await?;
    diesel::delete(app_dataset_joins::table.filter(app_dataset_joins::app_id.eq(app))).execute(conn).await?;
    diesel::delete(trace_app_config::table.filter(trace_app_config::app_id.eq(app))).execute(conn).await?;
    diesel::delete(tag_bindings::table.filter(tag_bindings::target_id.eq(app.0))).execute(conn).await?;
    diesel::delete(app_model_configs::table.filter(app_model_configs::app_id.eq(app))).execute(conn).await?;
    diesel::delete(ferrify_async_tasks::table.filter(ferrify_async_tasks::app_id.eq(app))).execute(conn).await?;
    diesel::delete(end_users::table.filter(end_users::app_id.eq(app))).execute(conn).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Gone {
    #[diesel(sql_type = Array<SqlUuid>)]
    ids: Vec<Uuid>,
}

/// Children of messages, by message id.
const OF_MESSAGES: [&str; 6] = [
    "message_files",
    "message_feedbacks",
    "message_agent_thoughts",
    "message_annotations",
    "app_annotation_hit_histories",
    "saved_messages",
];

/// Removes up to `batch` messages with what hangs on them; how many went.
pub async fn messages(conn: &mut AsyncPgConnection, app: AppId, batch: i64) -> QueryResult<usize> {
    let gone: Gone = diesel::sql_query(
        "WITH gone AS (DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE app_id = $1 LIMIT $2) \
         RETURNING id) SELECT coalesce(array_agg(id), '{}') AS ids FROM gone",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<BigInt, _>(batch)
    .get_result(conn)
    .await?;
    if !gone.ids.is_empty() {
        for table in OF_MESSAGES {
            diesel::sql_query(format!("DELETE FROM {table} WHERE message_id = ANY($1)"))
                .bind::<Array<SqlUuid>, _>(&gone.ids)
                .execute(conn)
                .await?;
        }
    }
    Ok(gone.ids.len())
}

/// Where what paused runs of the app have done is kept in the storage.
pub async fn paused_states(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<Vec<String>> {
    let of_app = workflow_runs::table.filter(workflow_runs::app_id.eq(app)).select(workflow_runs::id);
    workflow_pauses::table
        .filter(workflow_pauses::workflow_run_id.eq_any(of_app))
        .filter(workflow_pauses::resumed_at.is_null())
        .select(workflow_pauses::state_object_key)
        .load(conn)
        .await
}

/// Removes what paused runs of the app wait for: tables that know their app only through the run.
pub async fn pauses(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<()> {
    const OF_APP: &str =
        "(SELECT p.id FROM workflow_pauses p JOIN workflow_runs r ON r.id = p.workflow_run_id WHERE r.app_id = $1)";
    for statement in [
        format!("DELETE FROM workflow_pause_reasons WHERE pause_id IN {OF_APP}"),
        format!("DELETE FROM workflow_pauses WHERE id IN {OF_APP}"),
        "DELETE FROM ferrify_paused_runs WHERE app_id = $1".to_owned(),
    ] {
        diesel::sql_query(statement).bind::<SqlUuid, _>(app).execute(conn).await?;
    }
    Ok(())
}

/// Whole values of an app's runs and drafts: up to a batch of each kind.
#[derive(Debug, Default)]
pub struct WholeValues {
    /// Rows that name files, of executions and of draft variables.
    offloaded: Vec<Uuid>,
    drafts: Vec<Uuid>,
    files: Vec<UploadFileId>,
    /// Where the bytes of the files are.
    pub keys: Vec<String>,
}

impl WholeValues {
    pub fn is_empty(&self) -> bool {
        self.offloaded.is_empty() && self.drafts.is_empty()
    }

    /// Finds some of them.
    pub async fn find(conn: &mut AsyncPgConnection, app: AppId, batch: i64) -> QueryResult<Self> {
        let offloaded: Vec<(Uuid, UploadFileId)> = offload::table
            .filter(offload::app_id.eq(app))
            .select((offload::id, offload::file_id))
            .limit(batch)
            .load(conn)
            .await?;
        let drafts: Vec<(Uuid, UploadFileId)> = draft_files::table
            .filter(draft_files::app_id.eq(app))
            .select((draft_files::id, draft_files::upload_file_id))
            .limit(batch)
            .load(conn)
            .await?;
        let named: Vec<UploadFileId> = offloaded.iter().chain(&drafts).map(|(_, file)| *file).collect();
        let found: Vec<(UploadFileId, String)> = upload_files::table
            .filter(upload_files::id.eq_any(&named))
            .select((upload_files::id, upload_files::key))
            .load(conn)
            .await?;
        let (files, keys) = found.into_iter().unzip();
        let ids = |rows: Vec<(Uuid, UploadFileId)>| rows.into_iter().map(|(id, _)| id).collect();
        Ok(Self { offloaded: ids(offloaded), drafts: ids(drafts), files, keys })
    }

    /// Forgets them; their bytes are to be gone before.
    pub async fn remove(&self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::delete(upload_files::table.filter(upload_files::id.eq_any(&self.files))).execute(conn).await?;
        diesel::delete(offload::table.filter(offload::id.eq_any(&self.offloaded))).execute(conn).await?;
        diesel::delete(draft_files::table.filter(draft_files::id.eq_any(&self.drafts))).execute(conn).await.map(drop)
    }
}

/// Large tables with an `app_id`, in an order that keeps foreign keys whole: annotations before their conversations.
/// An id may stand under several apps: conversation variables keep theirs when an app is copied.
const BY_APP: [&str; 12] = [
    "app_annotation_hit_histories",
    "message_annotations",
    "conversations",
    "pinned_conversations",
    "workflow_node_executions",
    "workflow_runs",
    "ferrify_form_uploads",
    "ferrify_human_input_forms",
    "workflow_app_logs",
    "workflow_conversation_variables",
    "workflow_draft_variables",
    "workflows",
];

/// Removes up to `batch` rows of each large table; how many went in all.
pub async fn records(conn: &mut AsyncPgConnection, app: AppId, batch: i64) -> QueryResult<usize> {
    let mut rows = 0;
    for table in BY_APP {
        rows += diesel::sql_query(format!(
            "DELETE FROM {table} WHERE app_id = $1 AND id IN (SELECT id FROM {table} WHERE app_id = $1 LIMIT $2)"
        ))
        .bind::<SqlUuid, _>(app)
        .bind::<BigInt, _>(batch)
        .execute(conn)
        .await?;
    }
    Ok(rows)
}
