//! The index of an app's questions.

use core_rag::store::{Collection, Entry, EntryMetadata};
use models::AppId;
use models::TenantId;
use models::annotation::Annotation;
use models::app::App;
use models::app_annotation_setting::AnnotationReply;
use uuid::Uuid;

use super::{AnnotationError, Annotations};

/// Questions that are embedded and written together.
const BATCH: i64 = 200;

impl Annotations {
    /// The app's collection. `dimensions`: 0 where it need not be known.
    pub(super) fn collection(&self, app: AppId, binding: Option<&str>, dimensions: usize) -> Collection {
        self.stores.collection(app.0, None, binding, dimensions)
    }

    /// Puts questions into the index of an app.
    pub(super) async fn put(
        &self,
        tenant: TenantId,
        app: AppId,
        reply: &AnnotationReply,
        rows: &[Annotation],
    ) -> Result<(), AnnotationError> {
        let Some((provider, model)) = &reply.embedding else {
            return Err(AnnotationError::invalid("The annotation reply has no embedding model."));
        };
        if rows.is_empty() {
            return Ok(());
        }
        let embedder = self.models.embedder(tenant, provider, model).await?;
        let texts: Vec<String> = rows.iter().map(|row| row.question.clone()).collect();
        let vectors = embedder.documents(&texts).await.map_err(core_app::GenerateError::from)?.vectors;
        let Some(dimensions) = vectors.first().map(Vec::len) else { return Ok(()) };
        let collection = self.collection(app, reply.collection.as_deref(), dimensions);
        let entries: Vec<Entry> = rows
            .iter()
            .zip(vectors)
            .map(|(row, vector)| Entry {
                id: row.id,
                text: row.question.clone(),
                vector,
                terms: Vec::new(),
                metadata: EntryMetadata {
                    doc_id: Some(row.id),
                    annotation_id: Some(row.id),
                    app_id: Some(app.0),
                    ..EntryMetadata::default()
                },
            })
            .collect();
        let store = self.stores.of_dataset(None)?;
        store.ensure(&collection).await?;
        Ok(store.upsert(&collection, &entries).await?)
    }

    /// Puts all questions of an app into its index.
    pub(super) async fn put_all(
        &self,
        tenant: TenantId,
        app: AppId,
        reply: &AnnotationReply,
    ) -> Result<(), AnnotationError> {
        let mut after: Option<Uuid> = None;
        loop {
            let rows = {
                let mut conn = self.pool.get().await?;
                Annotation::after(&mut conn, app, after, BATCH).await?
            };
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            self.put(tenant, app, reply, &rows).await?;
        }
        self.take_back(tenant, app, reply).await
    }

    /// The app may have been deleted while its questions were put: its index then goes, too.
    async fn take_back(&self, tenant: TenantId, app: AppId, reply: &AnnotationReply) -> Result<(), AnnotationError> {
        let is_there = App::find(&mut *self.pool.get().await?, tenant, app).await?.is_some();
        if is_there { Ok(()) } else { self.drop_index(app, reply.collection.as_deref()).await }
    }

    /// Brings the index after the rows: what is there is put, what is gone is taken out.
    pub(super) async fn sync(&self, tenant: TenantId, app: AppId, ids: &[Uuid]) -> Result<(), AnnotationError> {
        let (reply, rows) = {
            let mut conn = self.pool.get().await?;
            if App::find(&mut conn, tenant, app).await?.is_none() {
                return Ok(());
            }
            (AnnotationReply::of_app(&mut conn, app).await?, Annotation::find_all(&mut conn, app, ids).await?)
        };
        let Some(reply) = reply else { return Ok(()) };
        for rows in rows.chunks(200) {
            self.put(tenant, app, &reply, rows).await?;
        }
        if !rows.is_empty() {
            self.take_back(tenant, app, &reply).await?;
        }
        let gone: Vec<Uuid> = ids.iter().copied().filter(|id| !rows.iter().any(|row| row.id == *id)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let collection = self.collection(app, reply.collection.as_deref(), 0);
        Ok(self.stores.of_dataset(None)?.delete(&collection, &gone).await?)
    }

    /// Removes the index of an app.
    pub(super) async fn drop_index(&self, app: AppId, binding: Option<&str>) -> Result<(), AnnotationError> {
        Ok(self.stores.of_dataset(None)?.drop_collection(&self.collection(app, binding, 0)).await?)
    }
}
