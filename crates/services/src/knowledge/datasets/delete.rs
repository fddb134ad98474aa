//! Removing datasets: the row at once, everything under it by a job.

use models::DatasetId;
use models::dataset::Dataset;
use models::dataset_facts;
use models::dataset_key::DatasetKey;
use models::db::AsyncConnection;

use crate::indexing;
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

impl Knowledge {
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, or `InUse` while an app uses it.
    pub async fn delete(&self, actor: &Actor, id: DatasetId) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, id).await?;
        conn.transaction(async |conn| {
            let dataset = Dataset::find_locked(conn, actor.tenant, id).await?.ok_or(KnowledgeError::NoSuchDataset)?;
            if dataset_facts::in_use(conn, actor.tenant, id).await? {
                return Err(KnowledgeError::InUse);
            }
            Dataset::delete(conn, actor.tenant, id).await?;
            DatasetKey::delete_all(conn, actor.tenant, id).await?;
            indexing::clean(conn, &dataset).await?;
            Ok(())
        })
        .await
    }
}
