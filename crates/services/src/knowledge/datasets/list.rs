//! Finding datasets.

use models::DatasetId;
use models::dataset::{Dataset, DatasetChanges};
use models::dataset_list::{self, DatasetFilter};
use models::tag::{Tag, TagType};
use uuid::Uuid;

use super::DatasetView;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// Which datasets are asked for.
#[derive(Debug, Clone, Default)]
pub struct DatasetSearch {
    pub keyword: Option<String>,
    /// An owner sees those of others, too.
    pub include_all: bool,
    /// With all of these tags.
    pub tags: Vec<Uuid>,
    /// These, whatever the page.
    pub ids: Option<Vec<DatasetId>>,
    pub limit: i64,
    pub offset: i64,
}

impl Knowledge {
    /// A page of what the actor may see, newest first, and how many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn datasets(
        &self,
        actor: &Actor,
        search: &DatasetSearch,
    ) -> Result<(Vec<DatasetView>, i64), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let mut among = search.ids.clone();
        if !search.tags.is_empty() {
            let tagged = Tag::targets_of(&mut conn, actor.tenant, TagType::Knowledge, &search.tags).await?;
            let tagged: Vec<DatasetId> = tagged.into_iter().map(DatasetId).collect();
            among = Some(match among {
                Some(ids) => ids.into_iter().filter(|id| tagged.contains(id)).collect(),
                None => tagged,
            });
        }
        let filter = DatasetFilter {
            visibility: access::listed(actor, search.include_all),
            name: search.keyword.as_deref().filter(|keyword| !keyword.is_empty()),
            among: among.as_deref(),
        };
        let (limit, offset) = if search.ids.is_some() { (i64::MAX, 0) } else { (search.limit, search.offset) };
        let (rows, total) = dataset_list::page(&mut conn, actor.tenant, &filter, limit, offset).await?;
        let mut views = self.views(&mut conn, actor.tenant, rows).await?;
        drop(conn);
        self.with_availability(actor.tenant, &mut views).await;
        Ok((views, total))
    }

    /// One dataset as it is shown.
    ///
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn dataset(&self, actor: &Actor, id: DatasetId) -> Result<DatasetView, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, id).await?;
        let mut views = self.views(&mut conn, actor.tenant, vec![dataset]).await?;
        drop(conn);
        self.with_availability(actor.tenant, &mut views).await;
        views.pop().ok_or(KnowledgeError::NoSuchDataset)
    }

    /// Whether programs may use the dataset.
    ///
    /// # Errors
    /// `NoSuchDataset`, or `NoPermission` where its API is switched off.
    pub async fn open_to_programs(&self, actor: &Actor, id: DatasetId) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, id).await?;
        if dataset.enable_api { Ok(()) } else { Err(KnowledgeError::ApiDisabled) }
    }

    /// Opens the dataset to programs or closes it.
    ///
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn set_api(&self, actor: &Actor, id: DatasetId, enabled: bool) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let dataset = access::dataset(&mut conn, actor, id).await?;
        let changes = DatasetChanges {
            enable_api: Some(enabled),
            updated_by: Some(actor.account),
            updated_at: Some(chrono::Utc::now().naive_utc()),
            ..Default::default()
        };
        Dataset::change(&mut conn, actor.tenant, dataset.id, &changes).await?;
        Ok(())
    }
}
