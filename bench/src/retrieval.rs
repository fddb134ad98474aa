//! Figures of searching vectors and texts in Postgres: how many of the nearest are found, and how long it takes.

mod data;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use core_rag::retrieve::{
    EmbedError, Embedder, Place, Question, RetrievalModel, Retriever, SearchMethod, Searched, Technique,
};
use core_rag::store::{Collection, PgVector, Target, VectorStore};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Float, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use models::db::AsyncPgConnection;
use secrecy::ExposeSecret;
use test_kit::TestDatabase;
use uuid::Uuid;

use crate::engine::Times;
use crate::report::Report;

const SMALL: usize = 1000;
const MANY: usize = 30;
const TOP_K: u32 = 10;
const EXACT: u64 = 100;
const ASKED: u64 = 400;

/// Knows the vectors of questions by their numbers.
#[derive(Debug)]
struct Known;

#[async_trait::async_trait]
impl Embedder for Known {
    fn key(&self) -> &str {
        "known"
    }

    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        text.parse().map(data::question).map_err(|_not_a_number| EmbedError(text.to_owned()))
    }
}

struct Bench {
    /// Goes when the figures are taken.
    _database: TestDatabase,
    store: Arc<dyn VectorStore>,
    retriever: Retriever,
    /// Without a limit for statements.
    conn: AsyncPgConnection,
}

pub(crate) async fn run(report: &mut Report, segments: usize) -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let store: Arc<dyn VectorStore> = Arc::new(PgVector::new(database.pool()));
    let retriever = Retriever::new(database.pool(), Arc::new(|_: &str, texts: &[&str]| vec![0.0; texts.len()]));
    let conn = models::db::connect(database.postgres_url().expose_secret().to_owned()).await?;
    let mut bench = Bench { _database: database, store, retriever, conn };
    report.heading("Searching 30 datasets, and one of them");
    bench.many(report).await?;
    report.heading(&format!("Searching {segments} segments of {} dimensions", data::DIMENSIONS));
    bench.large(report, segments).await
}

impl Bench {
    async fn execute(&mut self, sql: &str) -> anyhow::Result<()> {
        diesel::sql_query(sql).execute(&mut self.conn).await.with_context(|| format!("`{sql}` failed"))?;
        Ok(())
    }

    async fn fill(&self, collection: &Collection, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
        let numbers: Vec<u64> = numbers.collect();
        for batch in numbers.chunks(1000) {
            let entries: Vec<_> = batch.iter().map(|number| data::entry(collection, *number)).collect();
            self.store.upsert(collection, &entries).await?;
        }
        Ok(())
    }

    fn searched(&self, collection: &Collection, method: SearchMethod) -> Searched {
        let model = RetrievalModel { search_method: method, top_k: TOP_K, ..RetrievalModel::default() };
        let place = Place { store: Arc::clone(&self.store), collection: collection.clone(), embedder: Arc::new(Known) };
        Searched {
            dataset: collection.dataset,
            technique: Technique::HighQuality,
            model,
            place: Some(place),
            reranker: None,
        }
    }

    /// Asks about `ASKED` different segments, one after another.
    async fn ask(&self, datasets: &[Searched], segments: u64) -> anyhow::Result<Times> {
        let mut times = Times::default();
        let mut random = data::Random::new(7);
        for round in 0..ASKED + 50 {
            let number = random.below(segments);
            let (text, words) = (number.to_string(), data::question_words(number));
            let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
            let question = Question { text: &text, terms: &words, keywords: &[], documents: None, deadline };
            let begun = Instant::now();
            let found = self.retriever.search(datasets, question).await?;
            let took = begun.elapsed();
            anyhow::ensure!(found.iter().any(|hits| !hits.is_empty()), "question {number} found nothing");
            // The first ones fill caches.
            if round >= 50 {
                times.add(took);
            }
        }
        Ok(times)
    }

    async fn many(&mut self, report: &mut Report) -> anyhow::Result<()> {
        let mut collections = Vec::new();
        for number in 0..MANY as u64 {
            let collection = collection();
            self.store.ensure(&collection).await?;
            let first = number * SMALL as u64;
            self.fill(&collection, first..first + SMALL as u64).await?;
            collections.push(collection);
        }
        // The same segments in one dataset.
        let whole = collection();
        self.store.ensure(&whole).await?;
        self.fill(&whole, 0..(MANY * SMALL) as u64).await?;
        self.execute("ANALYZE").await?;
        report.line("| method | datasets | segments of each | p50 ms | p95 ms |");
        report.line("| --- | ---: | ---: | ---: | ---: |");
        for (name, method) in methods() {
            let all: Vec<Searched> = collections.iter().map(|collection| self.searched(collection, method)).collect();
            let one = all.get(..1).context("there are datasets")?;
            let row = |datasets: usize, segments: usize, times: &Times| {
                let (p50, p95) = (millis(times.at(0.5)), millis(times.at(0.95)));
                format!("| {name} | {datasets} | {segments} | {p50:.2} | {p95:.2} |")
            };
            let times = self.ask(one, SMALL as u64).await?;
            report.line(&row(1, SMALL, &times));
            let times = self.ask(&[self.searched(&whole, method)], (MANY * SMALL) as u64).await?;
            report.line(&row(1, MANY * SMALL, &times));
            let times = self.ask(&all, (MANY * SMALL) as u64).await?;
            report.line(&row(MANY, SMALL, &times));
        }
        Ok(())
    }

    async fn large(&mut self, report: &mut Report, segments: usize) -> anyhow::Result<()> {
        let collection = collection();
        self.store.ensure(&collection).await?;
        let table: String = format!("embedding_{}", collection.name).to_lowercase().chars().take(63).collect();
        // A bulk load: rows first, the index at once afterwards.
        self.execute(&format!(
            "DO $$ DECLARE name text; BEGIN FOR name IN SELECT indexname FROM pg_indexes WHERE tablename = '{table}' \
             AND indexdef LIKE '%hnsw%' LOOP EXECUTE 'DROP INDEX ' || name; END LOOP; END $$"
        ))
        .await?;
        let begun = Instant::now();
        self.fill(&collection, 0..segments as u64).await?;
        report.line(&format!("Loading: {:.0} s without the index.", begun.elapsed().as_secs_f64()));
        self.execute("SET maintenance_work_mem = '1GB'").await?;
        self.execute("SET max_parallel_maintenance_workers = 2").await?;
        let begun = Instant::now();
        self.execute(&format!(
            "CREATE INDEX ON {table} USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
        ))
        .await?;
        report.line(&format!("Making the index: {:.0} s.", begun.elapsed().as_secs_f64()));
        self.execute(&format!("VACUUM ANALYZE {table}")).await?;
        report.line(&format!("recall@{TOP_K}: {:.4}", self.recall(&collection, &table, segments as u64).await?));
        report.line("\n| method | p50 ms | p95 ms |");
        report.line("| --- | ---: | ---: |");
        for (name, method) in methods() {
            let times = self.ask(&[self.searched(&collection, method)], segments as u64).await?;
            report.line(&format!("| {name} | {:.2} | {:.2} |", millis(times.at(0.5)), millis(times.at(0.95))));
        }
        Ok(())
    }

    /// The share of the truly nearest segments that are found.
    async fn recall(&mut self, collection: &Collection, table: &str, segments: u64) -> anyhow::Result<f64> {
        #[derive(QueryableByName)]
        struct Id {
            #[diesel(sql_type = SqlUuid)]
            id: Uuid,
        }
        self.execute("SET enable_indexscan = off").await?;
        let mut random = data::Random::new(3);
        let (mut hit, mut wanted) = (0, 0);
        for _ in 0..EXACT {
            let vector = data::question(random.below(segments));
            let nearest: Vec<Id> =
                diesel::sql_query(format!("SELECT id FROM {table} ORDER BY embedding <=> $1::vector LIMIT {TOP_K}"))
                    .bind::<Array<Float>, _>(&vector)
                    .load(&mut self.conn)
                    .await?;
            let target = Target { collection: collection.clone(), top_k: nearest.len(), score_threshold: 0.0 };
            let found = self.store.search_vector(&[target], &vector, None).await?;
            let found: HashSet<Uuid> = found.into_iter().map(|found| found.id).collect();
            wanted += nearest.len();
            hit += nearest.iter().filter(|row| found.contains(&row.id)).count();
        }
        #[expect(clippy::cast_precision_loss, reason = "thousands")]
        let share = hit as f64 / wanted as f64;
        Ok(share)
    }
}

fn methods() -> [(&'static str, SearchMethod); 3] {
    [
        ("semantic", SearchMethod::SemanticSearch),
        ("full text", SearchMethod::FullTextSearch),
        ("hybrid", SearchMethod::HybridSearch),
    ]
}

fn collection() -> Collection {
    let dataset = Uuid::new_v4();
    Collection { name: Collection::name_for("Vector_index", dataset), dataset, dimensions: data::DIMENSIONS }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
