//! Writing and deleting rows.

use diesel::sql_types::{Array, Jsonb, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use models::db::{Conn, QueryResult};
use serde_json::Value;
use uuid::Uuid;

use super::table::Table;
use super::value::{SqlVector, Vector};
use crate::store::terms::vector_text;
use crate::store::{Entry, MetadataKey, StoreError};

/// Rows of one statement: some megabytes with large vectors.
pub(super) const BATCH: usize = 500;

/// One statement. The inner result is the database's.
pub(super) async fn upsert(
    conn: &mut Conn,
    table: &Table,
    entries: &[&Entry],
) -> Result<QueryResult<usize>, StoreError> {
    let mut ids = Vec::with_capacity(entries.len());
    let mut texts = Vec::with_capacity(entries.len());
    let mut metas: Vec<Value> = Vec::with_capacity(entries.len());
    let mut vectors = Vec::with_capacity(entries.len());
    let mut terms = Vec::with_capacity(entries.len());
    for entry in entries {
        ids.push(entry.id);
        texts.push(without_nul(&entry.text));
        let meta = serde_json::to_value(&entry.metadata).map_err(|e| StoreError::Answer(e.to_string()))?;
        metas.push(meta);
        vectors.push(Vector(entry.vector.clone()));
        terms.push(vector_text(&entry.terms));
    }
    let sql = format!(
        "INSERT INTO {table} (id, text, meta, embedding, ferrify_terms) \
         SELECT n.id, n.text, n.meta, n.embedding, n.terms::tsvector \
         FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::vector[], $5::text[]) AS n(id, text, meta, embedding, terms) \
         ON CONFLICT (id) DO UPDATE SET text = excluded.text, meta = excluded.meta, embedding = excluded.embedding, \
            ferrify_terms = excluded.ferrify_terms"
    );
    let statement = diesel::sql_query(sql)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Text>, _>(texts)
        .bind::<Array<Jsonb>, _>(metas)
        .bind::<Array<SqlVector>, _>(vectors)
        .bind::<Array<Text>, _>(terms);
    Ok(statement.execute(conn).await)
}

/// Postgres has no NUL in texts.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

pub(super) async fn delete(conn: &mut Conn, table: &Table, ids: &[Uuid]) -> QueryResult<usize> {
    diesel::sql_query(format!("DELETE FROM {table} WHERE id = ANY($1)"))
        .bind::<Array<SqlUuid>, _>(ids)
        .execute(conn)
        .await
}

pub(super) async fn delete_by_metadata(
    conn: &mut Conn,
    table: &Table,
    key: MetadataKey,
    value: &str,
) -> QueryResult<usize> {
    // The key stands in the statement itself, so that the index on the document's id is found.
    diesel::sql_query(format!("DELETE FROM {table} WHERE (meta->>'{}') = $1", key.as_str()))
        .bind::<Text, _>(without_nul(value))
        .execute(conn)
        .await
}
