//! A question that is ready to be answered.

use std::sync::Arc;

use core_model_runtime::{AiModel, ContentPart, ModelMode, ModelRef};

use crate::annotation_reply::AnnotationQuestion;
use crate::app_config::ModelChoice;
use crate::event::Envelope;
use crate::inputs::Inputs;
use crate::prompt::PastTurn;
use crate::request::Request;

/// Everything the run needs but what the app's datasets say; nothing of it is looked up again.
pub(super) struct Turn {
    /// Its guard is released when the run has ended.
    pub(super) request: Request,
    pub(super) envelope: Envelope,
    pub(super) inputs: Inputs,
    pub(super) choice: ModelChoice,
    pub(super) model: ModelRef,
    pub(super) schema: Arc<AiModel>,
    /// The files of the question, as the model gets them.
    pub(super) files: Vec<ContentPart>,
    /// Oldest first; taken when the prompt is made.
    pub(super) history: Vec<PastTurn>,
    /// The question as annotations may answer it.
    pub(super) annotated: Option<AnnotationQuestion>,
    /// The question by which a new conversation is to be named.
    pub(super) name_after: Option<String>,
}

impl Turn {
    pub(super) fn mode(&self) -> ModelMode {
        self.schema.model_properties.mode().unwrap_or(ModelMode::Chat)
    }
}
