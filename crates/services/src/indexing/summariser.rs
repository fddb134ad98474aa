//! Summaries of segments, by a model.

use core_app::GenerateError;
use core_app::knowledge::Models;
use core_model_runtime::{ChatRequest, ModelRef, ModelType, PromptMessage, Runtime};
use models::dataset::Dataset;
use models::{DocForm, IndexingTechnique, TenantId};
use serde_json::{Map, Value, json};

use super::IndexError;

/// Characters of a segment that the model reads. Only a parent that is a whole document is longer.
const READ: usize = 30_000;
/// Tokens that the model may write.
const MAX_TOKENS: u32 = 1_000;
/// Characters of a summary that are kept: it has to fit into an embedding model.
const KEPT: usize = 4_000;
const TEMPERATURE: f64 = 0.2;

/// `datasets.summary_index_setting` where it asks for summaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SummarySetting {
    /// Provider and name; `None`: the workspace's.
    model: Option<(String, String)>,
    /// In place of ours.
    prompt: Option<String>,
}

impl SummarySetting {
    /// `None` where no summaries are wanted.
    pub(crate) fn read(setting: Option<&Value>) -> Option<Self> {
        let setting = setting?;
        let text = |name: &str| {
            let text = setting.get(name).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        if setting.get("enable") != Some(&Value::Bool(true)) {
            return None;
        }
        Some(Self { model: text("model_provider_name").zip(text("model_name")), prompt: text("summary_prompt") })
    }

    /// What a dataset wants for documents of a form.
    pub(crate) fn of(dataset: &Dataset, form: DocForm) -> Option<Self> {
        Self::read(dataset.summary_index_setting.as_ref()).filter(|_| has_summaries(dataset, form))
    }
}

/// Whether segments can be found by summaries: those that are found by vectors, except questions, which are short.
pub(crate) fn has_summaries(dataset: &Dataset, form: DocForm) -> bool {
    dataset.indexing_technique == Some(IndexingTechnique::HighQuality)
        && matches!(form, DocForm::Text | DocForm::Hierarchical)
}

/// Who is asked, and what for.
pub(crate) struct Summariser {
    runtime: Runtime,
    model: ModelRef,
    instruction: String,
    parameters: Map<String, Value>,
}

impl Summariser {
    /// `language`: of the document, in English, as in `German`.
    ///
    /// # Errors
    /// When the model cannot be used.
    pub(crate) async fn new(
        models: &Models,
        tenant: TenantId,
        setting: &SummarySetting,
        language: Option<&str>,
    ) -> Result<Self, GenerateError> {
        let model = match &setting.model {
            Some((provider, name)) => models.chat(tenant, provider, name).await?,
            None => models.default_chat(tenant).await?,
        };
        let runtime = models.runtime().clone();
        let schema = runtime.model_schema(&model.provider, ModelType::Llm, &model.model, &model.credentials);
        let mut wanted = Map::new();
        wanted.insert("temperature".to_owned(), json!(TEMPERATURE));
        wanted.insert("max_tokens".to_owned(), json!(MAX_TOKENS));
        // What the model has no rule for is left to it.
        let parameters = match schema {
            Some(schema) => runtime.filter_parameters(&schema, &wanted)?,
            None => Map::new(),
        };
        let language = language.filter(|language| !language.is_empty()).unwrap_or("English");
        let instruction = match &setting.prompt {
            Some(prompt) => prompt.replace("{language}", language),
            None => prompt(language),
        };
        Ok(Self { runtime, model, instruction, parameters })
    }

    /// # Errors
    /// `Invoke`, or `Document` where the model says nothing.
    pub(crate) async fn summarise(&self, text: &str) -> Result<String, IndexError> {
        let text: String = text.chars().take(READ).collect();
        let request = ChatRequest {
            messages: vec![PromptMessage::system(self.instruction.clone()), PromptMessage::user(text)],
            parameters: self.parameters.clone(),
            ..ChatRequest::default()
        };
        let reply = self.runtime.chat(&self.model, request).await?;
        let summary = said(&reply.text);
        if summary.is_empty() {
            return Err(IndexError::Document("The model gave no summary.".to_owned()));
        }
        Ok(summary)
    }
}

/// What is asked where people do not say it themselves.
fn prompt(language: &str) -> String {
    format!(
        "The user sends you a part of a longer text. Say in a few sentences what it is about, so that it can be found by \
         people who ask about it in other words: its subject, the names and terms in it, and what it says about them. \
         Hold to what the text says, and add nothing. Write in {language}. Answer with the summary alone."
    )
}

/// The reply without what the model thought aloud, cut to a length that can be embedded.
fn said(reply: &str) -> String {
    let answer = reply.rsplit_once("</think>").map_or(reply, |(_, answer)| answer);
    // Postgres has no NUL in texts.
    answer.trim().chars().filter(|c| *c != '\0').take(KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_ask_for_summaries() {
        let whole =
            json!({"enable": true, "model_name": "m", "model_provider_name": "p", "summary_prompt": " Sum up. "});
        let read = SummarySetting::read(Some(&whole)).unwrap();
        let model = Some(("p".to_owned(), "m".to_owned()));
        assert_eq!(read, SummarySetting { model, prompt: Some("Sum up.".to_owned()) });
        let bare = json!({"enable": true, "model_name": "m", "model_provider_name": null, "summary_prompt": ""});
        assert_eq!(SummarySetting::read(Some(&bare)), Some(SummarySetting { model: None, prompt: None }));
        for none in
            [json!(null), json!({}), json!({"enable": false}), json!({"enable": "yes"}), json!("enable"), json!([])]
        {
            assert_eq!(SummarySetting::read(Some(&none)), None, "{none}");
        }
        assert_eq!(SummarySetting::read(None), None);
    }

    #[test]
    fn thoughts_are_no_part_of_a_summary() {
        assert_eq!(said("<think>Hm.\n\nWell.</think>\n\nIt is about foxes. "), "It is about foxes.");
        assert_eq!(said(" \0 "), "");
        assert_eq!(said(&"ä".repeat(KEPT + 1)).chars().count(), KEPT);
    }
}
