//! The keyword index of economical datasets.

use models::segment_keyword::{self, SegmentKeyword};
use test_kit::TestDatabase;
use uuid::Uuid;

fn row(dataset: Uuid, keyword: &str, node: u128, document: Uuid) -> SegmentKeyword {
    SegmentKeyword {
        dataset_id: dataset,
        keyword: keyword.to_owned(),
        node_id: Uuid::from_u128(node),
        document_id: document,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn most_keywords_come_first() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let (one, two, first, second) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    let mut rows = vec![
        row(one, "rust", 3, first),
        row(one, "web", 3, first),
        row(one, "rust", 2, second),
        row(one, "web", 1, second),
        row(one, "cat", 4, second),
        row(two, "rust", 5, first),
        row(two, &"long".repeat(1000), 6, first),
        row(two, "nul\0", 6, first),
        row(two, "", 6, first),
    ];
    segment_keyword::insert(&mut conn, &rows).await.unwrap();
    rows.truncate(2);
    segment_keyword::insert(&mut conn, &rows).await.unwrap();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let query = words(&["rust", "web", "rust", "nothing"]);
    let hits = segment_keyword::hits(&mut conn, &[one, two], &query, 2, None).await.unwrap();
    let mut seen: Vec<_> = hits.iter().map(|hit| (hit.dataset_id, hit.node_id.as_u128(), hit.matches)).collect();
    seen.sort_by_key(|(dataset, ..)| *dataset != one);
    assert_eq!(seen, [(one, 3, 2), (one, 1, 1), (two, 5, 1)]);
    let filtered = segment_keyword::hits(&mut conn, &[one], &query, 9, Some(&[second])).await.unwrap();
    assert_eq!(filtered.iter().map(|hit| hit.node_id.as_u128()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(segment_keyword::hits(&mut conn, &[one], &query, 9, Some(&[])).await.unwrap(), []);
    assert_eq!(segment_keyword::hits(&mut conn, &[one], &[], 9, None).await.unwrap(), []);
    let long = segment_keyword::hits(&mut conn, &[two], &words(&[&"long".repeat(1000)]), 9, None).await.unwrap();
    assert_eq!(long.len(), 1);

    assert_eq!(segment_keyword::delete_nodes(&mut conn, one, &[Uuid::from_u128(3), Uuid::from_u128(5)]).await, Ok(2));
    assert_eq!(segment_keyword::delete_documents(&mut conn, one, &[second]).await, Ok(3));
    assert_eq!(segment_keyword::delete_dataset(&mut conn, two).await, Ok(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_database_is_turned_round() {
    let database = TestDatabase::create().await;
    let rows = database.rows();
    let (economy, other, node) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    for (id, technique) in [(economy, "economy"), (other, "high_quality")] {
        rows.execute(
            "INSERT INTO datasets (id, tenant_id, name, created_by, indexing_technique) VALUES ($1::uuid, $1::uuid, $1, $1::uuid, $2)",
            &[&id.to_string(), technique],
        )
        .await;
    }
    let segment = async |dataset: Uuid, node: &str, keywords: &str, status: &str| {
        let id = Uuid::new_v4().to_string();
        rows.execute(
            "INSERT INTO document_segments (id, tenant_id, dataset_id, document_id, position, content, word_count, tokens, \
                hit_count, created_by, keywords, index_node_id, status) \
             VALUES ($1::uuid, $1::uuid, $2::uuid, $1::uuid, 1, '', 0, 0, 0, $1::uuid, $3::json, $4, $5)",
            &[&id, &dataset.to_string(), keywords, node, status],
        )
        .await;
    };
    segment(economy, &node.to_string(), r#"["rust","web","rust",""]"#, "completed").await;
    segment(economy, "no id", r#"["lost"]"#, "completed").await;
    segment(economy, &Uuid::new_v4().to_string(), r#"{"odd":1}"#, "completed").await;
    segment(economy, &Uuid::new_v4().to_string(), "null", "completed").await;
    segment(economy, &Uuid::new_v4().to_string(), r#"["early"]"#, "indexing").await;
    segment(other, &Uuid::new_v4().to_string(), r#"["vector"]"#, "completed").await;
    let up = include_str!("../../../../migrations/2026-11-26-000051_segment_keywords/up.sql");
    let backfill = &up.split_once("INSERT INTO").unwrap().1.trim().trim_end_matches(';');
    assert_eq!(rows.execute(&format!("INSERT INTO {backfill}"), &[]).await, 2);
    let node_rows = rows.count("ferrify_segment_keywords", "node_id = $1::uuid", &[&node.to_string()]).await;
    assert_eq!(node_rows, 2);
}
