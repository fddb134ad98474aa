//! Publishing: the draft becomes a version of its own, and the app points at it.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, Utc};
use core_model_runtime::{ModelType, ProviderId};
use core_workflow::dsl::{Tree, check_graph, dataset_uses, model_uses};
use models::account::Account;
use models::app::{App, AppChanges as RowChanges};
use models::db::AsyncConnection;
use models::site::Site;
use models::workflow::Workflow;
use models::{TenantId, WorkflowId};

use super::draft::{kind_of, lock_draft};
use super::hash::for_text;
use super::view::WorkflowView;
use super::{WorkflowError, Workflows};
use crate::providers::ResolveError;

/// What the version is called.
#[derive(Debug, Default)]
pub struct PublishRequest<'a> {
    pub name: &'a str,
    pub comment: &'a str,
}

/// A version that was just published.
#[derive(Debug, Clone)]
pub struct Published {
    pub id: WorkflowId,
    pub created_at: NaiveDateTime,
}

/// The name of a version: when it was published.
fn version_text(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

impl Workflows {
    /// The published version of an app; `None` before the first publication.
    pub async fn published(&self, app: &App) -> Result<Option<WorkflowView>, WorkflowError> {
        match self.published_row(app).await? {
            Some(row) => self.view(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The published version as it is stored.
    pub async fn published_row(&self, app: &App) -> Result<Option<Workflow>, WorkflowError> {
        let Some(id) = app.workflow_id else { return Ok(None) };
        let mut conn = self.pool.get().await?;
        Ok(Workflow::find(&mut conn, app.tenant_id, app.id, id).await?)
    }

    /// Publishes the draft. Whoever runs the app meanwhile gets the old version or the new one, never a mixture.
    ///
    /// # Errors
    /// `NothingToPublish`, or what keeps the draft from running at all.
    #[tracing::instrument(skip_all, fields(tenant.id = %app.tenant_id, app.id = %app.id))]
    pub async fn publish(
        &self,
        app: &App,
        by: &Account,
        request: &PublishRequest<'_>,
    ) -> Result<Published, WorkflowError> {
        let draft = Workflow::draft(&mut *self.pool.get().await?, app.tenant_id, app.id).await?;
        let graph = checked_graph(draft.ok_or(WorkflowError::NothingToPublish)?.graph).await?;
        self.check_models(app.tenant_id, &graph).await?;
        let datasets: Vec<uuid::Uuid> = dataset_uses(&graph).into_iter().filter_map(|id| id.parse().ok()).collect();
        let now = Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        let id = conn
            .transaction(async |conn| {
                lock_draft(conn, app.id).await?;
                let draft = Workflow::draft(conn, app.tenant_id, app.id).await?;
                let draft = draft.ok_or(WorkflowError::NothingToPublish)?;
                let version = Workflow {
                    id: WorkflowId::random(),
                    kind: kind_of(app.mode),
                    version: version_text(now),
                    marked_name: request.name.to_owned(),
                    marked_comment: request.comment.to_owned(),
                    created_by: by.id,
                    created_at: now,
                    updated_by: None,
                    updated_at: now,
                    ..draft
                };
                Workflow::insert(conn, &version).await?;
                models::app_dataset_join::replace(conn, app.id, &datasets, now).await?;
                let changes = RowChanges {
                    workflow_id: Some(version.id),
                    updated_by: Some(by.id),
                    updated_at: Some(now),
                    ..RowChanges::default()
                };
                App::update(conn, app.tenant_id, app.id, &changes).await?.ok_or(WorkflowError::NotFound)?;
                Ok::<_, WorkflowError>(version.id)
            })
            .await?;
        let site = Site::find_by_app(&mut conn, app.id).await?;
        drop(conn);
        let code = site.and_then(|site| site.code);
        self.watch.app_changed(app.tenant_id, app.id, code.as_deref()).await;
        tracing::info!(workflow.id = %id, account.id = %by.id, "published a workflow");
        Ok(Published { id, created_at: now })
    }

    /// Whether every model that nodes name can be used.
    async fn check_models(&self, tenant: TenantId, graph: &Tree) -> Result<(), WorkflowError> {
        let named: BTreeSet<(String, String)> =
            model_uses(graph).into_iter().map(|used| (used.provider, used.model)).collect();
        for (provider, model) in named {
            let unknown = || ResolveError::ProviderNotInitialized(format!("Provider {provider} does not exist."));
            let id: ProviderId = provider.parse().map_err(|_no_id| unknown())?;
            self.providers.resolver().resolve(tenant, &id, &model, ModelType::Llm).await?;
        }
        Ok(())
    }
}

async fn checked_graph(text: String) -> Result<Tree, WorkflowError> {
    let bytes = text.len();
    let read = move || {
        let graph = Tree::from_json(&text).map_err(|reason| WorkflowError::Unreadable { part: "graph", reason })?;
        check_graph(&graph)?;
        Ok(graph)
    };
    for_text(bytes, read).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_by_their_time() {
        let at = chrono::DateTime::from_timestamp(1_700_000_000, 120_000).unwrap().naive_utc();
        assert_eq!(version_text(at), "2023-11-14 22:13:20.000120");
    }
}
