//! Who uses a dataset.

use models::dataset_facts::{self, RelatedApp};
use models::{AccountId, DatasetId, dataset_permission};

use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

impl Knowledge {
    /// Whether any app uses the dataset.
    ///
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn in_use(&self, actor: &Actor, id: DatasetId) -> Result<bool, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, id).await?;
        Ok(dataset_facts::in_use(&mut conn, actor.tenant, id).await?)
    }

    /// The apps that use the dataset.
    ///
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn related_apps(&self, actor: &Actor, id: DatasetId) -> Result<Vec<RelatedApp>, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, id).await?;
        Ok(dataset_facts::related_apps(&mut conn, actor.tenant, id).await?)
    }

    /// The members whom the dataset was opened to.
    ///
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn members_of(&self, actor: &Actor, id: DatasetId) -> Result<Vec<AccountId>, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, id).await?;
        let members = dataset_permission::members(&mut conn, actor.tenant, &[id]).await?;
        Ok(members.into_iter().map(|(_, account)| account).collect())
    }
}
