//! How the documents of a dataset are cleaned and split.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::dataset_process_rules as rules;
use crate::{AccountId, DatasetId, ProcessRuleId};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = rules, check_for_backend(diesel::pg::Pg))]
pub struct StoredRule {
    pub id: ProcessRuleId,
    pub dataset_id: DatasetId,
    pub mode: String,
    /// JSON text.
    pub rules: Option<String>,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
}

impl StoredRule {
    /// A rule of a dataset that was loaded before.
    pub async fn find(
        conn: &mut AsyncPgConnection,
        dataset: DatasetId,
        id: ProcessRuleId,
    ) -> QueryResult<Option<Self>> {
        Self::query().filter(rules::dataset_id.eq(dataset)).filter(rules::id.eq(id)).first(conn).await.optional()
    }

    pub async fn find_all(
        conn: &mut AsyncPgConnection,
        dataset: DatasetId,
        ids: &[ProcessRuleId],
    ) -> QueryResult<Vec<Self>> {
        Self::query().filter(rules::dataset_id.eq(dataset)).filter(rules::id.eq_any(ids)).load(conn).await
    }

    /// The latest rule of a dataset.
    pub async fn latest(conn: &mut AsyncPgConnection, dataset: DatasetId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(rules::dataset_id.eq(dataset))
            .order((rules::created_at.desc(), rules::id.desc()))
            .first(conn)
            .await
            .optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(rules::table).values(new).execute(conn).await.map(drop)
    }
}
