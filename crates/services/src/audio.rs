//! Listening and speaking for an app: its visitors' recordings as text, its answers as sound.

use std::sync::Arc;

use core_app::{GenerateError, ModelSource};
use core_model_runtime::{AudioStream, ModelType, Recording, Runtime, Voice};
use models::app::App;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::message::Message;
use models::workflow::Workflow;
use models::{AppMode, Caller, MessageId, MessageStatus, TenantId};
use serde_json::Value;

use crate::directory::LiveApp;

/// Longest text that is spoken at once, in characters. An upstream is asked again for every few thousand of them.
pub const LONGEST_SPEECH: usize = 100_000;

#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    #[error("Speech to text is not enabled")]
    ListeningDisabled,
    #[error("Text to speech is not enabled")]
    SpeakingDisabled,
    #[error("The default speech-to-text model of the workspace cannot take recordings.")]
    NotSupported,
    #[error("Text is required")]
    NothingToSay,
    #[error("A text has at most {LONGEST_SPEECH} characters to be spoken")]
    TooLong,
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for AudioError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for AudioError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// Which configuration of an app decides what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What its visitors get.
    Published,
    /// What its builders work on: for workflows, the draft.
    Built,
}

/// What is to be said.
#[derive(Debug)]
pub enum Words {
    Text(String),
    /// The answer of a message: of this person's, or of anybody's.
    Answer(MessageId, Option<Caller>),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Audio {
    pool: Pool,
    models: Arc<dyn ModelSource>,
    runtime: Runtime,
}

impl Audio {
    pub fn new(pool: Pool, models: Arc<dyn ModelSource>, runtime: Runtime) -> Self {
        Self { pool, models, runtime }
    }

    /// Whether the app listens at all: asked before a recording is read.
    ///
    /// # Errors
    /// `ListeningDisabled`.
    pub async fn check_listens(&self, app: &LiveApp, stage: Stage) -> Result<(), AudioError> {
        let enabled = self.feature(app, stage, "speech_to_text").await?.is_some_and(|feature| is_on(&feature));
        if enabled { Ok(()) } else { Err(AudioError::ListeningDisabled) }
    }

    /// What is said in a recording, by the workspace's default model.
    ///
    /// # Errors
    /// `NotSupported`, or what the model fails with.
    pub async fn transcribe(&self, tenant: TenantId, recording: Recording) -> Result<String, AudioError> {
        let model = self.models.default_model(tenant, ModelType::Speech2text).await?;
        match self.runtime.transcribe(&model, recording).await {
            Ok(text) => Ok(text),
            Err(core_model_runtime::InvokeError::ModelNotFound { .. }) => Err(AudioError::NotSupported),
            Err(fault) => Err(GenerateError::from(fault).into()),
        }
    }

    /// Says something in the given voice, else in the app's, else in the model's. `None` where there is no such message,
    /// or it has no answer.
    ///
    /// # Errors
    /// `SpeakingDisabled`, `NothingToSay`, `TooLong`, or what the model fails with before the first sound.
    pub async fn speak(
        &self,
        app: &LiveApp,
        stage: Stage,
        words: Words,
        voice: Option<String>,
    ) -> Result<Option<AudioStream>, AudioError> {
        let feature = self.feature(app, stage, "text_to_speech").await?;
        let feature = feature.filter(is_on).ok_or(AudioError::SpeakingDisabled)?;
        let text = match words {
            Words::Text(text) => text,
            Words::Answer(id, caller) => match self.answer(&app.app, id, caller).await? {
                Some(text) => text,
                None => return Ok(None),
            },
        };
        if text.trim().is_empty() {
            return Err(AudioError::NothingToSay);
        }
        if text.chars().count() > LONGEST_SPEECH {
            return Err(AudioError::TooLong);
        }
        let chosen = || feature.get("voice").and_then(Value::as_str).map(str::to_owned);
        let voice = voice.filter(|name| !name.is_empty()).or_else(chosen).filter(|name| !name.is_empty());
        let model = self.models.default_model(app.app.tenant_id, ModelType::Tts).await?;
        Ok(Some(self.runtime.speak(&model, &text, voice.as_deref()).await.map_err(GenerateError::from)?))
    }

    /// The voices of the workspace's default model that speak a language (`en-US`).
    ///
    /// # Errors
    /// When the workspace has no such model.
    pub async fn voices(&self, tenant: TenantId, language: &str) -> Result<Vec<Voice>, AudioError> {
        let model = self.models.default_model(tenant, ModelType::Tts).await?;
        let mut voices = self.runtime.voices(&model).map_err(GenerateError::from)?;
        voices.retain(|voice| voice.languages.iter().any(|spoken| spoken == language));
        Ok(voices)
    }

    /// A message's answer, if it has one.
    async fn answer(&self, app: &App, id: MessageId, caller: Option<Caller>) -> Result<Option<String>, AudioError> {
        let mut conn = self.pool.get().await?;
        let message = match caller {
            Some(caller) => Message::find(&mut conn, app.id, caller, id).await?,
            None => Message::find_in_app(&mut conn, app.id, id).await?,
        };
        Ok(message.filter(|m| m.status == MessageStatus::Normal).map(|m| m.answer).filter(|text| !text.is_empty()))
    }

    /// A feature as it is configured.
    async fn feature(&self, app: &LiveApp, stage: Stage, name: &str) -> Result<Option<Value>, AudioError> {
        let drafted = matches!(app.app.mode, AppMode::Workflow | AppMode::AdvancedChat);
        if stage == Stage::Published || !drafted {
            return Ok(app.config.as_ref().and_then(|config| config.document.get(name)).cloned());
        }
        let mut conn = self.pool.get().await?;
        let Some(draft) = Workflow::draft(&mut conn, app.app.tenant_id, app.app.id).await? else { return Ok(None) };
        drop(conn);
        let features: Value = serde_json::from_str(&draft.features).unwrap_or_default();
        Ok(features.get(name).cloned())
    }
}

fn is_on(feature: &Value) -> bool {
    feature.get("enabled").and_then(Value::as_bool).unwrap_or(false)
}
