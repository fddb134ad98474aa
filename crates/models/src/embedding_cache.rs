//! Vectors of texts that were embedded before, by model and content: the same text costs a model's time once.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_embeddings as embeddings;

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = embeddings)]
pub struct CachedEmbedding {
    pub provider_name: String,
    pub model_name: String,
    /// SHA-256 of the text.
    pub hash: Vec<u8>,
    /// 32-bit floats, little endian.
    pub embedding: Vec<u8>,
    pub created_at: NaiveDateTime,
}

/// Those of `hashes` that are known, with their vectors.
pub async fn known(
    conn: &mut AsyncPgConnection,
    provider: &str,
    model: &str,
    hashes: &[Vec<u8>],
) -> QueryResult<Vec<(Vec<u8>, Vec<u8>)>> {
    embeddings::table
        .filter(embeddings::provider_name.eq(provider))
        .filter(embeddings::model_name.eq(model))
        .filter(embeddings::hash.eq_any(hashes))
        .select((embeddings::hash, embeddings::embedding))
        .load(conn)
        .await
}

/// Remembers vectors; those that are known already stay.
pub async fn remember(conn: &mut AsyncPgConnection, new: &[CachedEmbedding]) -> QueryResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    diesel::insert_into(embeddings::table).values(new).on_conflict_do_nothing().execute(conn).await.map(drop)
}

/// Forgets vectors that are older; how many.
pub async fn forget_before(conn: &mut AsyncPgConnection, time: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(embeddings::table.filter(embeddings::created_at.lt(time))).execute(conn).await
}
