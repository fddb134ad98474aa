//! Objectionable words: questions are judged before anything else is done with them, answers while they are made.
//!
//! [`Judge`] asks whoever the app's configuration names. [`Speech`] is an answer that is judged again and again while a
//! model makes it. A question that cannot be judged is a fault; an answer that cannot be judged is let through.

mod api;
mod openai;
mod speech;

use models::{AppId, TenantId};
use serde_json::{Map, Value};

pub(crate) use self::speech::{Settled, Speech};
use crate::app_config::{AppConfig, Moderation, ModerationCheck};
use crate::engine::EngineParts;
use crate::error::GenerateError;

/// What becomes of a question.
#[derive(Debug, PartialEq)]
pub(crate) enum InputVerdict {
    Clean,
    /// It goes on with other words. What is `None`, or not named among the inputs, stays as it was.
    Overridden {
        inputs: Option<Map<String, Value>>,
        query: Option<String>,
    },
    /// This is the answer.
    Refused(String),
}

/// What becomes of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OutputVerdict {
    Clean,
    /// This is shown in the place of what was judged; more may follow.
    Overridden(String),
    /// This is the answer; the model need not go on.
    Refused(String),
}

/// Judges questions and answers of one app.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    parts: &'a EngineParts,
    tenant: TenantId,
    app: AppId,
    config: &'a Moderation,
}

impl<'a> Judge<'a> {
    /// `None` for an app that does not moderate.
    pub(crate) fn of(parts: &'a EngineParts, tenant: TenantId, app: AppId, config: &'a AppConfig) -> Option<Self> {
        let config = config.moderation.as_ref()?;
        Some(Self { parts, tenant, app, config })
    }

    /// Judges a question.
    ///
    /// # Errors
    /// If nobody could say; the question must not be answered then.
    pub(crate) async fn input(self, inputs: &Map<String, Value>, query: &str) -> Result<InputVerdict, GenerateError> {
        let Some(preset) = &self.config.inputs else { return Ok(InputVerdict::Clean) };
        let values = || inputs.values().map(text_of).chain([query.to_owned()]).filter(|text| !text.is_empty());
        let flagged = match &self.config.check {
            ModerationCheck::Keywords(keywords) => values().any(|text| keywords.are_in(&text)),
            ModerationCheck::OpenAi => self.flagged_by_openai(values().collect::<Vec<_>>().join("\n")).await?,
            ModerationCheck::Api(id) => return self.input_by_api(*id, preset, inputs, query).await,
            ModerationCheck::Unknown(kind) => {
                return Err(GenerateError::InvalidParam(format!("Moderation type {kind:?} is not known.")));
            }
        };
        Ok(if flagged { InputVerdict::Refused(preset.clone()) } else { InputVerdict::Clean })
    }

    /// Whether answers are judged at all.
    pub(crate) const fn minds_answers(self) -> bool {
        self.config.outputs.is_some()
    }

    /// Judges an answer where nobody need be asked. Its first `known` bytes were judged before.
    fn output_at_once(self, text: &str, known: usize) -> Option<OutputVerdict> {
        let preset = self.config.outputs.as_ref()?;
        match &self.config.check {
            ModerationCheck::Keywords(keywords) if keywords.are_in_rest(text, known) => {
                Some(OutputVerdict::Refused(preset.clone()))
            }
            ModerationCheck::Keywords(_) => Some(OutputVerdict::Clean),
            ModerationCheck::OpenAi | ModerationCheck::Api(_) | ModerationCheck::Unknown(_) => None,
        }
    }

    /// Judges an answer as far as it goes.
    ///
    /// # Errors
    /// If nobody could say.
    async fn output(self, text: String) -> Result<OutputVerdict, GenerateError> {
        let Some(preset) = &self.config.outputs else { return Ok(OutputVerdict::Clean) };
        let flagged = match &self.config.check {
            ModerationCheck::Keywords(keywords) => keywords.are_in(&text),
            ModerationCheck::OpenAi => self.flagged_by_openai(text).await?,
            ModerationCheck::Api(id) => return self.output_by_api(*id, preset, &text).await,
            ModerationCheck::Unknown(kind) => {
                return Err(GenerateError::InvalidParam(format!("Moderation type {kind:?} is not known.")));
            }
        };
        Ok(if flagged { OutputVerdict::Refused(preset.clone()) } else { OutputVerdict::Clean })
    }
}

/// A value as its words are looked at.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
