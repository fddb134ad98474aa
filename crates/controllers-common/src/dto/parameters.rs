//! `/parameters`: what an input form needs to know of an app.
//!
//! Every key is always there. What is stored passes through as it is; a default stands only for what is not stored.

use config::UploadSettings;
use core_app::app_config::{AppConfig, ConfigDocument};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct ParametersDto {
    #[schema(value_type = Option<String>)]
    pub opening_statement: Value,
    #[schema(value_type = Vec<String>)]
    pub suggested_questions: Value,
    #[schema(value_type = Object)]
    pub suggested_questions_after_answer: Value,
    #[schema(value_type = Object)]
    pub speech_to_text: Value,
    #[schema(value_type = Object)]
    pub text_to_speech: Value,
    #[schema(value_type = Object)]
    pub retriever_resource: Value,
    #[schema(value_type = Object)]
    pub annotation_reply: Value,
    #[schema(value_type = Object)]
    pub more_like_this: Value,
    /// `[{<type>: {type, label, variable, required, ...}}]`
    #[schema(value_type = Vec<Object>)]
    pub user_input_form: Value,
    #[schema(value_type = Object)]
    pub sensitive_word_avoidance: Value,
    #[schema(value_type = Object)]
    pub file_upload: Value,
    pub system_parameters: SystemParametersDto,
}

/// Upload limits, in megabytes, and how many files a workflow takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemParametersDto {
    pub image_file_size_limit: u64,
    pub video_file_size_limit: u64,
    pub audio_file_size_limit: u64,
    pub file_size_limit: u64,
    pub workflow_file_upload_limit: u32,
}

impl SystemParametersDto {
    pub fn new(limits: &UploadSettings) -> Self {
        Self {
            image_file_size_limit: limits.image_mb,
            video_file_size_limit: limits.video_mb,
            audio_file_size_limit: limits.audio_mb,
            file_size_limit: limits.file_mb,
            workflow_file_upload_limit: limits.workflow_file_limit,
        }
    }
}

impl ParametersDto {
    /// Of a configured app.
    pub fn new(config: &AppConfig, limits: &UploadSettings) -> Self {
        Self::of_document(&config.document, limits)
    }

    pub fn of_document(document: &ConfigDocument, limits: &UploadSettings) -> Self {
        let stored = |key: &str, default: fn() -> Value| document.get(key).cloned().unwrap_or_else(default);
        let off = || json!({"enabled": false});
        Self {
            opening_statement: stored("opening_statement", || Value::Null),
            suggested_questions: stored("suggested_questions", || json!([])),
            suggested_questions_after_answer: stored("suggested_questions_after_answer", off),
            speech_to_text: stored("speech_to_text", off),
            text_to_speech: stored("text_to_speech", off),
            retriever_resource: stored("retriever_resource", || json!({"enabled": true})),
            annotation_reply: stored("annotation_reply", off),
            more_like_this: stored("more_like_this", off),
            user_input_form: typed(stored("user_input_form", || json!([]))),
            sensitive_word_avoidance: stored(
                "sensitive_word_avoidance",
                || json!({"enabled": false, "type": "", "configs": []}),
            ),
            file_upload: stored("file_upload", || {
                let methods = json!(["remote_url", "local_file"]);
                json!({"image": {"enabled": false, "number_limits": 3, "detail": "high", "transfer_methods": methods}})
            }),
            system_parameters: SystemParametersDto::new(limits),
        }
    }
}

/// The form, each variable with its own `type`, which older forms have only as the key around it.
fn typed(mut form: Value) -> Value {
    for item in form.as_array_mut().into_iter().flatten() {
        for (kind, variable) in item.as_object_mut().into_iter().flatten() {
            if let Some(variable) = variable.as_object_mut() {
                variable.entry("type").or_insert_with(|| Value::String(kind.clone()));
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use models::AppMode;

    use super::*;

    fn limits() -> UploadSettings {
        UploadSettings {
            file_mb: 15,
            image_mb: 10,
            video_mb: 100,
            audio_mb: 50,
            batch_count: 5,
            file_upload_limit: 20,
            workflow_file_limit: 10,
            image_batch_limit: 10,
            single_chunk_attachment_limit: 10,
            attachment_image_mb: 2,
            extension_blacklist: Vec::new(),
            document_extensions: Vec::new(),
            scan: None,
        }
    }

    fn wire(document: &ConfigDocument) -> Value {
        serde_json::to_value(ParametersDto::of_document(document, &limits())).unwrap()
    }

    #[test]
    fn nothing_stored_shows_every_default() {
        let off = json!({"enabled": false});
        let expected = json!({
            "opening_statement": null,
            "suggested_questions": [],
            "suggested_questions_after_answer": off,
            "speech_to_text": off,
            "text_to_speech": off,
            "retriever_resource": {"enabled": true},
            "annotation_reply": off,
            "more_like_this": off,
            "user_input_form": [],
            "sensitive_word_avoidance": {"enabled": false, "type": "", "configs": []},
            "file_upload": {"image": {"enabled": false, "number_limits": 3, "detail": "high", "transfer_methods": ["remote_url", "local_file"]}},
            "system_parameters": {
                "image_file_size_limit": 10,
                "video_file_size_limit": 100,
                "audio_file_size_limit": 50,
                "file_size_limit": 15,
                "workflow_file_upload_limit": 10,
            },
        });
        assert_eq!(wire(&ConfigDocument::default()), expected);
        assert_eq!(wire(&ConfigDocument::fresh(AppMode::Chat)), expected);
    }

    #[test]
    fn stored_objects_pass_through() {
        let mut document = ConfigDocument::default();
        document.set("speech_to_text", json!({}));
        document
            .set("user_input_form", json!([{"select": {"variable": "v", "options": ["a"]}}, {"file": {"type": "x"}}]));
        let wire = wire(&document);
        assert_eq!(wire["speech_to_text"], json!({}));
        assert_eq!(
            wire["user_input_form"],
            json!([{"select": {"variable": "v", "options": ["a"], "type": "select"}}, {"file": {"type": "x"}}])
        );
    }
}
