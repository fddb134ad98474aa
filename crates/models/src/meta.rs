//! Facts about the installation (`ferrify_meta`).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_meta;

/// The value of a fact.
pub async fn get(conn: &mut AsyncPgConnection, name: &str) -> QueryResult<Option<String>> {
    ferrify_meta::table.filter(ferrify_meta::name.eq(name)).select(ferrify_meta::value).first(conn).await.optional()
}

/// Stores a fact unless it is known already, and returns what is known then.
pub async fn get_or_set(conn: &mut AsyncPgConnection, name: &str, value: &str) -> QueryResult<String> {
    diesel::insert_into(ferrify_meta::table)
        .values((ferrify_meta::name.eq(name), ferrify_meta::value.eq(value)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    ferrify_meta::table.filter(ferrify_meta::name.eq(name)).select(ferrify_meta::value).first(conn).await
}
