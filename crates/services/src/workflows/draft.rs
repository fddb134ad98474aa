//! The draft of an app.

use chrono::{NaiveDateTime, Utc};
use core_app::app_config::validate_features;
use core_workflow::dsl::{Tree, check_graph};
use models::account::Account;
use models::app::App;
use models::db::{AsyncConnection, AsyncPgConnection, QueryResult, alone_at};
use models::workflow::{DRAFT, DraftChanges, Workflow, WorkflowType};
use models::{AppId, AppMode, TenantId, WorkflowId};

use super::hash::{for_text, hash_of};
use super::variables::{Incoming, prepare_environment, store_conversation};
use super::view::WorkflowView;
use super::{WorkflowError, Workflows};

/// A draft as a client sends it. Texts are JSON.
#[derive(Debug)]
pub struct DraftRequest {
    pub graph: String,
    pub features: String,
    /// `None` leaves them as they are.
    pub environment_variables: Option<String>,
    pub conversation_variables: Option<String>,
    /// Of the draft that was changed; a first draft has none.
    pub hash: Option<String>,
}

/// A draft after it was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedDraft {
    pub hash: String,
    /// Of the last change; saving what is there already is none.
    pub updated_at: NaiveDateTime,
}

/// A draft whose parts have been checked.
#[derive(Debug)]
pub(crate) struct CheckedDraft {
    pub(crate) graph: String,
    pub(crate) features: String,
    pub(crate) environment: Environment,
    pub(crate) conversation: Option<String>,
    pub(crate) rag_pipeline: Option<String>,
}

impl CheckedDraft {
    /// What a version of the same workspace holds.
    pub(crate) fn copy_of(version: Workflow) -> Self {
        Self {
            graph: version.graph,
            features: version.features,
            environment: Environment::Stored(version.environment_variables),
            conversation: Some(version.conversation_variables),
            rag_pipeline: Some(version.rag_pipeline_variables),
        }
    }
}

/// What becomes of the environment variables.
#[derive(Debug)]
pub(crate) enum Environment {
    /// They stay.
    Kept,
    Given(Vec<Incoming>),
    /// Taken as stored elsewhere in the workspace, secrets encrypted with the same key.
    Stored(String),
}

/// Waits until nobody else writes the draft of the app, until this transaction ends.
pub(crate) async fn lock_draft(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<()> {
    alone_at(conn, &format!("the draft of app {app}")).await
}

pub(crate) const fn kind_of(mode: AppMode) -> WorkflowType {
    match mode {
        AppMode::AdvancedChat => WorkflowType::Chat,
        AppMode::RagPipeline => WorkflowType::RagPipeline,
        AppMode::Workflow
        | AppMode::Completion
        | AppMode::Chat
        | AppMode::AgentChat
        | AppMode::Channel
        | AppMode::Unknown => WorkflowType::Workflow,
    }
}

fn read(part: &'static str, text: &str) -> Result<Tree, WorkflowError> {
    Tree::from_json(text).map_err(|reason| WorkflowError::Unreadable { part, reason })
}

fn read_list(part: &'static str, text: &str) -> Result<Vec<Tree>, WorkflowError> {
    match read(part, text)? {
        Tree::List(items) => Ok(items),
        Tree::Null => Ok(Vec::new()),
        Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Map(_) => {
            Err(WorkflowError::Variable(format!("{part} must be a list")))
        }
    }
}

/// Checks graph and features; their JSON texts without what cannot be stored.
pub(crate) fn check_parts(graph: &Tree, features: &Tree) -> Result<(String, String), WorkflowError> {
    check_graph(graph)?;
    let text = features.to_json();
    let wrong = || WorkflowError::Variable("features must be an object".to_owned());
    let object = serde_json::from_str(&text).map_err(|_no_object| wrong())?;
    validate_features(&object)?;
    Ok((graph.to_json(), text))
}

impl Workflows {
    /// The draft of an app.
    ///
    /// # Errors
    /// `NoDraft`.
    pub async fn draft(&self, app: &App) -> Result<WorkflowView, WorkflowError> {
        let mut conn = self.pool.get().await?;
        let draft = Workflow::draft(&mut conn, app.tenant_id, app.id).await?.ok_or(WorkflowError::NoDraft)?;
        drop(conn);
        self.view(draft).await
    }

    /// The draft as it is stored.
    ///
    /// # Errors
    /// `NoDraft`.
    pub async fn draft_row(&self, app: &App) -> Result<Workflow, WorkflowError> {
        let mut conn = self.pool.get().await?;
        Workflow::draft(&mut conn, app.tenant_id, app.id).await?.ok_or(WorkflowError::NoDraft)
    }

    /// Saves the draft of an app. Nothing is written when it is the same as before.
    ///
    /// # Errors
    /// `NotInSync` when the draft is not the one that was changed; or what is wrong with the draft.
    #[tracing::instrument(skip_all, fields(tenant.id = %app.tenant_id, app.id = %app.id))]
    pub async fn save_draft(
        &self,
        app: &App,
        by: &Account,
        request: DraftRequest,
    ) -> Result<SavedDraft, WorkflowError> {
        let DraftRequest { graph, features, environment_variables, conversation_variables, hash } = request;
        let bytes = graph.len() + features.len();
        let parts = move || {
            let (graph, features) = (read("graph", &graph)?, read("features", &features)?);
            check_parts(&graph, &features)
        };
        let (graph, features) = for_text(bytes, parts).await??;
        let environment = match environment_variables {
            Some(text) => {
                let given = read_list("environment_variables", &text)?;
                let limit = self.max_variable_bytes;
                Environment::Given(prepare_environment(&self.keys, app.tenant_id, &given, limit).await?)
            }
            None => Environment::Kept,
        };
        let conversation = match conversation_variables {
            Some(text) => {
                let given = read_list("conversation_variables", &text)?;
                Some(store_conversation(&given, self.max_variable_bytes)?)
            }
            None => None,
        };
        let draft = CheckedDraft { graph, features, environment, conversation, rag_pipeline: None };
        let expected = hash;
        let hash = hash_of(&draft.graph, &draft.features).await?;
        let mut conn = self.pool.get().await?;
        let updated_at = conn
            .transaction(async |conn| {
                lock_draft(conn, app.id).await?;
                let old = Workflow::draft(conn, app.tenant_id, app.id).await?;
                if let Some(old) = &old
                    && Some(hash_of(&old.graph, &old.features).await?) != expected
                {
                    return Err(WorkflowError::NotInSync);
                }
                put(conn, app, by, draft, old).await
            })
            .await?;
        Ok(SavedDraft { hash, updated_at })
    }
}

/// Writes a draft over the old one, within the transaction that holds its lock.
pub(crate) async fn put(
    conn: &mut AsyncPgConnection,
    app: &App,
    by: &Account,
    draft: CheckedDraft,
    old: Option<Workflow>,
) -> Result<NaiveDateTime, WorkflowError> {
    let now = Utc::now().naive_utc();
    let Some(old) = old else {
        let new = first_draft(app.tenant_id, app.id, app.mode, by, draft, now);
        Workflow::insert(conn, &new).await?;
        return Ok(now);
    };
    let environment = match draft.environment {
        Environment::Given(incoming) => Incoming::store(incoming, &old.environment_variables),
        Environment::Stored(text) => text,
        Environment::Kept => old.environment_variables.clone(),
    };
    let conversation = draft.conversation.unwrap_or_else(|| old.conversation_variables.clone());
    let rag = draft.rag_pipeline.unwrap_or_else(|| old.rag_pipeline_variables.clone());
    let same = old.graph == draft.graph
        && old.features == draft.features
        && old.environment_variables == environment
        && old.conversation_variables == conversation
        && old.rag_pipeline_variables == rag;
    if same {
        return Ok(old.updated_at);
    }
    let changes = DraftChanges {
        graph: &draft.graph,
        features: &draft.features,
        environment_variables: &environment,
        conversation_variables: &conversation,
        rag_pipeline_variables: Some(&rag),
        updated_by: by.id,
        updated_at: now,
    };
    Workflow::change_draft(conn, app.tenant_id, app.id, old.id, &changes).await?.ok_or(WorkflowError::NoDraft)?;
    Ok(now)
}

/// The row of an app's first draft.
pub(crate) fn first_draft(
    tenant: TenantId,
    app: AppId,
    mode: AppMode,
    by: &Account,
    draft: CheckedDraft,
    now: NaiveDateTime,
) -> Workflow {
    const NONE: &str = "{}";
    Workflow {
        id: WorkflowId::random(),
        tenant_id: tenant,
        app_id: app,
        kind: kind_of(mode),
        version: DRAFT.to_owned(),
        marked_name: String::new(),
        marked_comment: String::new(),
        graph: draft.graph,
        features: draft.features,
        created_by: by.id,
        created_at: now,
        updated_by: None,
        updated_at: now,
        environment_variables: match draft.environment {
            Environment::Given(incoming) => Incoming::store(incoming, NONE),
            Environment::Stored(text) => text,
            Environment::Kept => NONE.to_owned(),
        },
        conversation_variables: draft.conversation.unwrap_or_else(|| NONE.to_owned()),
        rag_pipeline_variables: draft.rag_pipeline.unwrap_or_else(|| NONE.to_owned()),
    }
}
