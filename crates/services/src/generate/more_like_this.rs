//! Asking a completion app the same once more, for an answer in other words.

use core_app::Generation;
use core_app::app_config::ConfigDocument;
use models::app_model_config::AppModelConfig;
use models::conversation::Conversation;
use models::db::{AsyncPgConnection, DbError, QueryResult};
use models::message::Message;
use models::message_file::{MessageFile, OF_ASSISTANT};
use models::{Caller, MessageId};
use rate_limit::Demand;
use serde_json::{Map, Value, json};

use super::{AppGenerateError, AppGenerateService, Asker, Question, rejected, snapshot};
use crate::directory::LiveApp;

/// How freely the model speaks the second time.
const TEMPERATURE: f64 = 0.9;

impl AppGenerateService {
    /// Answers the question of one of the caller's messages anew, with the configuration that it was asked with. The
    /// answer is a message of its own, and takes none of the app's places.
    ///
    /// # Errors
    /// `NoSuchMessage`, `MoreLikeThisDisabled`, or what keeps the answer from beginning.
    pub async fn more_like_this(
        &self,
        app: &LiveApp,
        asker: Asker,
        message: MessageId,
        streaming: bool,
    ) -> Result<Generation, AppGenerateError> {
        self.check_room()?;
        let asked = {
            let mut conn = self.engine.pool().get().await.map_err(DbError::from)?;
            read(&mut conn, app, asker.caller, message).await.map_err(DbError::from)?
        };
        let asked = asked.ok_or(AppGenerateError::NoSuchMessage)?;
        if !app.config.as_ref().is_some_and(|config| config.features.more_like_this.0) {
            return Err(AppGenerateError::MoreLikeThisDisabled);
        }
        let mut document = match (asked.config, &app.config) {
            (Some(document), _) => document,
            (None, Some(config)) => config.document.clone(),
            (None, None) => return Err(AppGenerateError::MoreLikeThisDisabled),
        };
        speak_freely(&mut document);
        let question = Question {
            inputs: asked.inputs,
            query: asked.query,
            files: asked.files,
            streaming,
            override_config: Some(document),
            ..Question::default()
        };
        let mut demands = self.demands(app, &asker);
        demands.retain(|demand| !matches!(demand, Demand::Concurrency { .. }));
        let snapshot = snapshot(app, question.override_config.as_ref())?;
        let permit = self.limits.admit(&demands).await.map_err(rejected)?;
        self.answer(snapshot, asker, question, permit).await
    }
}

/// What a message asked.
struct Asked {
    inputs: Map<String, Value>,
    query: String,
    files: Vec<Map<String, Value>>,
    /// What the app was like then; `None` where that is no longer known.
    config: Option<ConfigDocument>,
}

async fn read(
    conn: &mut AsyncPgConnection,
    app: &LiveApp,
    caller: Caller,
    message: MessageId,
) -> QueryResult<Option<Asked>> {
    let app = &app.app;
    let Some(message) = Message::find(conn, app.id, caller, message).await? else { return Ok(None) };
    let files = MessageFile::of_messages(conn, &[message.id]).await?;
    let files = files.iter().filter(|file| file.belongs_to.as_deref() != Some(OF_ASSISTANT)).map(as_asked).collect();
    let conversation = Conversation::find_in_app(conn, app.id, message.conversation_id).await?;
    let overridden = conversation.as_ref().and_then(|conversation| conversation.override_model_configs.as_deref());
    let config = match overridden.and_then(|text| serde_json::from_str(text).ok()) {
        Some(document) => Some(ConfigDocument(document)),
        None => match conversation.and_then(|conversation| conversation.app_model_config_id) {
            Some(id) => AppModelConfig::find(conn, app.id, id).await?.as_ref().map(ConfigDocument::from_row),
            None => None,
        },
    };
    let inputs = match message.inputs {
        Value::Object(inputs) => inputs,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    Ok(Some(Asked { inputs, query: message.query, files, config }))
}

/// A file as a request names it.
fn as_asked(file: &MessageFile) -> Map<String, Value> {
    let mut named = Map::new();
    named.insert("type".to_owned(), json!(file.kind));
    named.insert("transfer_method".to_owned(), json!(file.transfer_method));
    named.insert("url".to_owned(), json!(file.url));
    named.insert("upload_file_id".to_owned(), json!(file.upload_file_id));
    named
}

fn speak_freely(document: &mut ConfigDocument) {
    let model = document.0.get_mut("model").and_then(Value::as_object_mut);
    if let Some(model) = model {
        let parameters = model.entry("completion_params").or_insert_with(|| json!({}));
        if let Some(parameters) = parameters.as_object_mut() {
            parameters.insert("temperature".to_owned(), json!(TEMPERATURE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_temperature_changes() {
        let mut document = ConfigDocument::default();
        document.set("model", json!({"name": "m", "completion_params": {"stop": ["x"], "temperature": 0.1}}));
        speak_freely(&mut document);
        let expected = json!({"name": "m", "completion_params": {"stop": ["x"], "temperature": 0.9}});
        assert_eq!(document.get("model"), Some(&expected));
    }
}
