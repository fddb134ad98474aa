//! The versions of a workflow: listing, naming, removing them, and making one the draft again.

use chrono::Utc;
use models::account::Account;
use models::app::App;
use models::db::AsyncConnection;
use models::workflow::{VersionChanges, VersionFilter, Workflow};
use models::{AccountId, WorkflowId};

use super::draft::{CheckedDraft, SavedDraft, lock_draft, put};
use super::hash::hash_of;
use super::view::WorkflowView;
use super::{WorkflowError, Workflows};
use crate::conversations::Page;

/// Which page of which versions.
#[derive(Debug, Clone, Copy)]
pub struct VersionsRequest {
    pub created_by: Option<AccountId>,
    pub named_only: bool,
    pub page: usize,
    pub limit: usize,
}

/// What a version is called; `None` leaves a field as it is.
#[derive(Debug, Clone, Copy)]
pub struct VersionUpdate<'a> {
    pub name: Option<&'a str>,
    pub comment: Option<&'a str>,
}

impl Workflows {
    /// A page of versions, newest first and led by the draft. Empty before the first publication.
    pub async fn versions(&self, app: &App, request: VersionsRequest) -> Result<Page<WorkflowView>, WorkflowError> {
        if app.workflow_id.is_none() {
            return Ok(Page { items: Vec::new(), has_more: false });
        }
        let filter = VersionFilter { created_by: request.created_by, named_only: request.named_only };
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let offset = request.page.saturating_sub(1).saturating_mul(request.limit);
        let wanted = request.limit.saturating_add(1);
        let mut conn = self.pool.get().await?;
        let rows = Workflow::page(&mut conn, app.tenant_id, app.id, filter, whole(wanted), whole(offset)).await?;
        drop(conn);
        let page = Page::of(rows, request.limit);
        Ok(Page { items: self.views(page.items).await?, has_more: page.has_more })
    }

    /// One version as it is stored, the draft included.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn version_row(&self, app: &App, id: WorkflowId) -> Result<Workflow, WorkflowError> {
        let mut conn = self.pool.get().await?;
        Workflow::find(&mut conn, app.tenant_id, app.id, id).await?.ok_or(WorkflowError::NotFound)
    }

    /// Names a version.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn mark_version(
        &self,
        app: &App,
        by: &Account,
        id: WorkflowId,
        update: VersionUpdate<'_>,
    ) -> Result<WorkflowView, WorkflowError> {
        let changes = VersionChanges {
            marked_name: update.name,
            marked_comment: update.comment,
            updated_by: by.id,
            updated_at: Utc::now().naive_utc(),
        };
        let mut conn = self.pool.get().await?;
        let row = Workflow::mark(&mut conn, app.tenant_id, app.id, id, &changes).await?;
        drop(conn);
        self.view(row.ok_or(WorkflowError::NotFound)?).await
    }

    /// Removes a version that nothing uses.
    ///
    /// # Errors
    /// `NotFound`; `InUse` for the draft, the published version, and one that is offered as a tool.
    pub async fn delete_version(&self, app: &App, id: WorkflowId) -> Result<(), WorkflowError> {
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            // A publication at the same time must not point the app at what is removed here.
            lock_draft(conn, app.id).await?;
            let row = Workflow::find(conn, app.tenant_id, app.id, id).await?.ok_or(WorkflowError::NotFound)?;
            if row.is_draft() {
                return Err(WorkflowError::InUse("Cannot delete draft workflow versions".to_owned()));
            }
            let live = App::find(conn, app.tenant_id, app.id).await?.ok_or(WorkflowError::NotFound)?;
            if live.workflow_id == Some(id) {
                return Err(WorkflowError::InUse(format!(
                    "Cannot delete workflow that is currently in use by app '{}'",
                    live.id
                )));
            }
            let as_tool = Workflow::version_as_tool(conn, app.tenant_id, app.id).await?;
            if as_tool.as_deref() == Some(row.version.as_str()) {
                return Err(WorkflowError::InUse("Cannot delete workflow that is published as a tool".to_owned()));
            }
            Workflow::delete(conn, app.tenant_id, app.id, id).await?;
            Ok(())
        })
        .await
    }

    /// Makes the draft what a version is, its variables included.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn restore(&self, app: &App, by: &Account, id: WorkflowId) -> Result<SavedDraft, WorkflowError> {
        let mut conn = self.pool.get().await?;
        let (row, updated_at) = conn
            .transaction(async |conn| {
                lock_draft(conn, app.id).await?;
                let row = Workflow::find(conn, app.tenant_id, app.id, id).await?.ok_or(WorkflowError::NotFound)?;
                let old = Workflow::draft(conn, app.tenant_id, app.id).await?.ok_or(WorkflowError::NoDraft)?;
                let draft = CheckedDraft::copy_of(row.clone());
                let updated_at = put(conn, app, by, draft, Some(old)).await?;
                Ok::<_, WorkflowError>((row, updated_at))
            })
            .await?;
        drop(conn);
        Ok(SavedDraft { hash: hash_of(&row.graph, &row.features).await?, updated_at })
    }
}
