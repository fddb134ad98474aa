//! Vectors in Qdrant, over its REST interface, in Dify's layout: collections shared by the datasets of one embedding
//! model, points with the payload `{page_content, metadata, group_id}`, `group_id` being the dataset. Ferrify adds
//! `ferrify_terms`, the analysed terms joined by blanks, with an index for full text.
//!
//! Qdrant does not rank full text: the candidates that have most of the terms are ranked here.

mod client;
mod create;
mod filter;
mod point;
mod rank;

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use config::QdrantSettings;
use futures::future::try_join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::vector_store::{check_entries, check_query, latest};
use super::{Collection, Entry, Found, MetadataKey, StoreError, Target, VectorStore};
use client::Client;
use point::Point;

/// Points of one request: some megabytes with large vectors.
const BATCH: usize = 200;

/// The store on an operator's Qdrant server.
#[derive(Debug, Clone)]
pub struct Qdrant {
    client: Client,
}

impl Qdrant {
    /// `kind` of the datasets whose vectors are here.
    pub const KIND: &'static str = "qdrant";

    /// A client of its own, because the server is the operator's and may be anywhere.
    pub fn new(settings: &QdrantSettings) -> Result<Self, StoreError> {
        Ok(Self { client: Client::new(settings)? })
    }

    /// The targets of each collection: one request for each.
    fn by_collection(targets: &[Target]) -> BTreeMap<&str, Vec<&Target>> {
        let mut groups: BTreeMap<&str, Vec<&Target>> = BTreeMap::new();
        for target in targets {
            groups.entry(&target.collection.name).or_default().push(target);
        }
        groups
    }

    /// What a batch of searches in one collection found; nothing when there is no such collection.
    async fn search_in(
        &self,
        name: &str,
        targets: &[&Target],
        vector: &[f32],
        documents: Option<&[Uuid]>,
    ) -> Result<Vec<Found>, StoreError> {
        let search = |target: &&Target| {
            json!({
                "query": vector, "filter": filter::of(target.collection.dataset, documents), "limit": target.top_k,
                "score_threshold": target.score_threshold, "with_payload": true
            })
        };
        let body = json!({"searches": targets.iter().map(search).collect::<Vec<_>>()});
        let answer = match self.client.post(name, "points/query/batch", &body).await {
            Err(error) => return Err(self.explain(name, error, vector.len()).await),
            Ok(None) => return Ok(Vec::new()),
            Ok(Some(answer)) => answer,
        };
        let results = point::array(&answer)?;
        let mut found = Vec::new();
        for (target, result) in targets.iter().zip(results) {
            let points =
                result.get("points").ok_or_else(|| StoreError::Answer("a search without points".to_owned()))?;
            let start = found.len();
            for point in point::many(points)? {
                found.push(point.into_found(target.collection.dataset)?);
            }
            if let Some(part) = found.get_mut(start..) {
                part.sort_by(|a: &Found, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
            }
        }
        Ok(found)
    }

    /// A refusal is often about the vector's size, which then can be said clearly.
    async fn explain(&self, name: &str, error: StoreError, got: usize) -> StoreError {
        let StoreError::Refused { status: 400 | 422, .. } = &error else { return error };
        match create::dimensions(&self.client, name).await {
            Ok(Some(expected)) if expected != got => StoreError::Dimensions { expected, got },
            _ => error,
        }
    }

    async fn candidates(
        &self,
        target: &Target,
        terms: &[&str],
        documents: Option<&[Uuid]>,
    ) -> Result<Vec<Found>, StoreError> {
        let body = json!({
            "filter": filter::with_terms(target.collection.dataset, documents, terms),
            "limit": rank::candidates(target.top_k), "with_payload": true, "with_vector": false
        });
        let answer = self.client.post(&target.collection.name, "points/scroll", &body).await?;
        let Some(answer) = answer else { return Ok(Vec::new()) };
        let points = point::many(answer.get("points").unwrap_or(&Value::Null))?;
        rank::best(points, terms, target)
    }

    async fn scroll(&self, name: &str, body: &Value) -> Result<Vec<Point>, StoreError> {
        let Some(answer) = self.client.post(name, "points/scroll", body).await? else { return Ok(Vec::new()) };
        point::many(answer.get("points").unwrap_or(&Value::Null))
    }
}

#[async_trait]
impl VectorStore for Qdrant {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.client.ping().await
    }

    async fn ensure(&self, collection: &Collection) -> Result<(), StoreError> {
        create::ensure(&self.client, collection).await
    }

    async fn upsert(&self, collection: &Collection, entries: &[Entry]) -> Result<(), StoreError> {
        check_entries(collection, entries)?;
        for batch in latest(entries).chunks(BATCH) {
            let points = batch.iter().map(|entry| point::of(collection, entry)).collect::<Result<Vec<_>, _>>()?;
            let written = self.client.put(&collection.name, "points?wait=true", &json!({"points": points})).await;
            match written {
                Ok(Some(_)) => {}
                Ok(None) => return Err(StoreError::NoCollection(collection.name.clone())),
                Err(error) => return Err(self.explain(&collection.name, error, collection.dimensions).await),
            }
        }
        Ok(())
    }

    async fn exists(&self, collection: &Collection, id: Uuid) -> Result<bool, StoreError> {
        let filter = filter::with_ids(&[collection.dataset], &[id]);
        let body = json!({"filter": filter, "limit": 1, "with_payload": false, "with_vector": false});
        let Some(answer) = self.client.post(&collection.name, "points/scroll", &body).await? else { return Ok(false) };
        Ok(!point::array(answer.get("points").unwrap_or(&Value::Null))?.is_empty())
    }

    async fn delete(&self, collection: &Collection, ids: &[Uuid]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        // By filter rather than by id: the collection is shared, and the ids must be the dataset's.
        let body = json!({"filter": filter::with_ids(&[collection.dataset], ids)});
        self.client.post(&collection.name, "points/delete?wait=true", &body).await.map(drop)
    }

    async fn delete_by_metadata(
        &self,
        collection: &Collection,
        key: MetadataKey,
        value: &str,
    ) -> Result<(), StoreError> {
        let body = json!({"filter": filter::with_metadata(collection.dataset, key, value)});
        self.client.post(&collection.name, "points/delete?wait=true", &body).await.map(drop)
    }

    async fn search_vector(
        &self,
        targets: &[Target],
        vector: &[f32],
        documents: Option<&[Uuid]>,
    ) -> Result<Vec<Found>, StoreError> {
        check_query(targets, vector)?;
        if documents.is_some_and(<[Uuid]>::is_empty) {
            return Ok(Vec::new());
        }
        let groups = Self::by_collection(targets);
        let searches = groups.iter().map(|(name, targets)| self.search_in(name, targets, vector, documents));
        Ok(try_join_all(searches).await?.concat())
    }

    async fn search_text(
        &self,
        targets: &[Target],
        terms: &[String],
        documents: Option<&[Uuid]>,
    ) -> Result<Vec<Found>, StoreError> {
        let terms = super::terms::distinct(terms);
        let terms: Vec<&str> = terms.into_iter().filter(|term| point::is_word(term)).collect();
        if terms.is_empty() || documents.is_some_and(<[Uuid]>::is_empty) {
            return Ok(Vec::new());
        }
        let searches = targets.iter().map(|target| self.candidates(target, &terms, documents));
        Ok(try_join_all(searches).await?.concat())
    }

    async fn vectors_of(
        &self,
        collections: &[Collection],
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, Vec<f32>>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut groups: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
        for collection in collections {
            groups.entry(&collection.name).or_default().push(collection.dataset);
        }
        let bodies: Vec<(&str, Value)> = groups
            .into_iter()
            .map(|(name, datasets)| {
                let filter = filter::with_ids(&datasets, ids);
                (name, json!({"filter": filter, "limit": ids.len(), "with_payload": false, "with_vector": true}))
            })
            .collect();
        let pages = try_join_all(bodies.iter().map(|(name, body)| self.scroll(name, body))).await?;
        Ok(pages.into_iter().flatten().filter_map(|point| Some((point.id, point.vector?))).collect())
    }

    async fn drop_collection(&self, collection: &Collection) -> Result<(), StoreError> {
        let body = json!({"filter": filter::of(collection.dataset, None)});
        self.client.post(&collection.name, "points/delete?wait=true", &body).await.map(drop)
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        let body = json!({"filter": filter::of(collection.dataset, None), "exact": true});
        let Some(answer) = self.client.post(&collection.name, "points/count", &body).await? else { return Ok(0) };
        let count = answer.get("count").and_then(Value::as_u64);
        count.ok_or_else(|| StoreError::Answer("a count without a number".to_owned()))
    }

    async fn scan(&self, collection: &Collection, after: Option<Uuid>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        // The offset is the first point of the page: one that is known already.
        let mut body = json!({
            "filter": filter::of(collection.dataset, None), "limit": limit.saturating_add(1),
            "with_payload": true, "with_vector": true
        });
        if let (Some(after), Some(fields)) = (after, body.as_object_mut()) {
            fields.insert("offset".to_owned(), json!(after));
        }
        let points = self.scroll(&collection.name, &body).await?;
        let behind = points.into_iter().filter(|point| after.is_none_or(|after| point.id > after));
        behind.take(limit).map(Point::into_entry).collect()
    }
}
