//! Vectors in a real Postgres.

use std::sync::Arc;

use core_rag::store::{Collection, Entry, EntryMetadata, PgVector, StoreError, Target, VectorStore};
use serde_json::json;
use test_kit::TestDatabase;
use uuid::Uuid;

use crate::conformance;

#[tokio::test(flavor = "multi_thread")]
async fn it_does_what_every_store_does() {
    let database = TestDatabase::create().await;
    conformance::all(Arc::new(PgVector::new(database.pool()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_dify_is_taken_over() {
    let database = TestDatabase::create().await;
    let (store, rows) = (PgVector::new(database.pool()), database.rows());
    let collection = conformance::collection();
    let table = format!("embedding_{}", collection.name);
    let create = format!(
        "CREATE TABLE {table} (id uuid PRIMARY KEY, text text NOT NULL, meta jsonb NOT NULL, embedding vector(4) NOT NULL) USING heap"
    );
    rows.execute(&create, &[]).await;
    let index = format!(
        "CREATE INDEX embedding_cosine_v1_idx ON {table} USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
    );
    rows.execute(&index, &[]).await;
    let (id, document) = (Uuid::new_v4(), Uuid::new_v4());
    let meta = json!({"doc_id": id, "document_id": document, "dataset_id": collection.dataset, "doc_hash": "h"});
    let insert = format!("INSERT INTO {table} VALUES ($1::uuid, 'theirs', $2::jsonb, '[1,0,0,0]')");
    rows.execute(&insert, &[&id.to_string(), &meta.to_string()]).await;

    let target = [Target { collection: collection.clone(), top_k: 3, score_threshold: 0.0 }];
    let found = store.search_vector(&target, &[1.0, 0.0, 0.0, 0.0], None).await.unwrap();
    assert_eq!((found[0].id, found[0].text.as_str(), found[0].metadata.document_id), (id, "theirs", Some(document)));
    assert_eq!(store.search_text(&target, &["theirs".to_owned()], None).await.unwrap(), []);

    store.ensure(&collection).await.unwrap();
    let ours = Entry {
        id: Uuid::new_v4(),
        text: "ours".to_owned(),
        vector: vec![0.0, 1.0, 0.0, 0.0],
        terms: vec!["ours".to_owned()],
        metadata: EntryMetadata::default(),
    };
    store.upsert(&collection, std::slice::from_ref(&ours)).await.unwrap();
    assert_eq!(store.search_text(&target, &["ours".to_owned()], None).await.unwrap()[0].id, ours.id);
    assert_eq!(store.count(&collection).await.unwrap(), 2);
    let condition = "tablename = $1 AND indexdef LIKE '%hnsw%'";
    assert_eq!(rows.count("pg_indexes", condition, &[&cut(&table)]).await, 1, "theirs is used on");
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_decide_about_the_index() {
    let database = TestDatabase::create().await;
    let (store, rows) = (PgVector::new(database.pool()), database.rows());
    for (dimensions, index) in [(2000, "vector_cosine_ops"), (3000, "halfvec_cosine_ops"), (4500, "")] {
        let collection = Collection { dimensions, ..conformance::collection() };
        store.ensure(&collection).await.unwrap();
        let table = format!("embedding_{}", collection.name);
        let hnsw = rows
            .all("SELECT indexdef FROM pg_indexes WHERE tablename = $1 AND indexdef LIKE '%hnsw%'", &[&cut(&table)])
            .await;
        assert_eq!(hnsw.len(), usize::from(!index.is_empty()), "{dimensions}");
        assert!(hnsw.iter().all(|row| row["indexdef"].as_str().unwrap().contains(index)));
        let vectors = [0, 1, 2].map(|axis| {
            let mut vector = vec![0.0; dimensions];
            vector[axis] = 1.0;
            vector[axis + 1] = 0.5;
            vector
        });
        let entry = |vector: &Vec<f32>| Entry {
            id: Uuid::new_v4(),
            text: String::new(),
            vector: vector.clone(),
            terms: Vec::new(),
            metadata: EntryMetadata::default(),
        };
        let entries: Vec<Entry> = vectors.iter().map(entry).collect();
        store.upsert(&collection, &entries).await.unwrap();
        let target = [Target { collection, top_k: 2, score_threshold: 0.0 }];
        let found = store.search_vector(&target, &vectors[1], None).await.unwrap();
        assert_eq!((found.len(), found[0].id), (2, entries[1].id), "{dimensions}");
        assert!((found[0].score - 1.0).abs() < 1e-6);
    }
    for dimensions in [0, 16_001] {
        let made = store.ensure(&Collection { dimensions, ..conformance::collection() }).await;
        assert!(matches!(made, Err(StoreError::Unsupported(_))), "{made:?}");
    }
}

/// A term that has to be quoted.
const RARE: &str = r"r'a\re";

/// The filter admits more than are compared one by one, and all of them lie behind what it refuses.
#[tokio::test(flavor = "multi_thread")]
async fn large_tables_are_searched_in_their_own_way() {
    let database = TestDatabase::create().await;
    let store = PgVector::new(database.pool());
    let collection = conformance::collection();
    store.ensure(&collection).await.unwrap();
    let (near, far) = (Uuid::new_v4(), Uuid::new_v4());
    let entry = |document, degrees: f32| Entry {
        id: Uuid::new_v4(),
        text: String::new(),
        vector: vec![degrees.to_radians().cos(), degrees.to_radians().sin(), 0.0, 0.0],
        terms: vec!["common".to_owned()],
        metadata: EntryMetadata { document_id: Some(document), ..EntryMetadata::default() },
    };
    let mut entries: Vec<Entry> = (0..3000_u16).map(|n| entry(near, f32::from(n) / 100.0)).collect();
    entries.extend((0..2500_u16).map(|n| entry(far, 60.0 + f32::from(n) / 100.0)));
    let mut rare: Vec<Uuid> = entries[40..43].iter().map(|entry| entry.id).collect();
    rare.sort();
    entries[40..43].iter_mut().for_each(|entry| entry.terms.push(RARE.to_owned()));
    store.upsert(&collection, &entries).await.unwrap();
    database.rows().execute(&format!("ANALYZE embedding_{}", collection.name), &[]).await;
    let target = [Target { collection, top_k: 10, score_threshold: 0.0 }];
    // Everything has the common term; the rows of the rare one are looked at, and others when these are too few.
    let terms = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let words = terms(&["common", RARE]);
    let found = store.search_text(&target, &words, None).await.unwrap();
    assert_eq!(found.len(), 10);
    let mut best: Vec<Uuid> = found[..3].iter().map(|found| found.id).collect();
    best.sort();
    assert_eq!(best, rare, "{found:?}");
    let few = [Target { top_k: 2, ..target[0].clone() }];
    let found = store.search_text(&few, &words, None).await.unwrap();
    assert!(found.len() == 2 && found.iter().all(|found| rare.contains(&found.id)));
    let found = store.search_vector(&target, &[1.0, 0.0, 0.0, 0.0], Some(&[far])).await.unwrap();
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|found| found.metadata.document_id == Some(far)));
    assert_eq!(found[0].id, entries[3000].id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_a_statement_for_ten_tables() {
    let database = TestDatabase::create().await;
    let store = PgVector::new(database.pool());
    let mut targets = Vec::new();
    for _ in 0..30 {
        let collection = conformance::collection();
        store.ensure(&collection).await.unwrap();
        targets.push(Target { collection, top_k: 3, score_threshold: 0.0 });
    }
    let rows = database.rows();
    let calls =
        "SELECT coalesce(sum(calls), 0)::bigint AS n FROM pg_stat_user_functions WHERE funcname LIKE 'ferrify_search%'";
    rows.execute(
        "ALTER DATABASE current SET track_functions = 'all'".replace("current", &name_of(&database)).as_str(),
        &[],
    )
    .await;
    let fresh = models::db::Pool::new(database.postgres_url(), 1, std::time::Duration::from_secs(5)).unwrap();
    let store = PgVector::new(fresh.clone());
    // One for ten tables, three for thirty.
    store.search_vector(&targets[..10], &[1.0, 0.0, 0.0, 0.0], None).await.unwrap();
    store.search_text(&targets, &["a".to_owned()], None).await.unwrap();
    drop((store, fresh));
    // Counters are handed in when a session ends.
    for _ in 0..100 {
        if rows.one(calls, &[]).await["n"] == 4 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{:?}", rows.one(calls, &[]).await);
}

fn name_of(database: &TestDatabase) -> String {
    use secrecy::ExposeSecret;
    database.postgres_url().expose_secret().rsplit('/').next().unwrap().to_owned()
}

/// As Postgres folds and cuts names.
fn cut(name: &str) -> String {
    name.to_lowercase().chars().take(63).collect()
}
