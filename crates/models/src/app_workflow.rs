//! The published workflows of apps, as the lists of apps show them: without their graphs.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::workflows;
use crate::{AccountId, WorkflowId};

#[derive(Debug, Clone, HasQuery)]
#[diesel(table_name = workflows, check_for_backend(diesel::pg::Pg))]
pub struct AppWorkflow {
    pub id: WorkflowId,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<AccountId>,
    pub updated_at: NaiveDateTime,
}

impl AppWorkflow {
    /// Those with these ids, which come from apps of one workspace.
    pub async fn find_all(conn: &mut AsyncPgConnection, ids: &[WorkflowId]) -> QueryResult<Vec<Self>> {
        Self::query().filter(workflows::id.eq_any(ids)).load(conn).await
    }
}
