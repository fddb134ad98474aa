//! From a question to the segments that answer it.

mod pictures;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use core_rag::keywords;
use core_rag::retrieve::{
    self, Hit, Member, Place, Question, RerankingMode, RetrievalModel, RetrieveError, Retriever, SearchMethod,
    Searched, Technique, group_children,
};
use core_rag::store::Stores;
use futures::future::join_all;
use models::child_chunk::ChildChunk;
use models::dataset::Dataset;
use models::dataset_binding::CollectionBinding;
use models::db::{DbError, Pool};
use models::document::Document;
use models::segment::Segment;
use models::segment_attachment::{self, Showing};
use models::{DatasetId, DocumentId, IndexingTechnique, SegmentId, TenantId, segment_index, segment_summary};
use tokio::time::Instant;

use super::Models;
use crate::error::GenerateError;

/// A dataset that is to be searched, and how.
#[derive(Debug, Clone)]
pub struct Asked {
    pub dataset: Dataset,
    pub model: RetrievalModel,
}

/// A child that was found.
#[derive(Debug, Clone)]
pub struct FoundChild {
    pub chunk: ChildChunk,
    pub score: Option<f64>,
}

/// A segment that was found, whether by itself or by its children.
#[derive(Debug, Clone)]
pub struct FoundSegment {
    pub segment: Segment,
    pub document: Document,
    /// `None` where it was found by keywords.
    pub score: Option<f64>,
    /// Of a parent those that were found, best first.
    pub children: Vec<FoundChild>,
    /// Where it was found by that.
    pub summary: Option<String>,
}

/// Why nothing could be found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error(transparent)]
    Model(#[from] GenerateError),
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<models::db::PoolError> for FindError {
    fn from(e: models::db::PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<models::db::QueryError> for FindError {
    fn from(e: models::db::QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// Searches datasets. Cheap to clone.
#[derive(Clone)]
pub struct Finder {
    pool: Pool,
    models: Models,
    stores: Stores,
    retriever: Retriever,
    /// A search that takes longer has failed.
    patience: Duration,
}

impl Finder {
    pub fn new(pool: Pool, models: Models, stores: Stores, patience: Duration) -> Self {
        let score = |query: &str, texts: &[&str]| keywords::keyword_scores(query, texts);
        let retriever = Retriever::new(pool.clone(), Arc::new(score));
        Self { pool, models, stores, retriever, patience }
    }

    pub fn models(&self) -> &Models {
        &self.models
    }

    /// What the datasets say to a question, each dataset in its own order. `documents`: only of these; `None`: of all.
    /// Datasets that were never indexed say nothing.
    ///
    /// # Errors
    /// When a model, a store or the database fails: half an answer would look whole.
    pub async fn find(
        &self,
        tenant: TenantId,
        asked: &[Asked],
        query: &str,
        documents: Option<&[DocumentId]>,
    ) -> Result<Vec<Vec<FoundSegment>>, FindError> {
        if asked.is_empty() || documents.is_some_and(<[DocumentId]>::is_empty) {
            return Ok(asked.iter().map(|_| Vec::new()).collect());
        }
        let deadline = Instant::now() + self.patience;
        let (searched, question) = self.prepare(tenant, asked, query).await?;
        let only: Option<Vec<uuid::Uuid>> = documents.map(|ids| ids.iter().map(|id| id.0).collect());
        let question = Question {
            text: query,
            terms: &question.terms,
            keywords: &question.keywords,
            documents: only.as_deref(),
            deadline,
        };
        let hits = self.retriever.search(&searched, question).await?;
        self.segments(tenant, asked, hits).await
    }

    async fn prepare(
        &self,
        tenant: TenantId,
        asked: &[Asked],
        query: &str,
    ) -> Result<(Vec<Searched>, Words), FindError> {
        let bindings = self.bindings(asked).await?;
        let prepared = join_all(asked.iter().map(|one| self.searched(tenant, one, query, &bindings))).await;
        let searched = prepared.into_iter().collect::<Result<Vec<_>, _>>()?;
        let text = query.to_owned();
        // The first question loads a dictionary.
        let words = tokio::task::spawn_blocking(move || Words {
            terms: keywords::query_terms(&text),
            keywords: keywords::query_keys(&text),
        });
        let words = words.await.map_err(|e| GenerateError::Internal(e.to_string()))?;
        Ok((searched, words))
    }

    async fn bindings(&self, asked: &[Asked]) -> Result<HashMap<uuid::Uuid, String>, FindError> {
        // Only stores that group by model ask for them.
        let shared = |one: &&Asked| self.stores.groups_by_model(one.dataset.index_struct.as_deref());
        let ids: Vec<uuid::Uuid> =
            asked.iter().filter(shared).filter_map(|one| one.dataset.collection_binding_id).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut conn = self.pool.get().await?;
        let found = CollectionBinding::find_all(&mut conn, &ids).await?;
        Ok(found.into_iter().map(|binding| (binding.id, binding.collection_name)).collect())
    }

    async fn searched(
        &self,
        tenant: TenantId,
        asked: &Asked,
        query: &str,
        bindings: &HashMap<uuid::Uuid, String>,
    ) -> Result<Searched, FindError> {
        let Asked { dataset, model } = asked;
        let by_vectors = dataset.indexing_technique == Some(IndexingTechnique::HighQuality);
        let mut searched = Searched {
            dataset: dataset.id.0,
            technique: if by_vectors { Technique::HighQuality } else { Technique::Economy },
            model: model.clone(),
            place: None,
            reranker: None,
        };
        if by_vectors && dataset.index_struct.is_some() {
            searched.place = Some(self.place(tenant, asked, query, bindings).await?);
        }
        if model.reranking() == Some(RerankingMode::RerankingModel)
            && let Some(named) = model.named_reranking_model()
        {
            searched.reranker = self.reranker(tenant, named).await;
        }
        Ok(searched)
    }

    async fn place(
        &self,
        tenant: TenantId,
        asked: &Asked,
        query: &str,
        bindings: &HashMap<uuid::Uuid, String>,
    ) -> Result<Place, FindError> {
        let dataset = &asked.dataset;
        let embedder = self.models.embedder_of(tenant, dataset).await?;
        let dimensions = match asked.model.search_method {
            SearchMethod::SemanticSearch | SearchMethod::HybridSearch => embedder.query(query).await?.len(),
            SearchMethod::FullTextSearch | SearchMethod::KeywordSearch => 0,
        };
        let index_struct = dataset.index_struct.as_deref();
        let binding = dataset.collection_binding_id.and_then(|id| bindings.get(&id)).map(String::as_str);
        let store = self.stores.of_dataset(index_struct).map_err(RetrieveError::from)?;
        let collection = self.stores.collection(dataset.id.0, index_struct, binding, dimensions);
        Ok(Place { store, collection, embedder: Arc::new(embedder) })
    }

    /// A ranking model that cannot be used is one that failed: there are results without it.
    async fn reranker(
        &self,
        tenant: TenantId,
        named: &retrieve::RerankingModel,
    ) -> Option<Arc<dyn retrieve::Reranker>> {
        let (provider, model) = (&named.reranking_provider_name, &named.reranking_model_name);
        match self.models.reranker(tenant, provider, model).await {
            Ok(reranker) => Some(Arc::new(reranker)),
            Err(error) => {
                tracing::warn!(error = %error, model, "a ranking model cannot be used; results keep their order");
                None
            }
        }
    }

    /// The segments behind hits. What is disabled, archived or gone by now is left out.
    async fn segments(
        &self,
        tenant: TenantId,
        asked: &[Asked],
        hits: Vec<Vec<Hit>>,
    ) -> Result<Vec<Vec<FoundSegment>>, FindError> {
        let (mut nodes, mut summarised): (Vec<String>, Vec<SegmentId>) = (Vec::new(), Vec::new());
        let pictures = pictures::seen(&hits);
        for hit in hits.iter().flatten().filter(|hit| !hit.is_image()) {
            match summarised_by(hit) {
                Some(segment) => summarised.push(segment),
                None => nodes.push(hit.node_id.to_string()),
            }
        }
        if nodes.is_empty() && summarised.is_empty() && pictures.is_empty() {
            return Ok(asked.iter().map(|_| Vec::new()).collect());
        }
        let datasets: Vec<DatasetId> = asked.iter().map(|one| one.dataset.id).collect();
        let (own, parents, summaries, showing) = {
            let mut conn = self.pool.get().await?;
            let own = segment_index::found(&mut conn, tenant, &datasets, &nodes, &summarised).await?;
            let known = |node: &&String| own.iter().any(|(s, _)| s.index_node_id.as_deref() == Some(node.as_str()));
            let rest: Vec<String> = nodes.iter().filter(|node| !known(node)).cloned().collect();
            let parents = if rest.is_empty() {
                Vec::new()
            } else {
                segment_index::parents_found(&mut conn, tenant, &datasets, &rest).await?
            };
            let summaries = segment_summary::found(&mut conn, tenant, &summarised).await?;
            let showing = segment_attachment::segments_showing(&mut conn, tenant, &datasets, &pictures).await?;
            (own, parents, summaries, showing)
        };
        Ok(hits.into_iter().map(|hits| matched(hits, &own, &parents, &summaries, &showing)).collect())
    }
}

/// The words of a question.
struct Words {
    terms: Vec<String>,
    keywords: Vec<String>,
}

/// The segment whose summary was hit.
fn summarised_by(hit: &Hit) -> Option<SegmentId> {
    hit.metadata.is_summary.filter(|is_summary| *is_summary)?;
    hit.metadata.original_chunk_id.map(SegmentId)
}

/// Each segment once, with the best score of what it was found by.
fn matched(
    hits: Vec<Hit>,
    own: &[segment_index::Found],
    parents: &[(ChildChunk, Segment, Document)],
    summaries: &HashMap<SegmentId, String>,
    showing: &[Showing],
) -> Vec<FoundSegment> {
    let by_node: HashMap<&str, &segment_index::Found> =
        own.iter().filter_map(|found| Some((found.0.index_node_id.as_deref()?, found))).collect();
    let by_id: HashMap<SegmentId, &segment_index::Found> = own.iter().map(|found| (found.0.id, found)).collect();
    let by_child: HashMap<&str, &(ChildChunk, Segment, Document)> =
        parents.iter().filter_map(|found| Some((found.0.index_node_id.as_deref()?, found))).collect();
    let mut rows: HashMap<SegmentId, (&Segment, &Document)> = HashMap::new();
    let (mut members, mut by_summary) = (Vec::new(), HashSet::new());
    for hit in hits {
        if hit.is_image() {
            for shown in showing.iter().filter(|shown| pictures::is_of(shown, &hit)) {
                rows.insert(shown.segment.id, (&shown.segment, &shown.document));
                members.push((Member::Parent(shown.segment.id), hit.score));
            }
            continue;
        }
        let node = hit.node_id.to_string();
        let summarised = summarised_by(&hit);
        by_summary.extend(summarised);
        let segment = match summarised {
            Some(segment) => by_id.get(&segment),
            None => by_node.get(node.as_str()),
        };
        if let Some((segment, document)) = segment {
            rows.insert(segment.id, (segment, document));
            members.push((Member::Parent(segment.id), hit.score));
        } else if let Some((child, segment, document)) = by_child.get(node.as_str()) {
            rows.insert(segment.id, (segment, document));
            members.push((Member::Child { parent: segment.id, child: child.clone() }, hit.score));
        }
    }
    group_children(members)
        .into_iter()
        .filter_map(|family| {
            let (segment, document) = rows.get(&family.parent)?;
            Some(FoundSegment {
                segment: (*segment).clone(),
                document: (*document).clone(),
                score: family.score,
                children: family
                    .children
                    .into_iter()
                    .map(|child| FoundChild { chunk: child.child, score: child.score })
                    .collect(),
                summary: summaries.get(&family.parent).filter(|_| by_summary.contains(&family.parent)).cloned(),
            })
        })
        .collect()
}
