//! Runs of workflows as people look at them afterwards.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta, Utc};
use models::account::Account;
use models::app::App;
use models::db::{DbError, Pool};
use models::end_user::EndUser;
use models::workflow::Workflow;
use models::workflow_app_log::{LogFilter, WorkflowAppLog};
use models::workflow_node_execution::{NodeExecution, SeenExecution};
use models::workflow_run::{RunOrigin, RunStatus, WorkflowRun};
use models::workflow_run_list::{self, RunCounts, RunFilter, RunLine};
use models::{AccountId, ConversationId, CreatorRole, EndUserId, MessageId, WorkflowRunId};
use uuid::Uuid;

/// Everybody who has started something of a list.
#[derive(Debug, Default)]
pub struct People {
    accounts: HashMap<Uuid, Account>,
    end_users: HashMap<Uuid, EndUser>,
}

impl People {
    /// One member alone.
    pub fn one(account: Account) -> Self {
        Self { accounts: HashMap::from([(account.id.0, account)]), end_users: HashMap::new() }
    }

    async fn of(
        conn: &mut models::db::Conn,
        app: &App,
        starters: impl Iterator<Item = (CreatorRole, Uuid)>,
    ) -> Result<Self, DbError> {
        let (mut accounts, mut end_users) = (Vec::new(), Vec::new());
        for (role, id) in starters {
            match role {
                CreatorRole::Account => accounts.push(AccountId(id)),
                CreatorRole::EndUser | CreatorRole::Unknown => end_users.push(EndUserId(id)),
            }
        }
        let mut people = Self::default();
        if !accounts.is_empty() {
            let found = Account::find_all(conn, &accounts).await?;
            people.accounts = found.into_iter().map(|account| (account.id.0, account)).collect();
        }
        if !end_users.is_empty() {
            let found = EndUser::find_all(conn, app.tenant_id, &end_users).await?;
            people.end_users = found.into_iter().map(|user| (user.id.0, user)).collect();
        }
        Ok(people)
    }

    pub fn account(&self, role: CreatorRole, id: Uuid) -> Option<&Account> {
        self.accounts.get(&id).filter(|_| role == CreatorRole::Account)
    }

    pub fn end_user(&self, role: CreatorRole, id: Uuid) -> Option<&EndUser> {
        self.end_users.get(&id).filter(|_| role == CreatorRole::EndUser)
    }
}

/// A page of runs.
#[derive(Debug)]
pub struct RunPage {
    pub runs: Vec<RunLine>,
    pub has_more: bool,
    pub people: People,
    /// The messages that runs of conversations have answered.
    pub messages: HashMap<WorkflowRunId, (MessageId, ConversationId)>,
}

/// One run, whole.
#[derive(Debug)]
pub struct RunDetail {
    pub run: WorkflowRun,
    pub people: People,
}

#[derive(Debug)]
pub struct NodeExecutions {
    pub nodes: Vec<SeenExecution>,
    pub people: People,
}

/// A page of an app's log.
#[derive(Debug)]
pub struct LogPage {
    pub logs: Vec<WorkflowAppLog>,
    pub total: i64,
    pub runs: HashMap<WorkflowRunId, RunLine>,
    pub people: People,
}

/// Which lines of a log.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    pub keyword: Option<String>,
    pub status: Option<RunStatus>,
    pub after: Option<NaiveDateTime>,
    pub before: Option<NaiveDateTime>,
    pub session: Option<String>,
    /// An e-mail address.
    pub account: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The run after which a list was to go on.
    #[error("Last workflow run not exists")]
    NoLastRun,
    #[error("Workflow run not found")]
    NoRun,
    #[error("Node not found")]
    NoNode,
    #[error("Account not found: {0}")]
    NoAccount(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<models::db::PoolError> for HistoryError {
    fn from(e: models::db::PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<models::db::QueryError> for HistoryError {
    fn from(e: models::db::QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// Characters of a keyword that are looked for.
const KEYWORD: usize = 30;

/// Looks runs up. Cheap to clone.
#[derive(Clone)]
pub struct WorkflowHistory {
    pool: Pool,
}

impl WorkflowHistory {
    pub const fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Runs of an app, newest first, after one of them.
    ///
    /// # Errors
    /// `NoLastRun` if the app has no such run.
    pub async fn runs(
        &self,
        app: &App,
        origin: RunOrigin,
        status: Option<RunStatus>,
        last: Option<WorkflowRunId>,
        limit: usize,
    ) -> Result<RunPage, HistoryError> {
        let mut conn = self.pool.get().await?;
        let before = match last {
            None => None,
            Some(id) => {
                let at = workflow_run_list::position(&mut conn, app.tenant_id, app.id, id).await?;
                Some((at.ok_or(HistoryError::NoLastRun)?, id))
            }
        };
        let origins = [origin];
        let filter = RunFilter { tenant: app.tenant_id, app: app.id, origins: &origins, status, since: None };
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut runs = workflow_run_list::page(&mut conn, filter, before, wanted).await?;
        let has_more = runs.len() > limit;
        runs.truncate(limit);
        let people = People::of(&mut conn, app, runs.iter().map(|run| (run.created_by_role, run.created_by))).await?;
        let messages = if app.mode.is_chat_family() && !runs.is_empty() {
            let ids: Vec<_> = runs.iter().map(|run| run.id).collect();
            workflow_run_list::messages_of(&mut conn, app.id, &ids).await?
        } else {
            Vec::new()
        };
        let messages = messages.into_iter().map(|(run, message, of)| (run, (message, of))).collect();
        Ok(RunPage { runs, has_more, people, messages })
    }

    /// How many runs there are.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn counts(
        &self,
        app: &App,
        origin: RunOrigin,
        status: Option<RunStatus>,
        within: Option<TimeDelta>,
    ) -> Result<RunCounts, HistoryError> {
        let since = within.map(|within| Utc::now().naive_utc() - within);
        let origins = [origin];
        let filter = RunFilter { tenant: app.tenant_id, app: app.id, origins: &origins, status, since };
        let mut conn = self.pool.get().await?;
        Ok(workflow_run_list::counts(&mut conn, filter).await?)
    }

    /// One run.
    ///
    /// # Errors
    /// `NoRun`.
    pub async fn run(&self, app: &App, id: WorkflowRunId) -> Result<RunDetail, HistoryError> {
        let mut conn = self.pool.get().await?;
        let run = WorkflowRun::find(&mut conn, app.tenant_id, app.id, id).await?.ok_or(HistoryError::NoRun)?;
        let people = People::of(&mut conn, app, [(run.created_by_role, run.created_by)].into_iter()).await?;
        Ok(RunDetail { run, people })
    }

    /// What the nodes of a run did.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn nodes(&self, app: &App, run: WorkflowRunId) -> Result<NodeExecutions, HistoryError> {
        let mut conn = self.pool.get().await?;
        let nodes = NodeExecution::of_run(&mut conn, app.tenant_id, app.id, run).await?;
        let starters = nodes.iter().map(|node| (node.execution.created_by_role, node.execution.created_by));
        let people = People::of(&mut conn, app, starters).await?;
        Ok(NodeExecutions { nodes, people })
    }

    /// What a node of the draft did last.
    ///
    /// # Errors
    /// `NoNode` if it has not run.
    pub async fn last_run(&self, app: &App, node: &str) -> Result<NodeExecutions, HistoryError> {
        let mut conn = self.pool.get().await?;
        let draft = Workflow::draft(&mut conn, app.tenant_id, app.id).await?.ok_or(HistoryError::NoNode)?;
        let found = NodeExecution::last_of(&mut conn, app.tenant_id, draft.id, node).await?;
        let found = found.ok_or(HistoryError::NoNode)?;
        let starter = (found.execution.created_by_role, found.execution.created_by);
        let people = People::of(&mut conn, app, [starter].into_iter()).await?;
        Ok(NodeExecutions { nodes: vec![found], people })
    }

    /// A page of the app's log, newest first.
    ///
    /// # Errors
    /// `NoAccount` for an address that nobody has.
    pub async fn logs(&self, app: &App, query: &LogQuery, page: i64, limit: i64) -> Result<LogPage, HistoryError> {
        let mut conn = self.pool.get().await?;
        let account = match &query.account {
            None => None,
            Some(email) => {
                let found = Account::find_by_email(&mut conn, email).await?;
                Some(found.ok_or_else(|| HistoryError::NoAccount(email.clone()))?.id)
            }
        };
        let keyword: Option<String> = query.keyword.as_ref().map(|word| match word.parse::<Uuid>() {
            Ok(_) => word.clone(),
            Err(_no_id) => word.chars().take(KEYWORD).collect(),
        });
        let filter = LogFilter {
            keyword: keyword.as_deref().filter(|word| !word.is_empty()),
            status: query.status,
            after: query.after,
            before: query.before,
            session: query.session.as_deref(),
            account,
        };
        let offset = page.saturating_sub(1).saturating_mul(limit);
        let (logs, total) = WorkflowAppLog::page(&mut conn, app.tenant_id, app.id, &filter, limit, offset).await?;
        let ids: Vec<_> = logs.iter().map(|log| log.workflow_run_id).collect();
        let runs = if ids.is_empty() {
            Vec::new()
        } else {
            workflow_run_list::find_all(&mut conn, app.tenant_id, app.id, &ids).await?
        };
        let people = People::of(&mut conn, app, logs.iter().map(|log| (log.created_by_role, log.created_by))).await?;
        Ok(LogPage { logs, total, runs: runs.into_iter().map(|run| (run.id, run)).collect(), people })
    }
}
