//! Datasets as they are shown: the row with what is counted and joined.

use std::collections::HashMap;

use models::dataset::Dataset;
use models::dataset_facts::{DatasetFacts, ExternalOf, FieldOf, externals, fields};
use models::db::Conn;
use models::tag::{Tag, TagType};
use models::{AccountId, DatasetId, DatasetPermission, IndexingTechnique, TenantId, dataset_permission};
use uuid::Uuid;

use crate::knowledge::{Knowledge, KnowledgeError};

/// A dataset as it is shown.
#[derive(Debug, Clone)]
pub struct DatasetView {
    pub dataset: Dataset,
    pub facts: DatasetFacts,
    pub tags: Vec<Tag>,
    pub fields: Vec<FieldOf>,
    pub external: Option<ExternalOf>,
    /// Whom it is open to, where it is open to some.
    pub members: Vec<AccountId>,
    /// Whether its embedding model can be used; true where it needs none.
    pub embedding_available: bool,
}

impl Knowledge {
    /// Everything that is shown of datasets of one workspace: a fixed number of statements for any number of them.
    pub(in crate::knowledge) async fn views(
        &self,
        conn: &mut Conn,
        tenant: TenantId,
        datasets: Vec<Dataset>,
    ) -> Result<Vec<DatasetView>, KnowledgeError> {
        let ids: Vec<DatasetId> = datasets.iter().map(|dataset| dataset.id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let plain: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let mut facts: HashMap<DatasetId, DatasetFacts> =
            DatasetFacts::of(conn, tenant, &ids).await?.into_iter().map(|facts| (facts.id, facts)).collect();
        let mut tags = Grouped::default();
        for (target, tag) in Tag::of_targets(conn, tenant, TagType::Knowledge, &plain).await? {
            tags.add(DatasetId(target.unwrap_or_default()), tag);
        }
        let mut known_fields = Grouped::default();
        for field in fields(conn, tenant, &ids).await? {
            known_fields.add(field.dataset_id, field);
        }
        let mut sides: HashMap<DatasetId, ExternalOf> =
            externals(conn, tenant, &ids).await?.into_iter().map(|side| (side.dataset_id, side)).collect();
        let mut members = Grouped::default();
        if datasets.iter().any(|dataset| dataset.permission == DatasetPermission::PartialMembers) {
            for (dataset, account) in dataset_permission::members(conn, tenant, &ids).await? {
                members.add(dataset, account);
            }
        }
        let mut views = Vec::with_capacity(datasets.len());
        for dataset in datasets {
            let id = dataset.id;
            views.push(DatasetView {
                facts: facts.remove(&id).unwrap_or_else(|| nothing(id)),
                tags: tags.take(id),
                fields: known_fields.take(id),
                external: sides.remove(&id),
                members: members.take(id),
                embedding_available: true,
                dataset,
            });
        }
        Ok(views)
    }

    /// Says of each dataset whether its embedding model can be used. Apart from [`Self::views`]: it asks caches and may
    /// take a connection of its own.
    pub(in crate::knowledge) async fn with_availability(&self, tenant: TenantId, views: &mut [DatasetView]) {
        for view in views {
            if view.dataset.indexing_technique == Some(IndexingTechnique::HighQuality) {
                view.embedding_available = self.parts.models.embedder_of(tenant, &view.dataset).await.is_ok();
            }
        }
    }
}

/// Values by dataset.
struct Grouped<T>(HashMap<DatasetId, Vec<T>>);

impl<T> Default for Grouped<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Grouped<T> {
    fn add(&mut self, dataset: DatasetId, value: T) {
        self.0.entry(dataset).or_default().push(value);
    }

    fn take(&mut self, dataset: DatasetId) -> Vec<T> {
        self.0.remove(&dataset).unwrap_or_default()
    }
}

/// A dataset that vanished between two statements.
fn nothing(id: DatasetId) -> DatasetFacts {
    DatasetFacts {
        id,
        app_count: 0,
        document_count: 0,
        available_document_count: 0,
        word_count: 0,
        doc_form: None,
        author_name: None,
    }
}
