//! When a schedule fired last. It is a fact about the installation, kept in `ferrify_meta`.

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::NewJob;
use crate::db::{AsyncPgConnection, QueryResult};

#[derive(QueryableByName)]
struct Moved {
    #[diesel(sql_type = Bool)]
    known: bool,
}

/// Adds the job of a schedule's occurrence, unless that occurrence, or a later one, was dealt with before: of any
/// number of processes exactly one succeeds. A schedule that was never seen only begins to be remembered: what would
/// have been due before it existed is not made up for.
pub async fn fire(
    conn: &mut AsyncPgConnection,
    schedule: &str,
    occurrence: DateTime<Utc>,
    job: NewJob<'_>,
) -> QueryResult<bool> {
    // Of fixed width, so that texts compare like times.
    let at = occurrence.to_rfc3339_opts(SecondsFormat::Secs, true);
    conn.transaction(async |conn| {
        let moved: Vec<Moved> = diesel::sql_query(
            "INSERT INTO ferrify_meta AS m (name, value) VALUES ('schedule:' || $1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE m.value < excluded.value \
             RETURNING (xmax <> 0) AS known",
        )
        .bind::<Text, _>(schedule)
        .bind::<Text, _>(&at)
        .load(conn)
        .await?;
        if moved.into_iter().next().is_none_or(|moved| !moved.known) {
            return Ok(false);
        }
        Ok(!super::insert(conn, &[job]).await?.is_empty())
    })
    .await
}
