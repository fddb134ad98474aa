//! The configuration object of the wire, and the row that holds it.

use chrono::NaiveDateTime;
use models::app_model_config::AppModelConfig;
use models::{AccountId, AppId, AppMode, AppModelConfigId};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// `model_config` as the Console sends and shows it: free-form objects under the keys of the contract.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ConfigDocument(pub Map<String, Value>);

/// Keys whose unset value is the switched-off feature.
const OFF_UNLESS_SET: [&str; 4] =
    ["suggested_questions_after_answer", "speech_to_text", "text_to_speech", "more_like_this"];

impl ConfigDocument {
    /// The configuration of a fresh app, without a model.
    pub fn fresh(mode: AppMode) -> Self {
        let mut document = Self::default();
        if mode == AppMode::Completion {
            document.set(
                "user_input_form",
                json!([{"paragraph": {"label": "Query", "variable": "query", "required": true, "default": ""}}]),
            );
            document.set("pre_prompt", json!("{{query}}"));
        }
        document.filled()
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|v| !v.is_null())
    }

    pub fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    /// The same with the documented default for everything that is not set.
    pub fn filled(mut self) -> Self {
        for key in ["opening_statement", "pre_prompt", "dataset_query_variable"] {
            self.0.entry(key).or_insert(Value::Null);
        }
        for (key, default) in [
            ("suggested_questions", json!([])),
            ("retriever_resource", json!({"enabled": true})),
            ("annotation_reply", json!({"enabled": false})),
            ("sensitive_word_avoidance", json!({"enabled": false, "type": "", "configs": []})),
            ("external_data_tools", json!([])),
            ("model", Value::Null),
            ("user_input_form", json!([])),
            ("agent_mode", json!({"enabled": false, "strategy": null, "tools": [], "prompt": null})),
            ("prompt_type", json!("simple")),
            ("chat_prompt_config", json!({})),
            ("completion_prompt_config", json!({})),
            ("dataset_configs", json!({"retrieval_model": "multiple"})),
            (
                "file_upload",
                json!({"image": {"enabled": false, "number_limits": 3, "detail": "high", "transfer_methods": ["remote_url", "local_file"]}}),
            ),
        ] {
            self.fill(key, default);
        }
        for key in OFF_UNLESS_SET {
            self.fill(key, json!({"enabled": false}));
        }
        self
    }

    fn fill(&mut self, key: &str, default: Value) {
        let slot = self.0.entry(key).or_insert(Value::Null);
        if slot.is_null() {
            *slot = default;
        }
    }

    /// The document in a row. `annotation_reply` is not part of the row: it has a table of its own.
    pub fn from_row(row: &AppModelConfig) -> Self {
        let mut document = Self::default();
        let json_texts = [
            ("suggested_questions", &row.suggested_questions),
            ("suggested_questions_after_answer", &row.suggested_questions_after_answer),
            ("speech_to_text", &row.speech_to_text),
            ("text_to_speech", &row.text_to_speech),
            ("more_like_this", &row.more_like_this),
            ("model", &row.model),
            ("user_input_form", &row.user_input_form),
            ("agent_mode", &row.agent_mode),
            ("sensitive_word_avoidance", &row.sensitive_word_avoidance),
            ("retriever_resource", &row.retriever_resource),
            ("chat_prompt_config", &row.chat_prompt_config),
            ("completion_prompt_config", &row.completion_prompt_config),
            ("dataset_configs", &row.dataset_configs),
            ("external_data_tools", &row.external_data_tools),
            ("file_upload", &row.file_upload),
        ];
        for (key, text) in json_texts {
            if let Some(text) = text.as_deref().filter(|t| !t.is_empty()) {
                match serde_json::from_str(text) {
                    Ok(value) => document.set(key, value),
                    Err(e) => {
                        tracing::warn!(app.id = %row.app_id, config.id = %row.id, key, error = %e, "ignored a column that holds no JSON")
                    }
                }
            }
        }
        for (key, text) in [
            ("opening_statement", &row.opening_statement),
            ("pre_prompt", &row.pre_prompt),
            ("dataset_query_variable", &row.dataset_query_variable),
        ] {
            document.set(key, text.clone().map_or(Value::Null, Value::String));
        }
        document.set("prompt_type", Value::String(row.prompt_type.clone()));
        document.filled()
    }

    /// A new row that holds this document.
    pub fn to_row(&self, id: AppModelConfigId, app: AppId, author: AccountId, now: NaiveDateTime) -> AppModelConfig {
        let json_text = |key: &str| self.get(key).map(Value::to_string);
        let text = |key: &str| self.text(key).map(str::to_owned);
        AppModelConfig {
            id,
            app_id: app,
            created_by: Some(author),
            created_at: now,
            updated_by: Some(author),
            updated_at: now,
            opening_statement: text("opening_statement"),
            suggested_questions: json_text("suggested_questions"),
            suggested_questions_after_answer: json_text("suggested_questions_after_answer"),
            speech_to_text: json_text("speech_to_text"),
            text_to_speech: json_text("text_to_speech"),
            more_like_this: json_text("more_like_this"),
            model: json_text("model"),
            user_input_form: json_text("user_input_form"),
            dataset_query_variable: text("dataset_query_variable"),
            pre_prompt: text("pre_prompt"),
            agent_mode: json_text("agent_mode"),
            sensitive_word_avoidance: json_text("sensitive_word_avoidance"),
            retriever_resource: json_text("retriever_resource"),
            prompt_type: text("prompt_type").unwrap_or_else(|| "simple".to_owned()),
            chat_prompt_config: json_text("chat_prompt_config"),
            completion_prompt_config: json_text("completion_prompt_config"),
            dataset_configs: json_text("dataset_configs"),
            external_data_tools: json_text("external_data_tools"),
            file_upload: json_text("file_upload"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_the_document() {
        let mut document = ConfigDocument::fresh(AppMode::Completion);
        document.set("model", json!({"provider": "langgenius/openai/openai", "name": "gpt-4o", "mode": "chat", "completion_params": {"stop": ["x"]}}));
        document.set("file_upload", json!({"enabled": true, "unknown_key": [1, 2]}));
        let now = chrono::DateTime::UNIX_EPOCH.naive_utc();
        let row = document.to_row(AppModelConfigId::random(), AppId::random(), AccountId::random(), now);
        assert_eq!(ConfigDocument::from_row(&row), document);
    }

    #[test]
    fn defaults_are_not_merged_into_stored_objects() {
        let mut document = ConfigDocument::default();
        document.set("retriever_resource", json!({}));
        assert_eq!(document.filled().get("retriever_resource"), Some(&json!({})));
    }
}
