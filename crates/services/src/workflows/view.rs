//! A version of a workflow with what is shown beside it.

use models::AccountId;
use models::account::Account;
use models::workflow::Workflow;

use super::hash::hash_of;
use super::variables::Definition;
use super::{WorkflowError, Workflows};

/// A version, secrets masked.
#[derive(Debug, Clone)]
pub struct WorkflowView {
    pub row: Workflow,
    pub hash: String,
    /// `None` if the account is gone.
    pub created_by: Option<Account>,
    pub updated_by: Option<Account>,
    /// Whether this version is offered as a tool.
    pub tool_published: bool,
    pub environment: Vec<Definition>,
    pub conversation: Vec<Definition>,
    pub rag_pipeline: Vec<Definition>,
}

impl Workflows {
    pub(super) async fn view(&self, row: Workflow) -> Result<WorkflowView, WorkflowError> {
        self.views(vec![row]).await?.pop().ok_or(WorkflowError::NotFound)
    }

    /// Versions of one app: two statements, however many.
    pub(super) async fn views(&self, rows: Vec<Workflow>) -> Result<Vec<WorkflowView>, WorkflowError> {
        let Some(one) = rows.first() else { return Ok(Vec::new()) };
        let mut ids: Vec<AccountId> =
            rows.iter().flat_map(|row| [Some(row.created_by), row.updated_by]).flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        let mut conn = self.pool.get().await?;
        let accounts = Account::find_all(&mut conn, &ids).await?;
        let as_tool = Workflow::version_as_tool(&mut conn, one.tenant_id, one.app_id).await?;
        drop(conn);
        let account = |id: AccountId| accounts.iter().find(|account| account.id == id).cloned();
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            views.push(WorkflowView {
                hash: hash_of(&row.graph, &row.features).await?,
                created_by: account(row.created_by),
                updated_by: row.updated_by.and_then(account),
                tool_published: as_tool.as_deref() == Some(row.version.as_str()),
                environment: Definition::all(&row.environment_variables),
                conversation: Definition::all(&row.conversation_variables),
                rag_pipeline: Definition::all(&row.rag_pipeline_variables),
                row,
            });
        }
        Ok(views)
    }
}
