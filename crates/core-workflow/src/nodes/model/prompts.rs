//! Messages for models: files beside texts, earlier turns, and the form in which prompts are kept.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::RolePrefix;
use crate::capabilities::{ContentPart, Message, ModelTraits, Role, Turn};
use crate::value::{File, Value};

/// Messages as a run keeps them: texts, and where files are.
pub(crate) fn saved(messages: &[Message]) -> Value {
    let message = |message: &Message| {
        let files: Vec<Json> = message.content.iter().filter_map(saved_file).collect();
        json!({"role": message.role.as_str(), "text": message.plain_text(), "files": files})
    };
    Value::plain(Json::Array(messages.iter().map(message).collect()))
}

fn saved_file(part: &ContentPart) -> Option<Json> {
    match part {
        ContentPart::Text(_) => None,
        ContentPart::File { file, detail } => Some(json!({
            "type": file.kind.as_str(),
            "data": file.address(),
            "detail": detail,
            "filename": file.filename,
            "mime_type": file.mime_type,
        })),
    }
}

fn part(file: Arc<File>, detail: Option<&String>) -> ContentPart {
    ContentPart::File { file, detail: detail.cloned() }
}

/// Puts files before the text of the last message if a person says it, else into a message of their own. Files that
/// are there already are not sent twice.
pub(crate) fn with_files(messages: &mut Vec<Message>, files: Vec<Arc<File>>, detail: Option<&String>) {
    let is_there = |file: &Arc<File>| {
        let parts = messages.iter().flat_map(|message| &message.content);
        parts.into_iter().any(|part| matches!(part, ContentPart::File { file: there, .. } if there == file))
    };
    let parts: Vec<ContentPart> =
        files.into_iter().filter(|file| !is_there(file)).map(|file| part(file, detail)).collect();
    if parts.is_empty() {
        return;
    }
    match messages.last_mut().filter(|message| message.role == Role::User) {
        Some(message) => {
            message.content.splice(..0, parts);
        }
        None => messages.push(Message { role: Role::User, content: parts }),
    }
}

/// Earlier turns as messages.
pub(crate) fn conversation(turns: Vec<Turn>, detail: Option<&String>) -> Vec<Message> {
    let messages = turns.into_iter().flat_map(|turn| {
        let mut question: Vec<ContentPart> = turn.files.into_iter().map(|file| part(file, detail)).collect();
        if !turn.query.is_empty() {
            question.push(ContentPart::Text(turn.query));
        }
        [Message { role: Role::User, content: question }, Message::text(Role::Assistant, turn.answer)]
    });
    messages.collect()
}

/// Earlier turns as text, a line for each side.
pub(crate) fn history_text(turns: &[Turn], prefix: Option<&RolePrefix>) -> String {
    let or = |chosen: Option<&String>, default: &str| {
        chosen.filter(|chosen| !chosen.is_empty()).map_or_else(|| default.to_owned(), Clone::clone)
    };
    let user = or(prefix.map(|prefix| &prefix.user), "Human");
    let assistant = or(prefix.map(|prefix| &prefix.assistant), "Assistant");
    let lines = turns.iter().flat_map(|turn| {
        let files = turn.files.iter().map(|file| format!("[{}]\n", file.kind.as_str())).collect::<String>();
        [format!("{user}: {files}{}", turn.query), format!("{assistant}: {}", turn.answer)]
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Leaves out files that the model cannot read, and messages in which nothing is left.
pub(crate) fn only_readable(messages: Vec<Message>, traits: &ModelTraits) -> Vec<Message> {
    let readable = |part: &ContentPart| match part {
        ContentPart::Text(text) => !text.is_empty(),
        ContentPart::File { file, .. } => traits.reads(file.kind),
    };
    let messages = messages.into_iter().map(|mut message| {
        message.content.retain(readable);
        message
    });
    messages.filter(|message| !message.content.is_empty()).collect()
}
