//! Versions of workflows. Each app has at most one draft; publishing copies it into a row that never changes again,
//! except for its name and comment.

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{tool_workflow_providers, workflows};
use crate::{AccountId, AppId, TenantId, WorkflowId};

text_enum! {
    /// What a workflow is for.
    WorkflowType {
        Workflow => "workflow",
        Chat => "chat",
        RagPipeline => "rag-pipeline",
    }
}

/// The `version` of the draft; published versions are named by the time of their publication.
pub const DRAFT: &str = "draft";

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = workflows, check_for_backend(Pg))]
pub struct Workflow {
    pub id: WorkflowId,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    #[diesel(column_name = type_)]
    pub kind: WorkflowType,
    /// [`DRAFT`], or `YYYY-MM-DD HH:MM:SS.ffffff`.
    pub version: String,
    pub marked_name: String,
    pub marked_comment: String,
    /// JSON text `{nodes, edges, viewport}`, as the client sent it.
    pub graph: String,
    /// JSON text of an object.
    pub features: String,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<AccountId>,
    pub updated_at: NaiveDateTime,
    /// JSON text: name -> variable; values of secrets are encrypted with the workspace's key.
    pub environment_variables: String,
    /// JSON text: name -> variable.
    pub conversation_variables: String,
    /// JSON text: name -> variable.
    pub rag_pipeline_variables: String,
}

impl Workflow {
    pub fn is_draft(&self) -> bool {
        self.version == DRAFT
    }
}

/// The contents of a draft.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = workflows)]
pub struct DraftChanges<'a> {
    pub graph: &'a str,
    pub features: &'a str,
    pub environment_variables: &'a str,
    pub conversation_variables: &'a str,
    /// `None` leaves them.
    pub rag_pipeline_variables: Option<&'a str>,
    pub updated_by: AccountId,
    pub updated_at: NaiveDateTime,
}

/// What may be changed of a published version; `None` leaves a field as it is.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = workflows)]
pub struct VersionChanges<'a> {
    pub marked_name: Option<&'a str>,
    pub marked_comment: Option<&'a str>,
    pub updated_by: AccountId,
    pub updated_at: NaiveDateTime,
}

/// Which versions of an app's workflow to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct VersionFilter {
    pub created_by: Option<AccountId>,
    /// Only those that somebody gave a name.
    pub named_only: bool,
}

type Rows<'a> = workflows::BoxedQuery<'a, Pg>;

fn of_app<'a>(tenant: TenantId, app: AppId) -> Rows<'a> {
    workflows::table.filter(workflows::tenant_id.eq(tenant)).filter(workflows::app_id.eq(app)).into_boxed()
}

impl Workflow {
    /// The draft of an app. Should an adopted database hold several, the one that was changed last.
    pub async fn draft(conn: &mut AsyncPgConnection, tenant: TenantId, app: AppId) -> QueryResult<Option<Self>> {
        of_app(tenant, app)
            .filter(workflows::version.eq(DRAFT))
            .order((workflows::updated_at.desc(), workflows::id))
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()
    }

    /// One version of an app's workflow, the draft included.
    pub async fn find(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        id: WorkflowId,
    ) -> QueryResult<Option<Self>> {
        of_app(tenant, app).filter(workflows::id.eq(id)).select(Self::as_select()).first(conn).await.optional()
    }

    /// A page of versions, newest first. Order is by the text of the version, so that the draft leads.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        filter: VersionFilter,
        limit: i64,
        offset: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = of_app(tenant, app);
        if let Some(account) = filter.created_by {
            query = query.filter(workflows::created_by.eq(account));
        }
        if filter.named_only {
            query = query.filter(workflows::marked_name.ne(""));
        }
        query
            .order((workflows::version.desc(), workflows::id))
            .limit(limit)
            .offset(offset)
            .select(Self::as_select())
            .load(conn)
            .await
    }

    /// Those of several apps of a workspace whose draft holds a trigger node.
    pub async fn drafts_with_trigger(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        apps: &[AppId],
    ) -> QueryResult<Vec<AppId>> {
        // Graphs are large and stay in the database; both ways of writing JSON occur.
        let triggers = sql::<Bool>(r#"graph ~ '"type"\s*:\s*"trigger-(webhook|schedule|plugin)"'"#);
        workflows::table
            .filter(workflows::tenant_id.eq(tenant))
            .filter(workflows::app_id.eq_any(apps))
            .filter(workflows::version.eq(DRAFT))
            .filter(triggers)
            .select(workflows::app_id)
            .load(conn)
            .await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(workflows::table).values(new).execute(conn).await.map(drop)
    }

    /// Writes the contents of a draft; `None` if there is no such draft.
    pub async fn change_draft(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        id: WorkflowId,
        changes: &DraftChanges<'_>,
    ) -> QueryResult<Option<Self>> {
        let draft = workflows::table
            .filter(workflows::tenant_id.eq(tenant))
            .filter(workflows::app_id.eq(app))
            .filter(workflows::id.eq(id))
            .filter(workflows::version.eq(DRAFT));
        diesel::update(draft).set(changes).returning(Self::as_returning()).get_result(conn).await.optional()
    }

    /// Names a published version; `None` if there is none.
    pub async fn mark(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        id: WorkflowId,
        changes: &VersionChanges<'_>,
    ) -> QueryResult<Option<Self>> {
        let version = workflows::table
            .filter(workflows::tenant_id.eq(tenant))
            .filter(workflows::app_id.eq(app))
            .filter(workflows::id.eq(id));
        diesel::update(version).set(changes).returning(Self::as_returning()).get_result(conn).await.optional()
    }

    /// Removes a version; `false` if there was none.
    pub async fn delete(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
        id: WorkflowId,
    ) -> QueryResult<bool> {
        let version = workflows::table
            .filter(workflows::tenant_id.eq(tenant))
            .filter(workflows::app_id.eq(app))
            .filter(workflows::id.eq(id));
        Ok(diesel::delete(version).execute(conn).await? > 0)
    }

    /// The version of the app's workflow that is offered as a tool, if one is.
    pub async fn version_as_tool(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        app: AppId,
    ) -> QueryResult<Option<String>> {
        tool_workflow_providers::table
            .filter(tool_workflow_providers::tenant_id.eq(tenant))
            .filter(tool_workflow_providers::app_id.eq(app))
            .select(tool_workflow_providers::version)
            .first(conn)
            .await
            .optional()
    }
}
