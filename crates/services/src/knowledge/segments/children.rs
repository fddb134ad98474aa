//! Child chunks, as people edit them. The index follows before the change is kept.

use chrono::Utc;
use core_rag::chunk::content_hash;
use models::child_chunk::{ChildChunk, ChildChunkChanges};
use models::dataset::Dataset;
use models::db::{AsyncConnection, alone_at};
use models::segment::Segment;
use models::{ChildChunkId, ChildChunkType, DatasetId, DocumentId, SegmentId};
use uuid::Uuid;

use crate::indexing::characters;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// A child as it is to be.
#[derive(Debug, Clone)]
pub struct ChildPatch {
    /// `None`: a new one.
    pub id: Option<ChildChunkId>,
    pub content: String,
}

impl Knowledge {
    /// A page of a segment's children, and how many there are.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument` or `NoSuchSegment`.
    pub async fn children(
        &self,
        actor: &Actor,
        path: (DatasetId, DocumentId, SegmentId),
        keyword: Option<&str>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ChildChunk>, i64), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (_, _, segment) = access::segment(&mut conn, actor, path.0, path.1, path.2).await?;
        let keyword = keyword.filter(|keyword| !keyword.is_empty());
        Ok(ChildChunk::page(&mut conn, actor.tenant, segment.id, keyword, limit, offset).await?)
    }

    /// # Errors
    /// As [`Self::children`], or `ChildIndex`.
    pub async fn add_child(
        &self,
        actor: &Actor,
        path: (DatasetId, DocumentId, SegmentId),
        content: String,
    ) -> Result<ChildChunk, KnowledgeError> {
        let (dataset, segment) = self.parent(actor, path).await?;
        let mut conn = self.pool().get().await?;
        let child = conn
            .transaction(async |conn| {
                alone_at(conn, &format!("children:{}", segment.id)).await?;
                let position = ChildChunk::last_position(conn, actor.tenant, segment.id).await? + 1;
                let child = row(actor, &segment, content, position);
                ChildChunk::insert_all(conn, std::slice::from_ref(&child)).await?;
                Ok::<_, KnowledgeError>(child)
            })
            .await?;
        drop(conn);
        if let Err(error) = self.index_of(&dataset).put_children(std::slice::from_ref(&child)).await {
            let mut conn = self.pool().get().await?;
            ChildChunk::delete_all(&mut conn, actor.tenant, segment.id, &[child.id]).await?;
            return Err(KnowledgeError::ChildIndex(error.to_string()));
        }
        Ok(child)
    }

    /// # Errors
    /// As [`Self::children`], `NotFound`, or `ChildIndex`.
    pub async fn change_child(
        &self,
        actor: &Actor,
        path: (DatasetId, DocumentId, SegmentId),
        id: ChildChunkId,
        content: String,
    ) -> Result<ChildChunk, KnowledgeError> {
        let (dataset, segment) = self.parent(actor, path).await?;
        let known = {
            let mut conn = self.pool().get().await?;
            ChildChunk::find(&mut conn, actor.tenant, segment.id, id).await?
        };
        let mut child = known.ok_or(KnowledgeError::NotFound("Child chunk not found."))?;
        let changes = changes(actor, content);
        child.content.clone_from(&changes.content);
        child.index_node_hash = Some(changes.index_node_hash.clone());
        let put = self.index_of(&dataset).put_children(std::slice::from_ref(&child)).await;
        put.map_err(|e| KnowledgeError::ChildIndex(e.to_string()))?;
        let mut conn = self.pool().get().await?;
        let changed = ChildChunk::change(&mut conn, actor.tenant, segment.id, id, &changes).await?;
        changed.ok_or(KnowledgeError::NotFound("Child chunk not found."))
    }

    /// Makes the given children all that the segment has.
    ///
    /// # Errors
    /// As [`Self::children`], `Invalid` for one that is named twice, or `ChildIndex`.
    pub async fn set_children(
        &self,
        actor: &Actor,
        path: (DatasetId, DocumentId, SegmentId),
        wanted: Vec<ChildPatch>,
    ) -> Result<Vec<ChildChunk>, KnowledgeError> {
        let mut named: Vec<ChildChunkId> = wanted.iter().filter_map(|patch| patch.id).collect();
        named.sort_unstable();
        if named.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(KnowledgeError::invalid("A child chunk is named twice."));
        }
        let (dataset, segment) = self.parent(actor, path).await?;
        let known = {
            let mut conn = self.pool().get().await?;
            ChildChunk::of_segments(&mut conn, actor.tenant, &[segment.id]).await?
        };
        let (mut edited, mut fresh) = (Vec::new(), Vec::new());
        let mut position = known.iter().map(|child| child.position).max().unwrap_or(0);
        for patch in &wanted {
            match known.iter().find(|child| Some(child.id) == patch.id) {
                Some(child) if child.content == patch.content => {}
                Some(child) => edited.push((child.clone(), changes(actor, patch.content.clone()))),
                None => {
                    position += 1;
                    fresh.push(row(actor, &segment, patch.content.clone(), position));
                }
            }
        }
        let kept: Vec<ChildChunkId> = wanted.iter().filter_map(|patch| patch.id).collect();
        let gone: Vec<&ChildChunk> = known.iter().filter(|child| !kept.contains(&child.id)).collect();
        let mut put = fresh.clone();
        put.extend(edited.iter().map(|(child, changes)| ChildChunk {
            content: changes.content.clone(),
            index_node_hash: Some(changes.index_node_hash.clone()),
            ..child.clone()
        }));
        let index = self.index_of(&dataset);
        index.put_children(&put).await.map_err(|e| KnowledgeError::ChildIndex(e.to_string()))?;
        let nodes: Vec<String> = gone.iter().filter_map(|child| child.index_node_id.clone()).collect();
        index.take(&nodes).await.map_err(|e| KnowledgeError::ChildIndex(e.to_string()))?;
        let removed: Vec<ChildChunkId> = gone.iter().map(|child| child.id).collect();
        let mut conn = self.pool().get().await?;
        conn.transaction(async |conn| {
            ChildChunk::delete_all(conn, actor.tenant, segment.id, &removed).await?;
            for (child, changes) in &edited {
                ChildChunk::change(conn, actor.tenant, segment.id, child.id, changes).await?;
            }
            ChildChunk::insert_all(conn, &fresh).await?;
            Ok(ChildChunk::of_segments(conn, actor.tenant, &[segment.id]).await?)
        })
        .await
    }

    /// # Errors
    /// As [`Self::children`], `NotFound`, or `ChildIndexDelete`.
    pub async fn delete_child(
        &self,
        actor: &Actor,
        path: (DatasetId, DocumentId, SegmentId),
        id: ChildChunkId,
    ) -> Result<(), KnowledgeError> {
        let (dataset, segment) = self.parent(actor, path).await?;
        let known = {
            let mut conn = self.pool().get().await?;
            ChildChunk::find(&mut conn, actor.tenant, segment.id, id).await?
        };
        let child = known.ok_or(KnowledgeError::NotFound("Child chunk not found."))?;
        let nodes: Vec<String> = child.index_node_id.into_iter().collect();
        let taken = self.index_of(&dataset).take(&nodes).await;
        taken.map_err(|e| KnowledgeError::ChildIndexDelete(e.to_string()))?;
        let mut conn = self.pool().get().await?;
        ChildChunk::delete_all(&mut conn, actor.tenant, segment.id, &[id]).await?;
        Ok(())
    }

    async fn parent(
        &self,
        actor: &Actor,
        path: (DatasetId, DocumentId, SegmentId),
    ) -> Result<(Dataset, Segment), KnowledgeError> {
        let (dataset, segment) = {
            let mut conn = self.pool().get().await?;
            let (dataset, _, segment) = access::segment(&mut conn, actor, path.0, path.1, path.2).await?;
            (dataset, segment)
        };
        self.require_model(actor, &dataset).await?;
        Ok((dataset, segment))
    }
}

fn row(actor: &Actor, segment: &Segment, content: String, position: i32) -> ChildChunk {
    let now = Utc::now().naive_utc();
    ChildChunk {
        id: ChildChunkId::random(),
        tenant_id: actor.tenant,
        dataset_id: segment.dataset_id,
        document_id: segment.document_id,
        segment_id: segment.id,
        position,
        word_count: characters(&content),
        index_node_id: Some(Uuid::new_v4().to_string()),
        index_node_hash: Some(content_hash(&content)),
        content,
        kind: ChildChunkType::Customized,
        created_by: actor.account.0,
        created_at: now,
        updated_by: None,
        updated_at: now,
        indexing_at: Some(now),
        completed_at: Some(now),
        error: None,
    }
}

fn changes(actor: &Actor, content: String) -> ChildChunkChanges {
    ChildChunkChanges {
        word_count: characters(&content),
        index_node_hash: content_hash(&content),
        content,
        kind: ChildChunkType::Customized,
        updated_by: actor.account.0,
        updated_at: Utc::now().naive_utc(),
    }
}
