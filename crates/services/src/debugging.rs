//! Trying an app out while it is built: questions with a configuration that is not saved, and the messages they left.

use std::collections::HashMap;
use std::sync::Arc;

use core_app::GenerateError;
use core_app::app_config::{AppConfig, ConfigDocument};
use core_app::workflow::Person;
use core_workflow::NodeType;
use models::account::Account;
use models::conversation::Conversation;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::message::Message;
use models::message_annotation::MessageAnnotation;
use models::workflow_node_execution::SeenExecution;
use models::{AccountId, AppId, AppMode, Caller, ConversationId, InvokeFrom, MessageId, TenantId};
use runs::RunId;
use serde_json::{Map, Value};

use crate::apps::{AppError, Apps};
use crate::conversations::Page;
use crate::directory::{AccessError, Directory, LiveApp};
use crate::generate::{AppGenerateError, AppGenerateService, Asker, Question, Version};
use crate::messages::{MessageError, MessageView, views};

#[derive(Debug, thiserror::Error)]
pub enum DebugError {
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Generate(#[from] AppGenerateError),
    #[error(transparent)]
    Message(#[from] MessageError),
}

impl From<DbError> for DebugError {
    fn from(e: DbError) -> Self {
        Self::Message(e.into())
    }
}

impl From<PoolError> for DebugError {
    fn from(e: PoolError) -> Self {
        DbError::from(e).into()
    }
}

impl From<QueryError> for DebugError {
    fn from(e: QueryError) -> Self {
        DbError::from(e).into()
    }
}

impl From<GenerateError> for DebugError {
    fn from(e: GenerateError) -> Self {
        Self::Generate(e.into())
    }
}

/// An app of a workspace, as a path names it.
#[derive(Debug, Clone, Copy)]
pub struct AppRef {
    pub tenant: TenantId,
    pub app: AppId,
}

/// A message with what builders see of it.
#[derive(Debug)]
pub struct DebugMessage {
    pub view: MessageView,
    /// What was made of its answer, to be given to the same question from then on.
    pub annotation: Option<MessageAnnotation>,
    /// What it was answered with in place of a model's answer.
    pub answered_by: Option<MessageAnnotation>,
    /// Builders who gave feedback or wrote annotations, by id.
    pub accounts: Arc<HashMap<AccountId, Account>>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Debugger {
    pool: Pool,
    apps: Apps,
    directory: Directory,
    generate: AppGenerateService,
}

impl Debugger {
    pub fn new(pool: Pool, apps: Apps, directory: Directory, generate: AppGenerateService) -> Self {
        Self { pool, apps, directory, generate }
    }

    /// Asks an app of one of the modes with the given configuration in place of the saved one.
    ///
    /// # Errors
    /// A configuration that could not be saved either, or what keeps the answer from beginning.
    pub async fn ask(
        &self,
        by: &Account,
        app: AppRef,
        modes: &[AppMode],
        config: &Map<String, Value>,
        question: Question,
    ) -> Result<core_app::Generation, DebugError> {
        let live = self.live(app, modes).await?;
        let document = self.apps.check_config(app.tenant, live.app.mode, config).await?;
        let caller = Caller::Account(by.id);
        let asker = Asker { caller, session: by.id.to_string(), invoke_from: InvokeFrom::Debugger };
        let question = Question { override_config: Some(document), ..question };
        Ok(self.generate.generate(&live, asker, question).await?)
    }

    /// Tries the draft of an app's workflow.
    ///
    /// # Errors
    /// If there is no draft, or what keeps the run from beginning.
    pub async fn run_draft(
        &self,
        by: &Account,
        app: AppRef,
        modes: &[AppMode],
        question: Question,
    ) -> Result<core_app::Generation, DebugError> {
        let live = self.live(app, modes).await?;
        let person = Person::Account { name: by.name.clone(), email: by.email.clone() };
        Ok(self.generate.run_workflow(&live, member(by), person, Version::Draft, question).await?)
    }

    /// Tries one node of the draft.
    ///
    /// # Errors
    /// If there is no draft or no such node, or its inputs cannot be used.
    pub async fn run_node(
        &self,
        by: &Account,
        app: AppRef,
        modes: &[AppMode],
        node: String,
        question: Question,
    ) -> Result<SeenExecution, DebugError> {
        let live = self.live(app, modes).await?;
        Ok(self.generate.run_node(&live, member(by), node, question).await?)
    }

    /// Tries an iteration or a loop of the draft, with its rounds. `container` is which of them, and the node's id.
    ///
    /// # Errors
    /// As for single nodes; a container of the other kind is not there.
    pub async fn run_container(
        &self,
        by: &Account,
        app: AppRef,
        modes: &[AppMode],
        container: (NodeType, &str),
        question: Question,
    ) -> Result<core_app::Generation, DebugError> {
        let live = self.live(app, modes).await?;
        let person = Person::Account { name: by.name.clone(), email: by.email.clone() };
        Ok(self.generate.run_container(&live, member(by), person, container, question).await?)
    }

    /// Stops a run of the app.
    ///
    /// # Errors
    /// If there is no such app.
    pub async fn stop_run(&self, app: AppRef, modes: &[AppMode], task: RunId) -> Result<(), DebugError> {
        let live = self.live(app, modes).await?;
        Ok(self.generate.stop_in_app(&live, task).await?)
    }

    /// The newest messages of a conversation of the app before `first`, oldest of them first.
    ///
    /// # Errors
    /// `ConversationNotFound` or `FirstNotFound`.
    pub async fn messages(
        &self,
        app: AppRef,
        conversation: ConversationId,
        first: Option<MessageId>,
        limit: usize,
    ) -> Result<Page<DebugMessage>, DebugError> {
        let row = self.apps.find(app.tenant, app.app).await?;
        if !row.mode.is_chat_family() {
            return Err(AppError::NotFound.into());
        }
        let mut conn = self.pool.get().await?;
        let found = Conversation::find_in_app(&mut conn, row.id, conversation).await?;
        found.ok_or(MessageError::ConversationNotFound)?;
        let before = match first {
            None => None,
            Some(id) => {
                let first = Message::find_in_app(&mut conn, row.id, id).await?;
                let first = first.filter(|m| m.conversation_id == conversation).ok_or(MessageError::FirstNotFound)?;
                Some((first.created_at, first.id))
            }
        };
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut page = Page::of(Message::page(&mut conn, conversation, before, wanted).await?, limit);
        page.items.reverse();
        let views = views(&mut conn, app.tenant, page.items).await?;
        Ok(Page { items: with_annotations(&mut conn, app.app, views).await?, has_more: page.has_more })
    }

    /// A message of the app.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn message(&self, app: AppRef, id: MessageId) -> Result<DebugMessage, DebugError> {
        self.apps.find(app.tenant, app.app).await?;
        let mut conn = self.pool.get().await?;
        let message = Message::find_in_app(&mut conn, app.app, id).await?.ok_or(MessageError::NotFound)?;
        let views = views(&mut conn, app.tenant, vec![message]).await?;
        with_annotations(&mut conn, app.app, views).await?.pop().ok_or_else(|| MessageError::NotFound.into())
    }

    /// Questions that the builder might ask after a message of their own; whether there are any is decided by the
    /// configuration with which the conversation was begun.
    ///
    /// # Errors
    /// `SuggestionsDisabled`, or `NotFound`.
    pub async fn suggestions(&self, app: AppRef, by: AccountId, id: MessageId) -> Result<Vec<String>, DebugError> {
        let live = self.live(app, &[AppMode::Chat, AppMode::AgentChat, AppMode::AdvancedChat]).await?;
        let conversation = {
            let mut conn = self.pool.get().await?;
            let message = Message::find(&mut conn, app.app, Caller::Account(by), id).await?;
            let message = message.ok_or(MessageError::NotFound)?;
            let found = Conversation::find_in_app(&mut conn, app.app, message.conversation_id).await?;
            found.ok_or(MessageError::ConversationNotFound)?
        };
        let config = overridden(live.app.mode, &conversation).or_else(|| live.config.clone());
        if !config.is_some_and(|config| config.features.suggested_questions_after_answer.0) {
            return Err(MessageError::SuggestionsDisabled.into());
        }
        Ok(self.generate.engine().suggest_questions(app.tenant, conversation.id).await?)
    }

    /// The app, if it is the workspace's and of one of the modes.
    ///
    /// # Errors
    /// `AppError::NotFound`.
    pub async fn live(&self, app: AppRef, modes: &[AppMode]) -> Result<Arc<LiveApp>, DebugError> {
        // The directory knows apps of every workspace: the workspace is checked first.
        self.apps.find(app.tenant, app.app).await?;
        let live = self.directory.app(app.app).await?.ok_or(AppError::NotFound)?;
        if modes.contains(&live.app.mode) { Ok(live) } else { Err(AppError::NotFound.into()) }
    }
}

/// A member who tries something.
fn member(by: &Account) -> Asker {
    Asker { caller: Caller::Account(by.id), session: by.id.to_string(), invoke_from: InvokeFrom::Debugger }
}

/// The configuration that a debugged conversation carries.
fn overridden(mode: AppMode, conversation: &Conversation) -> Option<Arc<AppConfig>> {
    let document = serde_json::from_str(conversation.override_model_configs.as_deref()?).ok()?;
    Some(Arc::new(AppConfig::read(mode, ConfigDocument(document))))
}

/// The messages with their annotations and with everybody's names: three more statements, whatever their number.
async fn with_annotations(
    conn: &mut models::db::AsyncPgConnection,
    app: AppId,
    views: Vec<MessageView>,
) -> Result<Vec<DebugMessage>, QueryError> {
    let messages: Vec<MessageId> = views.iter().map(|view| view.message.id).collect();
    let mut made = first_of_each(MessageAnnotation::of_messages(conn, app, &messages).await?);
    let mut answered = first_of_each(MessageAnnotation::that_answered(conn, app, &messages).await?);
    let judges = views.iter().flat_map(|v| &v.feedbacks).filter_map(|f| f.from_account_id);
    let authors = made.values().chain(answered.values()).map(|annotation| annotation.account_id);
    let mut ids: Vec<AccountId> = judges.chain(authors).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = if ids.is_empty() { Vec::new() } else { Account::find_all(conn, &ids).await? };
    let accounts: Arc<HashMap<AccountId, Account>> = Arc::new(found.into_iter().map(|a| (a.id, a)).collect());
    let debugged = |view: MessageView| DebugMessage {
        annotation: made.remove(&view.message.id),
        answered_by: answered.remove(&view.message.id),
        accounts: Arc::clone(&accounts),
        view,
    };
    Ok(views.into_iter().map(debugged).collect())
}

fn first_of_each(annotations: Vec<(MessageId, MessageAnnotation)>) -> HashMap<MessageId, MessageAnnotation> {
    let mut first = HashMap::new();
    for (message, annotation) in annotations {
        first.entry(message).or_insert(annotation);
    }
    first
}
