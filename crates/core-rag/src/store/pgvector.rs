//! Vectors in Postgres, in Dify's layout: a table for each collection, `embedding_{collection}` in lower case, with `id`,
//! `text`, `meta` and `embedding`. Ferrify adds `ferrify_terms` for full text, also to tables that Dify made.
//!
//! Searches are functions of the database (see the migration `vector`): they take several tables, pass over those that
//! do not exist, and choose how the index is followed, in one round trip. Many tables are spread over a few statements that
//! run side by side.

mod create;
mod search;
mod table;
mod value;
mod write;

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::future::try_join_all;
use models::db::{Conn, Pool, QueryError};
use serde_json::Value;
use uuid::Uuid;

use super::vector_store::{check_entries, check_query, latest};
use super::{Collection, Entry, Found, MetadataKey, StoreError, Target, VectorStore};
use table::Table;
use value::{SqlVector, Vector};

/// The store on the installation's own database.
#[derive(Clone)]
pub struct PgVector {
    pool: Pool,
}

impl std::fmt::Debug for PgVector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PgVector")
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    meta: Option<Value>,
    #[diesel(sql_type = SqlVector)]
    embedding: Vector,
}

#[derive(QueryableByName)]
struct Has {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

impl PgVector {
    /// `kind` of the datasets whose vectors are here.
    pub const KIND: &'static str = "pgvector";

    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// What to do with the failure of a statement about one table: `instead` when there is no such table.
    async fn or_missing<T>(conn: &mut Conn, table: &Table, error: QueryError, instead: T) -> Result<T, StoreError> {
        let error = StoreError::from(error);
        // A broken connection says nothing about the table.
        if error.is_outage() || table.exists(conn).await? { Err(error) } else { Ok(instead) }
    }
}

#[async_trait]
impl VectorStore for PgVector {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let mut conn = self.pool.get().await?;
        let version = "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'vector' \
            AND string_to_array(extversion, '.')::integer[] >= '{0,8}') AS yes";
        let found: Has = diesel::sql_query(version).get_result(&mut conn).await?;
        if found.yes { Ok(()) } else { Err(StoreError::NoExtension) }
    }

    async fn ensure(&self, collection: &Collection) -> Result<(), StoreError> {
        let table = Table::of(collection)?;
        create::ensure(&mut self.pool.get().await?, &table, collection.dimensions).await
    }

    async fn upsert(&self, collection: &Collection, entries: &[Entry]) -> Result<(), StoreError> {
        check_entries(collection, entries)?;
        let table = Table::of(collection)?;
        let entries = latest(entries);
        if entries.is_empty() {
            return Ok(());
        }
        let mut conn = self.pool.get().await?;
        for batch in entries.chunks(write::BATCH) {
            if let Err(error) = write::upsert(&mut conn, &table, batch).await? {
                let missing = Self::or_missing(&mut conn, &table, error, ()).await;
                return missing.and(Err(StoreError::NoCollection(collection.name.clone())));
            }
        }
        Ok(())
    }

    async fn exists(&self, collection: &Collection, id: Uuid) -> Result<bool, StoreError> {
        let table = Table::of(collection)?;
        let mut conn = self.pool.get().await?;
        let asked = diesel::sql_query(format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE id = $1) AS yes"))
            .bind::<SqlUuid, _>(id)
            .get_result::<Has>(&mut conn)
            .await;
        match asked {
            Ok(found) => Ok(found.yes),
            Err(error) => Self::or_missing(&mut conn, &table, error, false).await,
        }
    }

    async fn delete(&self, collection: &Collection, ids: &[Uuid]) -> Result<(), StoreError> {
        let table = Table::of(collection)?;
        let mut conn = self.pool.get().await?;
        match write::delete(&mut conn, &table, ids).await {
            Ok(_) => Ok(()),
            Err(error) => Self::or_missing(&mut conn, &table, error, ()).await,
        }
    }

    async fn delete_by_metadata(
        &self,
        collection: &Collection,
        key: MetadataKey,
        value: &str,
    ) -> Result<(), StoreError> {
        let table = Table::of(collection)?;
        let mut conn = self.pool.get().await?;
        match write::delete_by_metadata(&mut conn, &table, key, value).await {
            Ok(_) => Ok(()),
            Err(error) => Self::or_missing(&mut conn, &table, error, ()).await,
        }
    }

    async fn search_vector(
        &self,
        targets: &[Target],
        vector: &[f32],
        documents: Option<&[Uuid]>,
    ) -> Result<Vec<Found>, StoreError> {
        check_query(targets, vector)?;
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let parts = targets.chunks(search::tables_of_a_statement(targets.len()));
        let searches =
            parts.map(async |part| search::by_vector(&mut self.pool.get().await?, part, vector, documents).await);
        Ok(try_join_all(searches).await?.concat())
    }

    async fn search_text(
        &self,
        targets: &[Target],
        terms: &[String],
        documents: Option<&[Uuid]>,
    ) -> Result<Vec<Found>, StoreError> {
        let Some(query) = super::terms::query_text(terms) else { return Ok(Vec::new()) };
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let parts = targets.chunks(search::tables_of_a_statement(targets.len()));
        let searches =
            parts.map(async |part| search::by_terms(&mut self.pool.get().await?, part, &query, documents).await);
        Ok(try_join_all(searches).await?.concat())
    }

    async fn vectors_of(
        &self,
        collections: &[Collection],
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, Vec<f32>>, StoreError> {
        search::vectors_of(&mut self.pool.get().await?, collections, ids).await
    }

    async fn drop_collection(&self, collection: &Collection) -> Result<(), StoreError> {
        let table = Table::of(collection)?;
        let mut conn = self.pool.get().await?;
        diesel::sql_query(format!("DROP TABLE IF EXISTS {table}")).execute(&mut conn).await?;
        Ok(())
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        let table = Table::of(collection)?;
        let mut conn = self.pool.get().await?;
        let asked =
            diesel::sql_query(format!("SELECT count(*) AS n FROM {table}")).get_result::<Count>(&mut conn).await;
        match asked {
            Ok(count) => Ok(count.n.unsigned_abs()),
            Err(error) => Self::or_missing(&mut conn, &table, error, 0).await,
        }
    }

    async fn scan(&self, collection: &Collection, after: Option<Uuid>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let table = Table::of(collection)?;
        let mut conn = self.pool.get().await?;
        let rows = diesel::sql_query(format!(
            "SELECT id, text, meta, embedding FROM {table} WHERE embedding IS NOT NULL AND ($1 IS NULL OR id > $1) ORDER BY id LIMIT $2"
        ))
        .bind::<Nullable<SqlUuid>, _>(after)
        .bind::<Integer, _>(i32::try_from(limit).unwrap_or(i32::MAX))
        .load::<Row>(&mut conn)
        .await;
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => return Self::or_missing(&mut conn, &table, error, Vec::new()).await,
        };
        let entry = |row: Row| {
            let metadata = search::metadata(row.meta)?;
            let text = row.text.unwrap_or_default();
            Ok(Entry { id: row.id, text, vector: row.embedding.0, terms: Vec::new(), metadata })
        };
        rows.into_iter().map(entry).collect()
    }
}
