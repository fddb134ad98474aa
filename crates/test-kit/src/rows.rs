//! Looking at rows, and changing them behind the server's back.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Jsonb, Text};
use diesel_async::RunQueryDsl;
use models::db::Pool;
use serde_json::Value;

/// Rows as JSON. Parameters are texts; cast them in the statement, like `$1::uuid`.
#[derive(Clone)]
pub struct Rows {
    pool: Pool,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Jsonb)]
    row: Value,
}

impl Rows {
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// All rows of a query, an object each.
    pub async fn all(&self, query: &str, parameters: &[&str]) -> Vec<Value> {
        let mut conn = self.pool.get().await.expect("a connection to the test's database");
        let sql = format!("SELECT to_jsonb(selected) AS row FROM ({query}) AS selected");
        let rows: Vec<Row> =
            bound(sql, parameters).load(&mut conn).await.unwrap_or_else(|e| panic!("`{query}` failed: {e}"));
        rows.into_iter().map(|row| row.row).collect()
    }

    /// The only row of a query.
    pub async fn one(&self, query: &str, parameters: &[&str]) -> Value {
        let mut rows = self.all(query, parameters).await;
        assert_eq!(rows.len(), 1, "`{query}` should find one row: {rows:?}");
        rows.remove(0)
    }

    /// How many rows a table has under a condition; `true` for all.
    pub async fn count(&self, table: &str, condition: &str, parameters: &[&str]) -> i64 {
        let found = self.one(&format!("SELECT count(*) AS n FROM {table} WHERE {condition}"), parameters).await;
        found.get("n").and_then(Value::as_i64).expect("a count is a number")
    }

    /// Any statement; how many rows it touched.
    pub async fn execute(&self, statement: &str, parameters: &[&str]) -> usize {
        let mut conn = self.pool.get().await.expect("a connection to the test's database");
        bound(statement.to_owned(), parameters)
            .execute(&mut conn)
            .await
            .unwrap_or_else(|e| panic!("`{statement}` failed: {e}"))
    }
}

fn bound<'q>(
    sql: String,
    parameters: &[&str],
) -> diesel::query_builder::BoxedSqlQuery<'q, Pg, diesel::query_builder::SqlQuery> {
    let query = diesel::sql_query(sql).into_boxed::<Pg>();
    parameters.iter().fold(query, |query, parameter| query.bind::<Text, _>((*parameter).to_owned()))
}
