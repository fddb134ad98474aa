//! What became of work that somebody asks after by its id: jobs themselves are gone once they are done.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::TenantId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_job_outcomes as outcomes;

/// How long the outcome is told.
const REMEMBERED: TimeDelta = TimeDelta::seconds(600);
/// How long it is kept: what begins too often is counted by the hour.
const KEPT: TimeDelta = TimeDelta::hours(2);

text_enum! {
    /// How far the work has come.
    OutcomeStatus {
        Waiting => "waiting",
        Processing => "processing",
        Completed => "completed",
        Error => "error",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = outcomes, check_for_backend(diesel::pg::Pg))]
pub struct JobOutcome {
    /// By which it is asked after.
    pub id: Uuid,
    pub tenant_id: TenantId,
    /// What work it is.
    pub kind: String,
    /// On what.
    pub subject: Uuid,
    pub status: OutcomeStatus,
    pub error: Option<String>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl JobOutcome {
    /// Work that waits. What nobody will ask after any more is forgotten.
    pub async fn begin(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        kind: &str,
        subject: Uuid,
        now: NaiveDateTime,
    ) -> QueryResult<Self> {
        let ended = [OutcomeStatus::Completed, OutcomeStatus::Error];
        let old = outcomes::table.filter(outcomes::status.eq_any(ended)).filter(outcomes::updated_at.lt(now - KEPT));
        diesel::delete(old).execute(conn).await?;
        let new = Self {
            id: Uuid::new_v4(),
            tenant_id: tenant,
            kind: kind.to_owned(),
            subject,
            status: OutcomeStatus::Waiting,
            error: None,
            created_at: now,
            updated_at: now,
        };
        diesel::insert_into(outcomes::table).values(&new).execute(conn).await?;
        Ok(new)
    }

    /// Work of one of these kinds, while it is remembered.
    pub async fn find(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        kinds: &[&str],
        id: Uuid,
        now: NaiveDateTime,
    ) -> QueryResult<Option<Self>> {
        let under_way = [OutcomeStatus::Waiting, OutcomeStatus::Processing];
        Self::query()
            .filter(outcomes::tenant_id.eq(tenant))
            .filter(outcomes::id.eq(id))
            .filter(outcomes::kind.eq_any(kinds))
            .filter(outcomes::updated_at.ge(now - REMEMBERED).or(outcomes::status.eq_any(under_way)))
            .first(conn)
            .await
            .optional()
    }

    /// Work of this kind on a subject that has not ended.
    pub async fn under_way(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        kind: &str,
        subject: Uuid,
    ) -> QueryResult<Option<Self>> {
        let open = [OutcomeStatus::Waiting, OutcomeStatus::Processing];
        Self::query()
            .filter(outcomes::tenant_id.eq(tenant))
            .filter(outcomes::kind.eq(kind))
            .filter(outcomes::subject.eq(subject))
            .filter(outcomes::status.eq_any(open))
            .order(outcomes::created_at.desc())
            .first(conn)
            .await
            .optional()
    }

    /// How much work of a kind a workspace has begun since then.
    pub async fn begun_since(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        kind: &str,
        since: NaiveDateTime,
    ) -> QueryResult<i64> {
        outcomes::table
            .filter(outcomes::tenant_id.eq(tenant))
            .filter(outcomes::kind.eq(kind))
            .filter(outcomes::created_at.ge(since))
            .count()
            .get_result(conn)
            .await
    }

    /// How much work of a kind has not ended in a workspace.
    pub async fn open(conn: &mut AsyncPgConnection, tenant: TenantId, kind: &str) -> QueryResult<i64> {
        outcomes::table
            .filter(outcomes::tenant_id.eq(tenant))
            .filter(outcomes::kind.eq(kind))
            .filter(outcomes::status.eq_any([OutcomeStatus::Waiting, OutcomeStatus::Processing]))
            .count()
            .get_result(conn)
            .await
    }

    /// Writes how far it has come; `false` where it had ended already.
    pub async fn set(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        id: Uuid,
        status: OutcomeStatus,
        error: Option<&str>,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let open = outcomes::table
            .filter(outcomes::tenant_id.eq(tenant))
            .filter(outcomes::id.eq(id))
            .filter(outcomes::status.eq_any([OutcomeStatus::Waiting, OutcomeStatus::Processing]));
        let changed = diesel::update(open)
            .set((outcomes::status.eq(status), outcomes::error.eq(error), outcomes::updated_at.eq(now)))
            .execute(conn)
            .await?;
        Ok(changed > 0)
    }
}
