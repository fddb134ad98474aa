//! Preparing a turn of a chat app.

use core_model_runtime::ContentPart;
use models::conversation::Conversation;
use models::message::{Message, PastMessage};
use models::{FileType, MessageId};

use crate::app_config::AppConfig;
use crate::engine::EngineParts;
use crate::engine::prepare::{Checked, check};
use crate::engine::turn::Turn;
use crate::error::GenerateError;
use crate::files::FileReference;
use crate::memory;
use crate::prompt::PastTurn;
use crate::request::Request;

pub(super) async fn prepare(parts: &EngineParts, request: Request) -> Result<Turn, GenerateError> {
    if request.query.is_empty() {
        return Err(GenerateError::InvalidParam("query is required".to_owned()));
    }
    let (existing, past) = load(parts, &request).await?;
    let checked = check(parts, request).await?;
    // Without a parent this turn is a root of the conversation's tree and remembers nothing.
    let branch = match checked.request.parent_message {
        Some(parent) if !past.is_empty() => memory::thread(past, Some(parent)),
        _ => Vec::new(),
    };
    let history = turns(parts, &checked, branch).await?;
    checked.begin(parts, existing.as_ref(), history).await
}

/// The caller's conversation and its messages, newest first.
async fn load(
    parts: &EngineParts,
    request: &Request,
) -> Result<(Option<Conversation>, Vec<PastMessage>), GenerateError> {
    let Some(id) = request.conversation else { return Ok((None, Vec::new())) };
    let mut conn = parts.pool.get().await?;
    let found = Conversation::find(&mut conn, request.app.id, request.caller, id).await?;
    let conversation = found.ok_or(GenerateError::ConversationNotFound)?;
    if conversation.status != models::conversation::NORMAL {
        return Err(GenerateError::ConversationCompleted);
    }
    let past = Message::past(&mut conn, id, memory::MOST_MESSAGES).await?;
    Ok((Some(conversation), past))
}

/// The branch as turns; with files only where the app takes files at all.
async fn turns(
    parts: &EngineParts,
    checked: &Checked,
    branch: Vec<PastMessage>,
) -> Result<Vec<PastTurn>, GenerateError> {
    let files = past_files(parts, checked, &checked.request.app.config, &branch).await?;
    let mut turns = Vec::with_capacity(branch.len());
    for message in branch {
        let own: Vec<FileReference> =
            files.iter().filter(|(id, _)| *id == message.id).map(|(_, f)| f.clone()).collect();
        let files: Vec<ContentPart> = if own.is_empty() { Vec::new() } else { checked.parts(parts, &own).await? };
        turns.push(PastTurn { query: message.query, files, answer: message.answer });
    }
    Ok(turns)
}

async fn past_files(
    parts: &EngineParts,
    checked: &Checked,
    config: &AppConfig,
    branch: &[PastMessage],
) -> Result<Vec<(MessageId, FileReference)>, GenerateError> {
    if branch.is_empty() || config.file_upload.is_none() {
        return Ok(Vec::new());
    }
    let ids: Vec<MessageId> = branch.iter().map(|m| m.id).collect();
    let files = parts.files.of_messages(checked.request.app.tenant, &ids).await?;
    // Pictures stay in view; other kinds of files were read when they came.
    Ok(files.into_iter().filter(|(_, f)| f.kind == FileType::Image).collect())
}
