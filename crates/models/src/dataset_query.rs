//! What was asked of datasets.

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::dataset_queries as queries;
use crate::{AppId, Caller, CreatorRole, DatasetId};

text_enum! {
    /// Who asked.
    QuerySource {
        HitTesting => "hit_testing",
        App => "app",
        Plugin => "plugin",
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = queries, check_for_backend(diesel::pg::Pg))]
pub struct DatasetQuery {
    pub id: Uuid,
    pub dataset_id: DatasetId,
    /// A JSON list of `{content_type, content}`; bare text in rows of old releases.
    pub content: String,
    pub source: QuerySource,
    pub source_app_id: Option<AppId>,
    pub created_by_role: CreatorRole,
    pub created_by: Uuid,
    pub created_at: NaiveDateTime,
}

impl DatasetQuery {
    pub fn new(dataset: DatasetId, content: String, source: QuerySource, app: Option<AppId>, by: Caller) -> Self {
        Self {
            id: Uuid::new_v4(),
            dataset_id: dataset,
            content,
            source,
            source_app_id: app,
            created_by_role: by.role(),
            created_by: by.id(),
            created_at: chrono::Utc::now().naive_utc(),
        }
    }

    pub async fn insert_all(conn: &mut AsyncPgConnection, new: &[Self]) -> QueryResult<()> {
        if new.is_empty() {
            return Ok(());
        }
        diesel::insert_into(queries::table).values(new).execute(conn).await.map(drop)
    }

    /// A page of a dataset's queries, newest first, and how many there are.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        dataset: DatasetId,
        limit: i64,
        offset: i64,
    ) -> QueryResult<(Vec<Self>, i64)> {
        let of_dataset = queries::table.filter(queries::dataset_id.eq(dataset));
        let rows: Vec<(Self, i64)> = of_dataset
            .select((Self::as_select(), sql::<BigInt>("count(*) OVER ()")))
            .order((queries::created_at.desc(), queries::id))
            .limit(limit)
            .offset(offset)
            .load(conn)
            .await?;
        let total = match rows.as_slice() {
            [(_, total), ..] => *total,
            [] if offset > 0 => of_dataset.count().get_result(conn).await?,
            [] => 0,
        };
        Ok((rows.into_iter().map(|(query, _)| query).collect(), total))
    }
}
