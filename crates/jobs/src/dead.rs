//! Dead letters: jobs out of attempts, or that can never succeed. They stay until somebody retries or purges them.

use models::db::{AsyncPgConnection, QueryResult};

pub use models::job::{DeadFilter, DeadJob};

/// The latest dead letters, latest first.
pub async fn list(conn: &mut AsyncPgConnection, filter: &DeadFilter, limit: i64) -> QueryResult<Vec<DeadJob>> {
    DeadJob::list(conn, filter, limit).await
}

/// Makes them ready again with all their attempts; how many.
pub async fn retry(conn: &mut AsyncPgConnection, filter: &DeadFilter) -> QueryResult<usize> {
    DeadJob::retry(conn, filter).await
}

/// Removes them for good; how many.
pub async fn purge(conn: &mut AsyncPgConnection, filter: &DeadFilter) -> QueryResult<usize> {
    DeadJob::purge(conn, filter).await
}
