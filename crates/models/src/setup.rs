//! Whether the installation was set up: one row in `dify_setups` means that it was.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::dify_setups;

#[derive(Debug, Clone, HasQuery, Insertable)]
#[diesel(table_name = dify_setups, check_for_backend(diesel::pg::Pg))]
pub struct Setup {
    /// The release that was installed.
    pub version: String,
    pub setup_at: NaiveDateTime,
}

impl Setup {
    pub async fn find(conn: &mut AsyncPgConnection) -> QueryResult<Option<Self>> {
        Self::query().order(dify_setups::setup_at).first(conn).await.optional()
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(dify_setups::table).values(new).execute(conn).await.map(drop)
    }

    /// Whether Dify made this database.
    pub async fn is_adopted(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
        let found = diesel::dsl::sql::<diesel::sql_types::Bool>("to_regclass('alembic_version') IS NOT NULL");
        diesel::select(found).get_result(conn).await
    }

    /// Lets only one setup run at a time, until the end of the transaction.
    pub async fn lock(conn: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::sql_query("LOCK TABLE dify_setups IN SHARE ROW EXCLUSIVE MODE").execute(conn).await.map(drop)
    }
}
