//! Who may see which dataset.

use models::dataset::Dataset;
use models::dataset_list::Visibility;
use models::db::Conn;
use models::document::Document;
use models::segment::Segment;
use models::tenant_member::TenantMember;
use models::{AccountStatus, DatasetId, DatasetPermission, DocumentId, Role, SegmentId, TenantId, dataset_permission};

use super::{Actor, Knowledge, KnowledgeError};

/// What of the workspace's datasets is listed for the actor. `all`: an owner may ask for everything.
pub(super) fn listed(actor: &Actor, all: bool) -> Visibility {
    match actor.role {
        Role::Owner if all => Visibility::All,
        Role::DatasetOperator => Visibility::Granted(actor.account),
        Role::Owner | Role::Admin | Role::Editor | Role::Normal | Role::Unknown => Visibility::Member(actor.account),
    }
}

/// The dataset, if it is the workspace's and the actor may see it.
///
/// # Errors
/// `NoSuchDataset` or `NoPermission`.
pub(super) async fn dataset(conn: &mut Conn, actor: &Actor, id: DatasetId) -> Result<Dataset, KnowledgeError> {
    let dataset = Dataset::find(conn, actor.tenant, id).await?.ok_or(KnowledgeError::NoSuchDataset)?;
    check(conn, actor, &dataset).await?;
    Ok(dataset)
}

/// Whether the actor may see a dataset of the workspace.
///
/// # Errors
/// `NoPermission`.
pub(super) async fn check(conn: &mut Conn, actor: &Actor, dataset: &Dataset) -> Result<(), KnowledgeError> {
    let creator = dataset.created_by == actor.account;
    let allowed = match (actor.role, dataset.permission) {
        (Role::Owner, _) => true,
        // Works on what it was let into, whoever else may.
        (Role::DatasetOperator, _) => {
            creator || dataset_permission::granted(conn, actor.tenant, dataset.id, actor.account).await?
        }
        (_, DatasetPermission::AllTeamMembers) => true,
        (_, DatasetPermission::PartialMembers) => {
            creator || dataset_permission::granted(conn, actor.tenant, dataset.id, actor.account).await?
        }
        (_, DatasetPermission::OnlyMe | DatasetPermission::Unknown) => creator,
    };
    if allowed { Ok(()) } else { Err(KnowledgeError::NoPermission) }
}

/// The dataset and one of its documents.
///
/// # Errors
/// `NoSuchDataset`, `NoPermission` or `NoSuchDocument`.
pub(super) async fn document(
    conn: &mut Conn,
    actor: &Actor,
    dataset: DatasetId,
    id: DocumentId,
) -> Result<(Dataset, Document), KnowledgeError> {
    let dataset = self::dataset(conn, actor, dataset).await?;
    let document = Document::find(conn, actor.tenant, dataset.id, id).await?.ok_or(KnowledgeError::NoSuchDocument)?;
    Ok((dataset, document))
}

/// The dataset, the document and one of its segments.
///
/// # Errors
/// As [`document`], or `NoSuchSegment`.
pub(super) async fn segment(
    conn: &mut Conn,
    actor: &Actor,
    dataset: DatasetId,
    document: DocumentId,
    id: SegmentId,
) -> Result<(Dataset, Document, Segment), KnowledgeError> {
    let (dataset, document) = self::document(conn, actor, dataset, document).await?;
    let segment = Segment::find(conn, actor.tenant, document.id, id).await?.ok_or(KnowledgeError::NoSuchSegment)?;
    Ok((dataset, document, segment))
}

impl Knowledge {
    /// Whether the dataset is the workspace's and the actor may see it.
    ///
    /// # Errors
    /// `NoSuchDataset` or `NoPermission`.
    pub async fn require(&self, actor: &Actor, id: DatasetId) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        dataset(&mut conn, actor, id).await.map(drop)
    }

    /// Who acts behind the keys of a workspace: its owner; `None` where there is no active one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn owner(&self, tenant: TenantId) -> Result<Option<Actor>, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let owner = TenantMember::owner(&mut conn, tenant).await?;
        Ok(owner.filter(|(_, _, account)| account.status == AccountStatus::Active).map(|(member, _, _)| Actor {
            tenant,
            account: member.account_id,
            role: Role::Owner,
        }))
    }
}
