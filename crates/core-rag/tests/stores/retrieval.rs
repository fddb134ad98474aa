//! Searching datasets whose vectors are in a real Postgres.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use core_rag::retrieve::{
    EmbedError, Embedder, Hit, HitKind, Place, Question, RerankError, Reranker, RetrievalModel, RetrieveError,
    Retriever, Searched, Technique,
};
use core_rag::store::{Collection, Entry, EntryMetadata, PgVector, VectorStore};
use models::segment_keyword::{self, SegmentKeyword};
use serde_json::{Value, json};
use test_kit::TestDatabase;
use tokio::time::Instant;
use uuid::Uuid;

use crate::conformance;

/// Words are axes: a text's vector says which of them it has.
const WORDS: [&str; 4] = ["rust", "web", "garden", "cat"];

fn vector(text: &str) -> Vec<f32> {
    WORDS.iter().map(|word| if text.contains(word) { 1.0 } else { 0.01 }).collect()
}

fn terms(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[derive(Debug, Default)]
struct Words {
    calls: AtomicUsize,
    fails: bool,
    slow: bool,
}

#[async_trait]
impl Embedder for Words {
    fn key(&self) -> &str {
        "words"
    }

    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.slow {
            std::future::pending::<()>().await;
        }
        if self.fails { Err(EmbedError("no quota".to_owned())) } else { Ok(vector(text)) }
    }
}

/// Likes short texts, or fails.
#[derive(Debug, Default)]
struct Shortest {
    asked: Mutex<Vec<usize>>,
    fails: bool,
}

#[async_trait]
impl Reranker for Shortest {
    async fn rerank(&self, _query: &str, documents: &[&str], top_n: usize) -> Result<Vec<(usize, f64)>, RerankError> {
        self.asked.lock().unwrap().push(top_n);
        if self.fails {
            return Err(RerankError("overloaded".to_owned()));
        }
        let mut scored: Vec<(usize, f64)> = documents
            .iter()
            .enumerate()
            .map(|(place, text)| (place, 1.0 / f64::from(u32::try_from(text.len()).unwrap())))
            .collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1));
        scored.truncate(top_n);
        Ok(scored)
    }
}

struct World {
    database: TestDatabase,
    store: Arc<dyn VectorStore>,
    embedder: Arc<Words>,
    retriever: Retriever,
}

impl World {
    async fn new(embedder: Words) -> Self {
        let database = TestDatabase::create().await;
        let score = |query: &str, texts: &[&str]| {
            texts.iter().map(|text| if query.split(' ').any(|word| text.contains(word)) { 1.0 } else { 0.0 }).collect()
        };
        let retriever = Retriever::new(database.pool(), Arc::new(score));
        let store = Arc::new(PgVector::new(database.pool()));
        Self { database, store, embedder: Arc::new(embedder), retriever }
    }

    async fn dataset(&self, texts: &[&str], model: Value) -> Searched {
        let collection = conformance::collection();
        self.store.ensure(&collection).await.unwrap();
        let entry = |text: &&str| {
            let id = Uuid::new_v4();
            let metadata = EntryMetadata {
                doc_id: Some(id),
                document_id: Some(document(text)),
                dataset_id: Some(collection.dataset),
                ..EntryMetadata::default()
            };
            Entry { id, text: (*text).to_owned(), vector: vector(text), terms: terms(text), metadata }
        };
        let entries: Vec<Entry> = texts.iter().map(entry).collect();
        self.store.upsert(&collection, &entries).await.unwrap();
        let place = Place {
            store: Arc::clone(&self.store),
            collection: Collection { dimensions: 0, ..collection.clone() },
            embedder: Arc::clone(&self.embedder) as Arc<dyn Embedder>,
        };
        Searched {
            dataset: collection.dataset,
            technique: Technique::HighQuality,
            model: RetrievalModel::from_stored(Some(&model)),
            place: Some(place),
            reranker: None,
        }
    }

    async fn ask(&self, datasets: &[Searched], text: &str) -> Result<Vec<Vec<Hit>>, RetrieveError> {
        self.ask_of(datasets, text, None).await
    }

    async fn ask_of(
        &self,
        datasets: &[Searched],
        text: &str,
        documents: Option<&[Uuid]>,
    ) -> Result<Vec<Vec<Hit>>, RetrieveError> {
        let terms = terms(text);
        let deadline = Instant::now() + Duration::from_secs(if self.embedder.slow { 1 } else { 20 });
        let question = Question { text, terms: &terms, keywords: &terms, documents, deadline };
        self.retriever.search(datasets, question).await
    }
}

/// Each text is a document.
fn document(text: &str) -> Uuid {
    Uuid::from_bytes(std::array::from_fn(|index| text.as_bytes().get(index).copied().unwrap_or_default()))
}

fn texts(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.text.as_str()).collect()
}

const TEXTS: [&str; 4] = ["rust web server", "rust book", "garden plants", "a cat"];

#[tokio::test(flavor = "multi_thread")]
async fn each_dataset_is_searched_in_its_own_way() {
    let world = World::new(Words::default()).await;
    let semantic = json!({"search_method": "semantic_search", "top_k": 2});
    let strict = json!({"search_method": "semantic_search", "top_k": 9, "score_threshold_enabled": true, "score_threshold": 0.9});
    let words = json!({"search_method": "full_text_search", "top_k": 9});
    let both = json!({"search_method": "hybrid_search", "top_k": 2});
    let mut datasets = Vec::new();
    for model in [semantic, strict, words, both] {
        datasets.push(world.dataset(&TEXTS, model).await);
    }
    let found = world.ask(&datasets, "rust web").await.unwrap();
    assert_eq!(texts(&found[0]), ["rust web server", "rust book"]);
    assert_eq!(texts(&found[1]), ["rust web server"]);
    assert_eq!(texts(&found[2]), ["rust web server", "rust book"]);
    assert!(found[2].iter().all(|hit| hit.kind == HitKind::FullText));
    assert_eq!(texts(&found[3]), ["rust web server", "rust book"]);
    assert_eq!(found[3][0].kind, HitKind::Vector, "the higher score of the two");
    assert!(found.iter().zip(&datasets).all(|(hits, searched)| hits.iter().all(|hit| hit.dataset == searched.dataset)));
    assert_eq!(world.embedder.calls.load(Ordering::Relaxed), 1, "one model, one vector");
    assert_eq!(found[0][0].document_id, Some(document("rust web server")));
    let filtered = world.ask_of(&datasets, "rust web", Some(&[document("rust book")])).await.unwrap();
    assert_eq!(
        filtered.iter().map(|hits| texts(hits)).collect::<Vec<_>>(),
        [vec!["rust book"], vec![], vec!["rust book"], vec!["rust book"]]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_compare_what_only_words_found_too() {
    let world = World::new(Words::default()).await;
    let model = |vector: f64, keyword: f64| {
        json!({"search_method": "hybrid_search", "top_k": 2, "reranking_enable": true, "reranking_mode": "weighted_score",
            "weights": {"vector_setting": {"vector_weight": vector}, "keyword_setting": {"keyword_weight": keyword}}})
    };
    // The vector of the first does not know `special`; only its words do.
    let texts_of = ["a special offer", "rust web", "rust web server", "rust"];
    let datasets = [world.dataset(&texts_of, model(0.0, 1.0)).await, world.dataset(&texts_of, model(1.0, 0.0)).await];
    let found = world.ask(&datasets, "special rust web").await.unwrap();
    assert!(found[0].iter().all(|hit| (hit.score.unwrap() - 1.0).abs() < 1e-9), "{found:?}");
    let mut best = texts(&found[1]);
    best.sort_unstable();
    assert_eq!(best, ["rust web", "rust web server"]);
    assert!(found[1].iter().all(|hit| (hit.score.unwrap() - 1.0).abs() < 1e-3), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerank_model_has_the_last_word_or_none() {
    let world = World::new(Words::default()).await;
    let model = |method: &str, threshold: f64| {
        json!({"search_method": method, "top_k": 2, "reranking_enable": true, "reranking_mode": "reranking_model",
            "reranking_model": {"reranking_provider_name": "p", "reranking_model_name": "m"},
            "score_threshold_enabled": threshold > 0.0, "score_threshold": threshold})
    };
    let reranker = Arc::new(Shortest::default());
    let mut semantic = world.dataset(&TEXTS, model("semantic_search", 0.0)).await;
    let mut hybrid = world.dataset(&TEXTS, model("hybrid_search", 0.2)).await;
    semantic.reranker = Some(Arc::clone(&reranker) as Arc<dyn Reranker>);
    hybrid.reranker = Some(Arc::clone(&reranker) as Arc<dyn Reranker>);
    let found = world.ask(&[semantic.clone(), hybrid], "rust web").await.unwrap();
    assert_eq!(texts(&found[0]), ["rust book", "rust web server"]);
    assert_eq!(texts(&found[1]), Vec::<&str>::new(), "no score of the model reaches the threshold");
    let failing = Arc::new(Shortest { fails: true, ..Shortest::default() });
    semantic.reranker = Some(Arc::clone(&failing) as Arc<dyn Reranker>);
    let found = world.ask(&[semantic], "rust web").await.unwrap();
    assert_eq!(texts(&found[0]), ["rust web server", "rust book"]);
    assert_eq!(*failing.asked.lock().unwrap(), [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn economical_datasets_count_keywords() {
    let world = World::new(Words::default()).await;
    let mut conn = world.database.conn().await;
    let (one, two, document) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    let row = |dataset, keyword: &str, node| SegmentKeyword {
        dataset_id: dataset,
        keyword: keyword.to_owned(),
        node_id: Uuid::from_u128(node),
        document_id: document,
    };
    let rows = [row(one, "rust", 1), row(one, "rust", 2), row(one, "web", 2), row(two, "rust", 3), row(two, "rust", 4)];
    segment_keyword::insert(&mut conn, &rows).await.unwrap();
    drop(conn);
    let economical = |dataset, top_k| Searched {
        dataset,
        technique: Technique::Economy,
        model: RetrievalModel { top_k, ..RetrievalModel::default() },
        place: None,
        reranker: None,
    };
    let nowhere = Searched { technique: Technique::HighQuality, ..economical(Uuid::new_v4(), 3) };
    let found = world.ask(&[economical(one, 5), nowhere, economical(two, 1)], "rust web").await.unwrap();
    let nodes: Vec<Vec<u128>> =
        found.iter().map(|hits| hits.iter().map(|hit| hit.node_id.as_u128()).collect()).collect();
    assert_eq!(nodes, [vec![2, 1], vec![], vec![3]]);
    assert!(found[0].iter().all(|hit| hit.score.is_none() && hit.kind == HitKind::Keyword));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_told() {
    let world = World::new(Words { fails: true, ..Words::default() }).await;
    let semantic = world.dataset(&TEXTS, json!({"search_method": "semantic_search", "top_k": 2})).await;
    let error = world.ask(std::slice::from_ref(&semantic), "rust").await.unwrap_err();
    assert!(matches!(&error, RetrieveError::Embed(_)) && error.to_string().contains("no quota"), "{error}");
    let slow = World { embedder: Arc::new(Words { slow: true, ..Words::default() }), ..world };
    let place = Place { embedder: Arc::clone(&slow.embedder) as Arc<dyn Embedder>, ..semantic.place.clone().unwrap() };
    let slowly = Searched { place: Some(place), ..semantic.clone() };
    assert!(matches!(slow.ask(&[slowly], "rust").await, Err(RetrieveError::Deadline)));
    // A store that is down, asked by both branches.
    let down =
        models::db::Pool::new(&"postgres://nobody@127.0.0.1:1/none".to_owned().into(), 1, Duration::from_secs(2));
    let place = Place {
        store: Arc::new(PgVector::new(down.unwrap())),
        embedder: Arc::new(Words::default()),
        ..semantic.place.clone().unwrap()
    };
    let model = RetrievalModel::from_stored(Some(&json!({"search_method": "hybrid_search"})));
    let error = slow.ask(&[Searched { place: Some(place), model, ..semantic }], "rust").await.unwrap_err();
    let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
    assert!(matches!(error, RetrieveError::Several(_)) && lines.len() == 2, "{lines:?}");
    assert!(lines[0].contains("cannot be reached") && lines[0].ends_with(';'), "{lines:?}");
}
