//! A question that is ready to be answered.

use std::sync::Arc;

use core_model_runtime::{AiModel, ContentPart, ModelMode, ModelRef};
use serde_json::{Map, Value};

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

    /// Goes on with other words. What is not named among the inputs stays as it was; what is stored stays what was asked.
    pub(super) fn reword(&mut self, inputs: Option<Map<String, Value>>, query: Option<String>) {
        for (name, value) in inputs.into_iter().flatten() {
            if let Some(known) = self.inputs.0.get_mut(&name) {
                *known = match value {
                    Value::String(text) => Value::String(text.replace('\0', "")),
                    other => other,
                };
            }
        }
        let Some(query) = query else { return };
        if let Some(annotated) = &mut self.annotated {
            annotated.query.clone_from(&query);
        }
        if let Some(name_after) = &mut self.name_after {
            name_after.clone_from(&query);
        }
        self.request.query = query;
    }
}
