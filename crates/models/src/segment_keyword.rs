//! Keywords of segments: the index of economical datasets. The rows are found by dataset; whoever calls has loaded that
//! through its workspace.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_segment_keywords as keywords;

/// Characters of a keyword that count; longer ones do not fit into the index.
const LONGEST: usize = 255;
/// Rows of one statement.
const BATCH: usize = 5000;

/// A segment has a keyword.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentKeyword {
    pub dataset_id: Uuid,
    pub keyword: String,
    /// The segment's index node id.
    pub node_id: Uuid,
    pub document_id: Uuid,
}

/// A segment that has some of the keywords.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct KeywordHit {
    #[diesel(sql_type = SqlUuid)]
    pub dataset_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub node_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub document_id: Uuid,
    /// How many of them.
    #[diesel(sql_type = BigInt)]
    pub matches: i64,
}

/// As it is stored: no NUL, not too long. Nothing is left of some.
fn stored(keyword: &str) -> Option<String> {
    let keyword: String = keyword.chars().filter(|c| *c != '\0').take(LONGEST).collect();
    (!keyword.is_empty()).then_some(keyword)
}

/// Adds keywords; those that are there already stay. One statement for thousands.
pub async fn insert(conn: &mut AsyncPgConnection, rows: &[SegmentKeyword]) -> QueryResult<()> {
    for batch in rows.chunks(BATCH) {
        let usable: Vec<(&SegmentKeyword, String)> =
            batch.iter().filter_map(|row| Some((row, stored(&row.keyword)?))).collect();
        let datasets: Vec<Uuid> = usable.iter().map(|(row, _)| row.dataset_id).collect();
        let nodes: Vec<Uuid> = usable.iter().map(|(row, _)| row.node_id).collect();
        let documents: Vec<Uuid> = usable.iter().map(|(row, _)| row.document_id).collect();
        let words: Vec<String> = usable.into_iter().map(|(_, word)| word).collect();
        if words.is_empty() {
            continue;
        }
        // In order, so that two writers meet rows in the same one.
        diesel::sql_query(
            "INSERT INTO ferrify_segment_keywords (dataset_id, keyword, node_id, document_id) \
             SELECT * FROM unnest($1, $2, $3, $4) AS n(dataset_id, keyword, node_id, document_id) ORDER BY 1, 2, 3 \
             ON CONFLICT DO NOTHING",
        )
        .bind::<Array<SqlUuid>, _>(datasets)
        .bind::<Array<Text>, _>(words)
        .bind::<Array<SqlUuid>, _>(nodes)
        .bind::<Array<SqlUuid>, _>(documents)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Forgets segments.
pub async fn delete_nodes(conn: &mut AsyncPgConnection, dataset: Uuid, nodes: &[Uuid]) -> QueryResult<usize> {
    let rows = keywords::table.filter(keywords::dataset_id.eq(dataset)).filter(keywords::node_id.eq_any(nodes));
    diesel::delete(rows).execute(conn).await
}

/// Forgets documents.
pub async fn delete_documents(conn: &mut AsyncPgConnection, dataset: Uuid, documents: &[Uuid]) -> QueryResult<usize> {
    let rows = keywords::table.filter(keywords::dataset_id.eq(dataset)).filter(keywords::document_id.eq_any(documents));
    diesel::delete(rows).execute(conn).await
}

/// Forgets a dataset.
pub async fn delete_dataset(conn: &mut AsyncPgConnection, dataset: Uuid) -> QueryResult<usize> {
    diesel::delete(keywords::table.filter(keywords::dataset_id.eq(dataset))).execute(conn).await
}

/// Up to `limit` segments of each dataset: those with most of the keywords first, then by node. `documents`: only of
/// these. One statement.
pub async fn hits(
    conn: &mut AsyncPgConnection,
    datasets: &[Uuid],
    words: &[String],
    limit: i64,
    documents: Option<&[Uuid]>,
) -> QueryResult<Vec<KeywordHit>> {
    let words: HashSet<String> = words.iter().filter_map(|word| stored(word)).collect();
    if words.is_empty() || datasets.is_empty() {
        return Ok(Vec::new());
    }
    diesel::sql_query(
        "SELECT dataset_id, node_id, document_id, matches FROM ( \
            SELECT dataset_id, node_id, document_id, count(*) AS matches, \
                row_number() OVER (PARTITION BY dataset_id ORDER BY count(*) DESC, node_id) AS place \
            FROM ferrify_segment_keywords \
            WHERE dataset_id = ANY($1) AND keyword = ANY($2) AND ($4 IS NULL OR document_id = ANY($4)) \
            GROUP BY dataset_id, node_id, document_id) AS ranked \
         WHERE place <= $3 ORDER BY dataset_id, place",
    )
    .bind::<Array<SqlUuid>, _>(datasets)
    .bind::<Array<Text>, _>(words.into_iter().collect::<Vec<_>>())
    .bind::<BigInt, _>(limit)
    .bind::<Nullable<Array<SqlUuid>>, _>(documents)
    .load(conn)
    .await
}
