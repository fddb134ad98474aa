//! Somebody who uses a published app: a visitor of its page, or a member of a workspace where the app is installed. What
//! both ask and get is here, once.

mod ask;
mod conversations;
mod facts;
mod installed;
mod messages;
mod saved;

use std::sync::Arc;

use actix_web::http::StatusCode;
use core_app::workflow::Person;
use models::{AppMode, Caller, InvokeFrom};
use services::directory::LiveApp;
use services::generate::Asker;

pub use self::ask::{ChatRequest, CompletionRequest, ModeQuery, RunRequest, more_like_this, stop};
pub use self::conversations::{ConversationsQuery, RenameRequest};
pub use self::facts::{Meta, parameters};
pub use self::installed::InstalledGuest;
pub use self::messages::{FeedbackRequest, GuestMessage, MessagesQuery, Suggestions, suggestions};
pub use self::saved::{KeepRequest, SavedMessageDto, SavedQuery};
use crate::error::ApiError;

/// Who uses which app.
#[derive(Debug, Clone)]
pub struct Guest {
    pub app: Arc<LiveApp>,
    pub caller: Caller,
    /// A name of the person for the model's provider.
    pub session: String,
    /// As the end of a workflow's run names the person.
    pub person: Person,
    pub invoke_from: InvokeFrom,
}

impl Guest {
    /// The guest as somebody who asks questions.
    pub fn asker(&self) -> Asker {
        Asker { caller: self.caller, session: self.session.clone(), invoke_from: self.invoke_from }
    }

    pub fn mode(&self) -> AppMode {
        self.app.app.mode
    }

    /// # Errors
    /// `not_chat_app` unless the app has conversations.
    pub fn require_chat(&self) -> Result<(), ApiError> {
        self.require(self.mode().is_chat_family(), "not_chat_app")
    }

    /// # Errors
    /// `not_completion_app` unless it is a completion app.
    pub fn require_completion(&self) -> Result<(), ApiError> {
        self.require(self.mode() == AppMode::Completion, "not_completion_app")
    }

    /// # Errors
    /// `not_workflow_app` unless it is a workflow.
    pub fn require_workflow(&self) -> Result<(), ApiError> {
        self.require(self.mode() == AppMode::Workflow, "not_workflow_app")
    }

    fn require(&self, fits: bool, code: &'static str) -> Result<(), ApiError> {
        if fits {
            return Ok(());
        }
        let message = "Please check if your app mode matches the right API route.";
        Err(ApiError::new(StatusCode::BAD_REQUEST, code, message))
    }
}
