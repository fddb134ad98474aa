//! The index of one dataset, whether by vectors or by keywords.

use std::collections::HashMap;
use std::sync::Arc;

use core_app::knowledge::{Embedder, Models};
use core_rag::keywords;
use core_rag::store::{Collection, Entry, EntryMetadata, IndexStruct, MetadataKey, Stores, VectorStore};
use models::child_chunk::ChildChunk;
use models::dataset::{Dataset, DatasetChanges};
use models::dataset_binding::CollectionBinding;
use models::db::{AsyncConnection, Pool};
use models::segment::Segment;
use models::segment_index::Indexed;
use models::segment_keyword::{self, SegmentKeyword};
use models::segment_summary::SegmentSummary;
use models::{DocForm, DocumentId, IndexingTechnique, SegmentId};
use serde_json::Value;
use uuid::Uuid;

use super::IndexError;
use crate::files::Files;

/// Keywords of a segment where the dataset does not say.
const KEYWORDS: usize = 10;

/// Cheap to make: models and stores are looked up when they are needed.
pub(crate) struct DatasetIndex<'a> {
    pub pool: &'a Pool,
    pub models: &'a Models,
    pub stores: &'a Stores,
    /// Where pictures are.
    pub files: &'a Files,
    pub dataset: &'a Dataset,
}

impl DatasetIndex<'_> {
    pub(crate) fn by_vectors(&self) -> bool {
        self.dataset.indexing_technique == Some(IndexingTechnique::HighQuality)
    }

    /// Puts segments into the index, in place of what it knows under their ids. `form`: what they are; of parents their
    /// children are put. `keep_keywords`: those that a person gave stay.
    ///
    /// # Errors
    /// When the model or the store fails: whatever was put then is put again by the next attempt.
    pub(crate) async fn put(
        &self,
        form: DocForm,
        segments: &[Segment],
        children: &[ChildChunk],
        keep_keywords: bool,
    ) -> Result<Vec<Indexed>, IndexError> {
        if self.by_vectors() {
            self.put_vectors(form, segments, children).await
        } else {
            self.put_keywords(form, segments, keep_keywords).await
        }
    }

    async fn put_vectors(
        &self,
        form: DocForm,
        segments: &[Segment],
        children: &[ChildChunk],
    ) -> Result<Vec<Indexed>, IndexError> {
        let embedder = self.models.embedder_of(self.dataset.tenant_id, self.dataset).await?;
        let nodes: Vec<Node<'_>> = match form {
            DocForm::Hierarchical => children.iter().filter_map(Node::of_child).collect(),
            DocForm::Text | DocForm::Qa | DocForm::Unknown => segments.iter().filter_map(Node::of_segment).collect(),
        };
        let tokens = self.put_nodes(&embedder, &nodes).await?;
        self.put_known_summaries(&embedder, segments).await?;
        self.put_pictures(&embedder, segments).await?;
        let mut counted: HashMap<SegmentId, u32> = HashMap::new();
        for (node, tokens) in nodes.iter().zip(tokens) {
            let sum = counted.entry(node.segment).or_default();
            *sum = sum.saturating_add(tokens);
        }
        // A parent counts its own text: its children overlap.
        if form == DocForm::Hierarchical {
            let texts: Vec<String> = segments.iter().map(|segment| segment.content.clone()).collect();
            let own = embedder.count(&texts).await;
            counted = segments.iter().map(|segment| segment.id).zip(own).collect();
        }
        Ok(segments
            .iter()
            .map(|segment| Indexed {
                id: segment.id,
                tokens: counted.get(&segment.id).map_or(0, |tokens| i32::try_from(*tokens).unwrap_or(i32::MAX)),
                keywords: None,
            })
            .collect())
    }

    /// Puts children alone, for a person who changes them.
    pub(crate) async fn put_children(&self, children: &[ChildChunk]) -> Result<(), IndexError> {
        if !self.by_vectors() || children.is_empty() {
            return Ok(());
        }
        let embedder = self.models.embedder_of(self.dataset.tenant_id, self.dataset).await?;
        let nodes: Vec<Node<'_>> = children.iter().filter_map(Node::of_child).collect();
        self.put_nodes(&embedder, &nodes).await.map(drop)
    }

    /// Puts summaries that have a text; the tokens of each.
    pub(crate) async fn put_summaries(&self, summaries: &[SegmentSummary]) -> Result<Vec<u32>, IndexError> {
        if !self.by_vectors() || summaries.is_empty() {
            return Ok(Vec::new());
        }
        let embedder = self.models.embedder_of(self.dataset.tenant_id, self.dataset).await?;
        let nodes: Vec<Node<'_>> = summaries.iter().filter_map(Node::of_summary).collect();
        self.put_nodes(&embedder, &nodes).await
    }

    /// Segments bring the summaries that they have.
    async fn put_known_summaries(&self, embedder: &Embedder, segments: &[Segment]) -> Result<(), IndexError> {
        let ids: Vec<SegmentId> = segments.iter().map(|segment| segment.id).collect();
        let known = {
            let mut conn = self.pool.get().await?;
            SegmentSummary::completed(&mut conn, self.dataset.tenant_id, &ids).await?
        };
        let nodes: Vec<Node<'_>> = known.iter().filter_map(Node::of_summary).collect();
        self.put_nodes(embedder, &nodes).await.map(drop)
    }

    /// The tokens of each node.
    async fn put_nodes(&self, embedder: &Embedder, nodes: &[Node<'_>]) -> Result<Vec<u32>, IndexError> {
        let texts: Vec<String> = nodes.iter().map(|node| node.text.to_owned()).collect();
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let embedded = embedder.documents(&texts).await?;
        let dimensions = embedded.vectors.first().map_or(0, Vec::len);
        let (store, collection) = self.collection(dimensions).await?;
        let dataset = self.dataset.id.0;
        let entries: Vec<Entry> = nodes
            .iter()
            .zip(embedded.vectors)
            .map(|(node, vector)| Entry {
                id: node.id,
                text: node.text.to_owned(),
                vector,
                terms: keywords::terms(node.text).into_iter().map(|(term, _)| term).collect(),
                metadata: EntryMetadata {
                    doc_id: Some(node.id),
                    dataset_id: Some(dataset),
                    document_id: Some(node.document.0),
                    doc_hash: node.hash.map(str::to_owned),
                    doc_type: Some("text".to_owned()),
                    is_summary: node.is_summary.then_some(true),
                    original_chunk_id: node.is_summary.then_some(node.segment.0),
                    ..EntryMetadata::default()
                },
            })
            .collect();
        store.ensure(&collection).await?;
        store.upsert(&collection, &entries).await?;
        Ok(embedded.tokens)
    }

    async fn put_keywords(&self, form: DocForm, segments: &[Segment], keep: bool) -> Result<Vec<Indexed>, IndexError> {
        if form == DocForm::Hierarchical {
            // Parents are found by the vectors of their children only.
            return Ok(segments.iter().map(|segment| Indexed { id: segment.id, tokens: 0, keywords: None }).collect());
        }
        let number = self.dataset.keyword_number.and_then(|n| usize::try_from(n).ok()).unwrap_or(KEYWORDS);
        let (mut rows, mut nodes) = (Vec::new(), Vec::with_capacity(segments.len()));
        let mut indexed = Vec::with_capacity(segments.len());
        for segment in segments {
            let given = given_keywords(segment).filter(|given| keep && !given.is_empty());
            let words = given.unwrap_or_else(|| keywords::keywords(&segment.content, number));
            indexed.push(Indexed { id: segment.id, tokens: 0, keywords: Some(Value::from(words.clone())) });
            let Some(node_id) = segment.index_node_id.as_deref().and_then(|node| node.parse().ok()) else { continue };
            nodes.push(node_id);
            let document_id = segment.document_id.0;
            let of_word = |keyword| SegmentKeyword { dataset_id: self.dataset.id.0, keyword, node_id, document_id };
            rows.extend(keywords::index_keys(&words).into_iter().map(of_word));
        }
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            segment_keyword::delete_nodes(conn, self.dataset.id.0, &nodes).await?;
            segment_keyword::insert(conn, &rows).await
        })
        .await?;
        Ok(indexed)
    }

    /// Takes nodes out of the index.
    pub(crate) async fn take(&self, nodes: &[String]) -> Result<(), IndexError> {
        if nodes.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = nodes.iter().filter_map(|node| node.parse().ok()).collect();
        if let Some((store, collection)) = self.existing().await? {
            store.delete(&collection, &ids).await?;
        }
        let mut conn = self.pool.get().await?;
        segment_keyword::delete_nodes(&mut conn, self.dataset.id.0, &ids).await?;
        Ok(())
    }

    /// Takes a whole document out of the index.
    pub(crate) async fn take_document(&self, document: DocumentId) -> Result<(), IndexError> {
        if let Some((store, collection)) = self.existing().await? {
            store.delete_by_metadata(&collection, MetadataKey::DocumentId, &document.to_string()).await?;
        }
        let mut conn = self.pool.get().await?;
        segment_keyword::delete_documents(&mut conn, self.dataset.id.0, &[document.0]).await?;
        Ok(())
    }

    /// Takes everything out of the index.
    pub(crate) async fn clear(&self) -> Result<(), IndexError> {
        if let Some((store, collection)) = self.existing().await? {
            store.drop_collection(&collection).await?;
        }
        let mut conn = self.pool.get().await?;
        segment_keyword::delete_dataset(&mut conn, self.dataset.id.0).await?;
        Ok(())
    }

    /// The same for a dataset that is gone, whatever its row said.
    pub(crate) async fn drop_all(&self) -> Result<(), IndexError> {
        if self.by_vectors() {
            let (store, collection) = self.collection(0).await?;
            store.drop_collection(&collection).await?;
        }
        let mut conn = self.pool.get().await?;
        segment_keyword::delete_dataset(&mut conn, self.dataset.id.0).await?;
        Ok(())
    }

    /// Where the vectors are, if any were ever written. What only takes away does not look at the dimensions.
    async fn existing(&self) -> Result<Option<(Arc<dyn VectorStore>, Collection)>, IndexError> {
        if self.dataset.index_struct.is_none() {
            return Ok(None);
        }
        self.collection(0).await.map(Some)
    }

    /// Where the vectors go. At first use that is written into the dataset's row.
    pub(super) async fn collection(&self, dimensions: usize) -> Result<(Arc<dyn VectorStore>, Collection), IndexError> {
        let binding = match self.dataset.collection_binding_id {
            Some(id) => CollectionBinding::find(&mut *self.pool.get().await?, id).await?,
            None => None,
        };
        let index_struct = self.dataset.index_struct.as_deref();
        let store = self.stores.of_dataset(index_struct)?;
        let binding = binding.as_ref().map(|binding| binding.collection_name.as_str());
        let collection = self.stores.collection(self.dataset.id.0, index_struct, binding, dimensions);
        if index_struct.is_none() {
            let written = IndexStruct::new(store.kind(), &collection.name).to_text();
            let changes = DatasetChanges { index_struct: Some(Some(written)), ..DatasetChanges::default() };
            let mut conn = self.pool.get().await?;
            Dataset::change(&mut conn, self.dataset.tenant_id, self.dataset.id, &changes).await?;
        }
        Ok((store, collection))
    }
}

/// One text of the index.
struct Node<'a> {
    id: Uuid,
    segment: SegmentId,
    document: DocumentId,
    text: &'a str,
    hash: Option<&'a str>,
    is_summary: bool,
}

impl<'a> Node<'a> {
    /// `None` for a row of another program whose id is none.
    fn of_segment(segment: &'a Segment) -> Option<Self> {
        Some(Self {
            id: segment.index_node_id.as_deref()?.parse().ok()?,
            segment: segment.id,
            document: segment.document_id,
            text: &segment.content,
            hash: segment.index_node_hash.as_deref(),
            is_summary: false,
        })
    }

    fn of_child(child: &'a ChildChunk) -> Option<Self> {
        Some(Self {
            id: child.index_node_id.as_deref()?.parse().ok()?,
            segment: child.segment_id,
            document: child.document_id,
            text: &child.content,
            hash: child.index_node_hash.as_deref(),
            is_summary: false,
        })
    }

    fn of_summary(summary: &'a SegmentSummary) -> Option<Self> {
        Some(Self {
            id: summary.summary_index_node_id.as_deref()?.parse().ok()?,
            segment: summary.chunk_id,
            document: summary.document_id,
            text: summary.text()?,
            hash: summary.summary_index_node_hash.as_deref(),
            is_summary: true,
        })
    }
}

fn given_keywords(segment: &Segment) -> Option<Vec<String>> {
    let list = segment.keywords.as_ref()?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
