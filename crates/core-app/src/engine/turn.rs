//! A question that is ready to be answered.

use std::collections::VecDeque;
use std::sync::Arc;

use core_model_runtime::{AiModel, ContentPart, ModelMode, ModelRef, ModelType, Seat};
use serde_json::{Map, Value};

use crate::annotation_reply::AnnotationQuestion;
use crate::app_config::ModelChoice;
use crate::engine::EngineParts;
use crate::engine::prepare::schema;
use crate::error::GenerateError;
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
    /// Models that are still to be asked where this one is away.
    pub(super) spare: VecDeque<ModelChoice>,
    /// Held while the model is asked.
    pub(super) seat: Seat,
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

    /// Turns to the next model that can be asked; `false` where there is none.
    pub(super) async fn fall_back(&mut self, parts: &EngineParts) -> bool {
        while let Some(choice) = self.spare.pop_front() {
            let found = async {
                let tenant = self.request.app.tenant;
                let model = parts.models.model(tenant, &choice.provider, &choice.name, ModelType::Llm).await?;
                let schema = schema(parts, &model)?;
                let seat = parts.runtime.seat(&model).ok_or(GenerateError::Overloaded)?;
                Ok::<_, GenerateError>((model, schema, seat))
            };
            match found.await {
                Ok((model, schema, seat)) => {
                    tracing::warn!(from = %self.model.model, to = %model.model, "the model is away: another one is asked");
                    let provider = model.provider.to_string();
                    metrics::counter!("ferrify_model_fallbacks_total", "provider" => provider).increment(1);
                    (self.model, self.schema, self.seat, self.choice) = (model, schema, seat, choice);
                    return true;
                }
                Err(error) => tracing::warn!(error = %error, model = %choice.name, "this model cannot be asked either"),
            }
        }
        false
    }

    /// Goes on with other words. What is not named among the inputs stays as it was; what is stored stays what was asked.
    pub(super) fn reword(&mut self, inputs: Option<Map<String, Value>>, query: Option<String>) {
        for (name, value) in inputs.into_iter().flatten() {
            if let Some(known) = self.inputs.0.get_mut(&name) {
                *known = value;
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
