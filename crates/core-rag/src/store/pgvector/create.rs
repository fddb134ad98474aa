//! Making tables, and bringing those of Dify up to what is needed.

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use models::db::{AsyncConnection, Conn, alone_at};

use super::table::Table;
use crate::store::StoreError;

/// The most dimensions of the `vector` type, of an index on it, and of an index on its `halfvec` form.
const MOST: usize = 16_000;
const MOST_INDEXED: usize = 2000;
const MOST_HALF_INDEXED: usize = 4000;

/// How a table is at the moment.
#[derive(QueryableByName)]
struct State {
    #[diesel(sql_type = Bool)]
    has_extension: bool,
    /// `None`: no such table. -1: vectors of any size.
    #[diesel(sql_type = Nullable<Integer>)]
    dimensions: Option<i32>,
    #[diesel(sql_type = Bool)]
    has_terms: bool,
    /// Definitions.
    #[diesel(sql_type = Array<Text>)]
    indexes: Vec<String>,
}

const STATE: &str = "SELECT to_regtype('vector') IS NOT NULL AS has_extension, \
    (SELECT a.atttypmod FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attname = 'embedding' \
        AND NOT a.attisdropped) AS dimensions, \
    EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attname = 'ferrify_terms' \
        AND NOT a.attisdropped) AS has_terms, \
    coalesce((SELECT array_agg(pg_get_indexdef(i.indexrelid)) FROM pg_index i WHERE i.indrelid = to_regclass($1) \
        AND i.indisvalid), '{}') AS indexes";

impl State {
    async fn read(conn: &mut models::db::AsyncPgConnection, table: &Table) -> Result<Self, StoreError> {
        Ok(diesel::sql_query(STATE).bind::<Text, _>(table.name()).get_result(conn).await?)
    }

    fn has_index(&self, on: &str) -> bool {
        self.indexes.iter().any(|definition| definition.contains(on))
    }

    /// The statements that are still to be run for a whole table.
    fn lacks(&self, table: &Table, dimensions: usize) -> Vec<String> {
        let mut steps = Vec::new();
        if self.dimensions.is_none() {
            steps.push(format!(
                "CREATE TABLE {table} (id uuid PRIMARY KEY, text text NOT NULL, meta jsonb NOT NULL, \
                    embedding vector({dimensions}) NOT NULL, ferrify_terms tsvector)"
            ));
        } else if !self.has_terms {
            steps.push(format!("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS ferrify_terms tsvector"));
        }
        // Names are left to Postgres, which makes them unique.
        if dimensions <= MOST_HALF_INDEXED && !self.has_index("USING hnsw") {
            let on = if dimensions <= MOST_INDEXED {
                "embedding vector_cosine_ops".to_owned()
            } else {
                format!("(embedding::halfvec({dimensions})) halfvec_cosine_ops")
            };
            steps.push(format!("CREATE INDEX ON {table} USING hnsw ({on}) WITH (m = 16, ef_construction = 64)"));
        }
        if !self.has_index("(ferrify_terms)") {
            steps.push(format!("CREATE INDEX ON {table} USING gin (ferrify_terms)"));
        }
        if !self.has_index("'document_id'") {
            steps.push(format!("CREATE INDEX ON {table} ((meta->>'document_id'))"));
        }
        steps
    }

    fn check(&self, dimensions: usize) -> Result<(), StoreError> {
        if !self.has_extension {
            return Err(StoreError::NoExtension);
        }
        match self.dimensions.and_then(|stored| usize::try_from(stored).ok()) {
            Some(expected) if expected != dimensions => Err(StoreError::Dimensions { expected, got: dimensions }),
            _ => Ok(()),
        }
    }
}

/// One statement when everything is there; else one transaction, alone at this table.
pub(super) async fn ensure(conn: &mut Conn, table: &Table, dimensions: usize) -> Result<(), StoreError> {
    if dimensions == 0 || dimensions > MOST {
        return Err(StoreError::Unsupported(dimensions));
    }
    let state = State::read(conn, table).await?;
    state.check(dimensions)?;
    if state.lacks(table, dimensions).is_empty() {
        return Ok(());
    }
    conn.transaction::<_, StoreError, _>(async |conn| {
        alone_at(conn, table.name()).await?;
        let state = State::read(conn, table).await?;
        state.check(dimensions)?;
        for step in state.lacks(table, dimensions) {
            diesel::sql_query(step).execute(conn).await?;
        }
        Ok(())
    })
    .await
}
