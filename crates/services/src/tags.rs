//! Tags on apps and datasets.

use chrono::Utc;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::tag::{Tag, TagBinding, TagType};
use models::{AccountId, TenantId};
use uuid::Uuid;

/// What can go wrong with tags.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    #[error("Tag not found")]
    NotFound,
    #[error("Tag name already exists")]
    NameTaken,
    #[error("App not found")]
    NoSuchApp,
    #[error("Dataset not found")]
    NoSuchDataset,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for TagError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for TagError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// What to put tags on, or to take one off.
#[derive(Debug, Clone, Copy)]
pub struct TagTarget {
    pub kind: TagType,
    /// An app's or a dataset's id, as `kind` says.
    pub id: Uuid,
}

/// Tags of the installation; cheap to clone.
#[derive(Clone)]
pub struct Tags {
    pool: Pool,
}

impl Tags {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Tags with how often each is used, newest first.
    pub async fn list(
        &self,
        tenant: TenantId,
        kind: TagType,
        keyword: Option<&str>,
    ) -> Result<Vec<(Tag, i64)>, TagError> {
        Ok(Tag::list(&mut *self.pool.get().await?, tenant, kind, keyword).await?)
    }

    pub async fn create(&self, tenant: TenantId, by: AccountId, kind: TagType, name: &str) -> Result<Tag, TagError> {
        let mut conn = self.pool.get().await?;
        if Tag::find_by_name(&mut conn, tenant, kind, name).await?.is_some() {
            return Err(TagError::NameTaken);
        }
        let tag = Tag {
            id: Uuid::new_v4(),
            tenant_id: Some(tenant),
            kind,
            name: name.to_owned(),
            created_by: by,
            created_at: Utc::now().naive_utc(),
        };
        Tag::insert(&mut conn, &tag).await?;
        Ok(tag)
    }

    /// Renames a tag; the taken name is told before the missing tag.
    pub async fn rename(&self, tenant: TenantId, id: Uuid, name: &str) -> Result<(Tag, i64), TagError> {
        let mut conn = self.pool.get().await?;
        let tag = Tag::find(&mut conn, tenant, id).await?.ok_or(TagError::NotFound)?;
        let other = Tag::find_by_name(&mut conn, tenant, tag.kind, name).await?;
        if other.is_some_and(|other| other.id != id) {
            return Err(TagError::NameTaken);
        }
        let tag = Tag::rename(&mut conn, tenant, id, name).await?.ok_or(TagError::NotFound)?;
        let used = Tag::bindings_of(&mut conn, tenant, id).await?;
        Ok((tag, used))
    }

    pub async fn delete(&self, tenant: TenantId, id: Uuid) -> Result<(), TagError> {
        if Tag::delete(&mut *self.pool.get().await?, tenant, id).await? { Ok(()) } else { Err(TagError::NotFound) }
    }

    /// Puts tags on a target; those that are on it already and those of others are left out.
    pub async fn bind(
        &self,
        tenant: TenantId,
        by: AccountId,
        tags: &[Uuid],
        target: TagTarget,
    ) -> Result<(), TagError> {
        let mut conn = self.pool.get().await?;
        require_target(&mut conn, tenant, target).await?;
        let known = Tag::find_all(&mut conn, tenant, target.kind, tags).await?;
        let bound = TagBinding::tags_on(&mut conn, tenant, target.id).await?;
        let now = Utc::now().naive_utc();
        let new: Vec<TagBinding> = known
            .iter()
            .filter(|tag| !bound.contains(&tag.id))
            .map(|tag| TagBinding {
                id: Uuid::new_v4(),
                tenant_id: tenant,
                tag_id: tag.id,
                target_id: target.id,
                created_by: by,
                created_at: now,
            })
            .collect();
        if !new.is_empty() {
            TagBinding::insert_all(&mut conn, &new).await?;
        }
        Ok(())
    }

    /// Takes a tag off a target; no error if it was not on it.
    pub async fn unbind(&self, tenant: TenantId, tag: Uuid, target: TagTarget) -> Result<(), TagError> {
        let mut conn = self.pool.get().await?;
        require_target(&mut conn, tenant, target).await?;
        TagBinding::delete(&mut conn, tenant, tag, target.id).await?;
        Ok(())
    }
}

async fn require_target(conn: &mut models::db::Conn, tenant: TenantId, target: TagTarget) -> Result<(), TagError> {
    let (found, missing) = match target.kind {
        TagType::App => {
            (models::app_list::existing(conn, tenant, &[models::AppId(target.id)]).await?.len(), TagError::NoSuchApp)
        }
        TagType::Knowledge | TagType::Unknown => {
            (usize::from(models::dataset_ref::exists(conn, tenant, target.id).await?), TagError::NoSuchDataset)
        }
    };
    if found == 0 { Err(missing) } else { Ok(()) }
}
