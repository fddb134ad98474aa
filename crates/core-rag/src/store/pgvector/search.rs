//! Searching several tables in one round trip.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, Double, Float, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use models::db::Conn;
use serde_json::Value;
use uuid::Uuid;

use super::table::Table;
use crate::store::{Collection, EntryMetadata, Found, StoreError, Target};

#[derive(QueryableByName)]
struct FoundRow {
    /// Of the table in the list, from one.
    #[diesel(sql_type = Integer)]
    place: i32,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    body: Option<String>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    meta: Option<Value>,
    #[diesel(sql_type = Double)]
    score: f64,
}

#[derive(QueryableByName)]
struct VectorRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Array<Float>)]
    embedding: Vec<f32>,
}

/// What the functions want to know of the targets.
struct Lists {
    tables: Vec<String>,
    limits: Vec<i32>,
}

impl Lists {
    fn of(targets: &[Target]) -> Result<Self, StoreError> {
        let tables = targets.iter().map(|target| Ok(Table::of(&target.collection)?.name().to_owned()));
        Ok(Self {
            tables: tables.collect::<Result<_, StoreError>>()?,
            limits: targets.iter().map(|target| i32::try_from(target.top_k).unwrap_or(i32::MAX)).collect(),
        })
    }
}

/// Up to so many tables one statement is quicker than two.
const TABLES: usize = 10;
/// Statements of one search that run side by side, at most.
const STATEMENTS: usize = 3;

/// How many of so many tables each statement searches.
pub(super) fn tables_of_a_statement(tables: usize) -> usize {
    tables.div_ceil(STATEMENTS).max(TABLES)
}

fn texts(documents: Option<&[Uuid]>) -> Option<Vec<String>> {
    documents.map(|documents| documents.iter().map(Uuid::to_string).collect())
}

pub(super) async fn by_vector(
    conn: &mut Conn,
    targets: &[Target],
    vector: &[f32],
    documents: Option<&[Uuid]>,
) -> Result<Vec<Found>, StoreError> {
    let lists = Lists::of(targets)?;
    let rows = diesel::sql_query("SELECT * FROM ferrify_search_vectors($1, $2, $3, $4)")
        .bind::<Array<Text>, _>(lists.tables)
        .bind::<Array<Integer>, _>(lists.limits)
        .bind::<Array<Float>, _>(vector)
        .bind::<Nullable<Array<Text>>, _>(texts(documents))
        .load(conn)
        .await?;
    let mut found = found(targets, rows)?;
    let threshold: HashMap<Uuid, f64> =
        targets.iter().map(|target| (target.collection.dataset, target.score_threshold)).collect();
    // A row that is similar to nothing, of length zero, has no score.
    found.retain(|row| threshold.get(&row.dataset).is_some_and(|threshold| row.score >= *threshold));
    Ok(best(targets, found))
}

/// Each row once, the best of each target first, and no more of them than it wants.
fn best(targets: &[Target], mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by(|a, b| a.dataset.cmp(&b.dataset).then(b.score.total_cmp(&a.score)).then(a.id.cmp(&b.id)));
    found.dedup_by_key(|row| (row.dataset, row.id));
    let mut wanted: HashMap<Uuid, usize> =
        targets.iter().map(|target| (target.collection.dataset, target.top_k)).collect();
    found.retain(|row| match wanted.get_mut(&row.dataset) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    });
    found
}

pub(super) async fn by_terms(
    conn: &mut Conn,
    targets: &[Target],
    query: &str,
    documents: Option<&[Uuid]>,
) -> Result<Vec<Found>, StoreError> {
    let lists = Lists::of(targets)?;
    let rows = diesel::sql_query("SELECT * FROM ferrify_search_terms($1, $2, $3, $4)")
        .bind::<Array<Text>, _>(lists.tables)
        .bind::<Array<Integer>, _>(lists.limits)
        .bind::<Text, _>(query)
        .bind::<Nullable<Array<Text>>, _>(texts(documents))
        .load(conn)
        .await?;
    Ok(best(targets, found(targets, rows)?))
}

fn found(targets: &[Target], rows: Vec<FoundRow>) -> Result<Vec<Found>, StoreError> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let place = usize::try_from(row.place).ok().and_then(|place| place.checked_sub(1));
        let target = place.and_then(|place| targets.get(place));
        let target = target.ok_or_else(|| StoreError::Answer(format!("no table has the place {}", row.place)))?;
        let metadata = metadata(row.meta)?;
        let (text, score) = (row.body.unwrap_or_default(), row.score);
        all.push(Found { dataset: target.collection.dataset, id: row.id, text, metadata, score });
    }
    Ok(all)
}

pub(super) fn metadata(stored: Option<Value>) -> Result<EntryMetadata, StoreError> {
    let Some(stored) = stored else { return Ok(EntryMetadata::default()) };
    serde_json::from_value(stored).map_err(|e| StoreError::Answer(format!("metadata of a vector: {e}")))
}

pub(super) async fn vectors_of(
    conn: &mut Conn,
    collections: &[Collection],
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<f32>>, StoreError> {
    if collections.is_empty() || ids.is_empty() {
        return Ok(HashMap::new());
    }
    let tables = collections.iter().map(|collection| Ok(Table::of(collection)?.name().to_owned()));
    let rows: Vec<VectorRow> = diesel::sql_query("SELECT * FROM ferrify_vectors_of($1, $2)")
        .bind::<Array<Text>, _>(tables.collect::<Result<Vec<_>, StoreError>>()?)
        .bind::<Array<SqlUuid>, _>(ids)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.embedding)).collect())
}
