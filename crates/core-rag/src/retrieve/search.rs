//! Searching the datasets of one question.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, join_all};
use models::db::{DbError, Pool};
use models::segment_keyword::{self, KeywordHit};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::hit::{Hit, HitKind};
use super::model::{RetrievalModel, SearchMethod};
use super::models::{EmbedError, Embedder, Reranker};
use super::stage::{KeywordScore, Stage};
use crate::store::{Collection, EntryMetadata, Found, StoreError, Target, VectorStore};

/// Requests for vectors of one search that are made at once: a search of many datasets leaves connections to others.
const STATEMENTS: usize = 3;

/// How a dataset is indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Technique {
    HighQuality,
    Economy,
}

/// Where the vectors of a dataset are, and what makes the query's.
#[derive(Debug, Clone)]
pub struct Place {
    pub store: Arc<dyn VectorStore>,
    pub collection: Collection,
    pub embedder: Arc<dyn Embedder>,
}

/// A dataset that is to be searched.
#[derive(Debug, Clone)]
pub struct Searched {
    pub dataset: Uuid,
    pub technique: Technique,
    pub model: RetrievalModel,
    /// Of high quality datasets; without one nothing is found in them.
    pub place: Option<Place>,
    /// The rerank model that `model` names.
    pub reranker: Option<Arc<dyn Reranker>>,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    pub text: &'q str,
    /// Its terms, as the analyser for full text makes them.
    pub terms: &'q [String],
    /// Its keywords, for economical datasets.
    pub keywords: &'q [String],
    /// Only segments of these documents; `None`: of all.
    pub documents: Option<&'q [Uuid]>,
    /// When the search is given up.
    pub deadline: Instant,
}

/// Why a search gave nothing at all.
#[derive(Debug, thiserror::Error)]
pub enum RetrieveError {
    #[error("the knowledge bases did not answer in time")]
    Deadline,
    #[error(transparent)]
    Embed(#[from] EmbedError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] DbError),
    /// Messages of several branches, a line each.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(";\n"))]
    Several(Vec<RetrieveError>),
}

impl RetrieveError {
    fn of(mut errors: Vec<Self>) -> Option<Self> {
        if errors.len() > 1 { Some(Self::Several(errors)) } else { errors.pop() }
    }
}

/// Searches datasets. Cheap to clone.
#[derive(Clone)]
pub struct Retriever {
    pool: Pool,
    keyword_score: Arc<KeywordScore>,
}

/// Datasets that are asked together: their vectors are in one store, and their queries are embedded by one model.
struct Group<'s> {
    store: &'s dyn VectorStore,
    embedder: &'s dyn Embedder,
    members: Vec<(&'s Searched, &'s Collection)>,
}

/// The query's vector by one model. It is made when the first asks for it, and once.
type QueryVector<'q> = Shared<BoxFuture<'q, Result<Vec<f32>, EmbedError>>>;

/// What a group found, and the vector it was found with.
struct GroupFound {
    hits: Vec<Hit>,
    vector: Option<Vec<f32>>,
    members: Vec<Uuid>,
}

impl Retriever {
    pub fn new(pool: Pool, keyword_score: Arc<KeywordScore>) -> Self {
        Self { pool, keyword_score }
    }

    /// The hits of each dataset in its own order, datasets in the order they were given, each given once. Each dataset's own `top_k` and
    /// threshold are applied. An error of any branch fails the whole search, because half an answer would look whole;
    /// only a rerank model may fail.
    pub async fn search(&self, datasets: &[Searched], question: Question<'_>) -> Result<Vec<Vec<Hit>>, RetrieveError> {
        let whole = self.search_all(datasets, &question);
        timeout_at(question.deadline, Box::pin(whole)).await.map_err(|_elapsed| RetrieveError::Deadline)?
    }

    async fn search_all(&self, datasets: &[Searched], question: &Question<'_>) -> Result<Vec<Vec<Hit>>, RetrieveError> {
        let groups = groups(datasets);
        let mut queries: HashMap<&str, QueryVector<'_>> = HashMap::new();
        let searches: Vec<_> = groups
            .iter()
            .map(|group| {
                let query = queries.entry(group.embedder.key());
                let query = query.or_insert_with(|| group.embedder.embed_query(question.text).boxed().shared()).clone();
                group.search(question, query)
            })
            .collect();
        let vectors = join_all(searches);
        let (keywords, vectors) = futures::join!(self.by_keywords(datasets, question), vectors);
        let mut found: HashMap<Uuid, Vec<Hit>> = HashMap::new();
        let mut query_vectors: HashMap<Uuid, Arc<[f32]>> = HashMap::new();
        let mut errors = Vec::new();
        match keywords {
            Ok(hits) => hits.into_iter().for_each(|hit| found.entry(hit.dataset).or_default().push(hit)),
            Err(error) => errors.push(error),
        }
        for group in vectors {
            match group {
                Ok(group) => {
                    group.hits.into_iter().for_each(|hit| found.entry(hit.dataset).or_default().push(hit));
                    if let Some(vector) = group.vector {
                        let vector: Arc<[f32]> = vector.into();
                        query_vectors.extend(group.members.iter().map(|id| (*id, Arc::clone(&vector))));
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        if let Some(error) = RetrieveError::of(errors) {
            return Err(error);
        }
        let parts: Vec<(&Searched, Vec<Hit>)> =
            datasets.iter().map(|searched| (searched, found.remove(&searched.dataset).unwrap_or_default())).collect();
        let turns = Semaphore::new(STATEMENTS);
        let ranked = parts.into_iter().map(|(searched, hits)| {
            let vector = query_vectors.get(&searched.dataset).map(AsRef::as_ref);
            let stage = Stage { question, searched, vector, keyword_score: &*self.keyword_score, turns: &turns };
            async move {
                match searched.technique {
                    Technique::HighQuality => stage.rank(hits).await,
                    Technique::Economy => Ok(hits),
                }
            }
        });
        let (mut lists, mut errors) = (Vec::new(), Vec::new());
        for list in join_all(ranked).await {
            match list {
                Ok(list) => lists.push(list),
                Err(error) => errors.push(error.into()),
            }
        }
        RetrieveError::of(errors).map_or(Ok(lists), Err)
    }

    /// All economical datasets in one statement.
    async fn by_keywords(&self, datasets: &[Searched], question: &Question<'_>) -> Result<Vec<Hit>, RetrieveError> {
        let economy: HashMap<Uuid, usize> = datasets
            .iter()
            .filter(|searched| searched.technique == Technique::Economy)
            .map(|searched| (searched.dataset, top_k(searched)))
            .collect();
        let Some(most) = economy.values().max().filter(|_| !question.keywords.is_empty()) else {
            return Ok(Vec::new());
        };
        let ids: Vec<Uuid> = economy.keys().copied().collect();
        let limit = i64::try_from(*most).unwrap_or(i64::MAX);
        let mut conn = self.pool.get().await.map_err(DbError::from)?;
        let mut rows = segment_keyword::hits(&mut conn, &ids, question.keywords, limit, question.documents)
            .await
            .map_err(DbError::from)?;
        drop(conn);
        let mut taken: HashMap<Uuid, usize> = HashMap::new();
        rows.retain(|row| {
            let taken = taken.entry(row.dataset_id).or_default();
            *taken += 1;
            economy.get(&row.dataset_id).is_some_and(|top_k| *taken <= *top_k)
        });
        let hit = |row: KeywordHit| Hit {
            dataset: row.dataset_id,
            node_id: row.node_id,
            document_id: Some(row.document_id),
            score: None,
            kind: HitKind::Keyword,
            text: String::new(),
            metadata: EntryMetadata::default(),
        };
        Ok(rows.into_iter().map(hit).collect())
    }
}

fn top_k(searched: &Searched) -> usize {
    usize::try_from(searched.model.top_k).unwrap_or(usize::MAX)
}

/// Stores are the same when they are the same object.
fn groups(datasets: &[Searched]) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<(usize, &str), Group<'_>> = BTreeMap::new();
    for searched in datasets.iter().filter(|searched| searched.technique == Technique::HighQuality) {
        let Some(place) = &searched.place else { continue };
        let store = Arc::as_ptr(&place.store).cast::<()>().addr();
        let group = groups.entry((store, place.embedder.key())).or_insert_with(|| Group {
            store: &*place.store,
            embedder: &*place.embedder,
            members: Vec::new(),
        });
        group.members.push((searched, &place.collection));
    }
    groups.into_values().collect()
}

impl Group<'_> {
    /// The targets of the datasets whose method is one of these.
    fn targets(&self, methods: &[SearchMethod]) -> Vec<Target> {
        let wanted = self.members.iter().filter(|(searched, _)| methods.contains(&method(searched)));
        let target = |(searched, collection): &(&Searched, &Collection)| Target {
            collection: (*collection).clone(),
            top_k: top_k(searched),
            score_threshold: searched.model.threshold(),
        };
        wanted.map(target).collect()
    }

    /// Vectors and texts side by side: a request for each.
    async fn search(&self, question: &Question<'_>, query: QueryVector<'_>) -> Result<GroupFound, RetrieveError> {
        let semantic = self.targets(&[SearchMethod::SemanticSearch, SearchMethod::HybridSearch]);
        let texts = self.targets(&[SearchMethod::FullTextSearch, SearchMethod::HybridSearch]);
        let by_vector = async {
            if semantic.is_empty() {
                return Ok((None, Vec::new()));
            }
            let vector = query.await?;
            let found = self.store.search_vector(&semantic, &vector, question.documents).await?;
            Ok::<_, RetrieveError>((Some(vector), found))
        };
        let by_text = async {
            let found = self.store.search_text(&texts, question.terms, question.documents).await?;
            Ok::<_, RetrieveError>(found)
        };
        // Both are waited for: what failed in both is told.
        let (similar, worded) = futures::join!(by_vector, by_text);
        let mut errors = Vec::new();
        let (vector, similar) = similar.unwrap_or_else(|error| {
            errors.push(error);
            (None, Vec::new())
        });
        let worded = worded.unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        if let Some(error) = RetrieveError::of(errors) {
            return Err(error);
        }
        let of = |found: Vec<Found>, kind| found.into_iter().map(move |found| Hit::of(found, kind));
        let hits = of(similar, HitKind::Vector).chain(of(worded, HitKind::FullText)).collect();
        Ok(GroupFound { hits, vector, members: self.members.iter().map(|(searched, _)| searched.dataset).collect() })
    }
}

/// A dataset of high quality has no keywords to search by: its full text is the nearest to that.
fn method(searched: &Searched) -> SearchMethod {
    match searched.model.search_method {
        SearchMethod::KeywordSearch => SearchMethod::FullTextSearch,
        other @ (SearchMethod::SemanticSearch | SearchMethod::FullTextSearch | SearchMethod::HybridSearch) => other,
    }
}
