//! Messages with what hangs on them, loaded in a fixed number of statements, whatever the number of messages.

use std::collections::HashMap;

use models::agent_thought::AgentThought;
use models::db::{AsyncPgConnection, QueryResult};
use models::message::Message;
use models::message_feedback::{BY_USER, MessageFeedback};
use models::message_file::MessageFile;
use models::tool_file::ToolFile;
use models::upload_file::UploadFile;
use models::{FileTransferMethod, MessageId, Rating, TenantId, UploadFileId};
use uuid::Uuid;

/// A message with what hangs on it.
#[derive(Debug)]
pub struct MessageView {
    pub message: Message,
    pub files: Vec<FileView>,
    /// Of both sides, oldest first.
    pub feedbacks: Vec<MessageFeedback>,
    /// An agent's steps, in their order.
    pub thoughts: Vec<AgentThought>,
}

impl MessageView {
    /// What the end user said of it.
    pub fn user_rating(&self) -> Option<Rating> {
        self.feedbacks.iter().find(|f| f.from_source == BY_USER).map(|f| f.rating)
    }
}

/// A file of a message.
#[derive(Debug)]
pub struct FileView {
    pub file: MessageFile,
    pub source: FileSource,
}

/// Where the bytes of a message's file are.
#[derive(Debug)]
pub enum FileSource {
    Upload(UploadFile),
    Tool(ToolFile),
    /// At a URL, or gone.
    Elsewhere,
}

/// The file of a tool that a row means. Old rows have its id only in their link, `…/{id}.{extension}`.
fn tool_file_of(row: &MessageFile) -> Option<Uuid> {
    if row.transfer_method != FileTransferMethod::ToolFile {
        return None;
    }
    row.upload_file_id
        .or_else(|| row.url.as_deref()?.split('?').next()?.rsplit('/').next()?.split('.').next()?.parse().ok())
}

pub(crate) async fn views(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    messages: Vec<Message>,
) -> QueryResult<Vec<MessageView>> {
    let ids: Vec<MessageId> = messages.iter().map(|m| m.id).collect();
    let mut files = by_message(files(conn, tenant, &ids).await?, |view| view.file.message_id);
    let mut feedbacks = by_message(MessageFeedback::of_messages(conn, &ids, None).await?, |f| f.message_id);
    let mut thoughts = by_message(AgentThought::of_messages(conn, &ids).await?, |t| t.message_id);
    let view = |message: Message| MessageView {
        files: files.remove(&message.id).unwrap_or_default(),
        feedbacks: feedbacks.remove(&message.id).unwrap_or_default(),
        thoughts: thoughts.remove(&message.id).unwrap_or_default(),
        message,
    };
    Ok(messages.into_iter().map(view).collect())
}

async fn files(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[MessageId]) -> QueryResult<Vec<FileView>> {
    let rows = MessageFile::of_messages(conn, ids).await?;
    let made: Vec<Uuid> = rows.iter().filter_map(tool_file_of).collect();
    let made: HashMap<Uuid, ToolFile> =
        ToolFile::find_all(conn, tenant, &made).await?.into_iter().map(|file| (file.id, file)).collect();
    let sent: Vec<UploadFileId> = rows.iter().filter_map(|row| row.upload_file_id.map(UploadFileId)).collect();
    let sent: HashMap<UploadFileId, UploadFile> =
        UploadFile::find_all(conn, tenant, &sent).await?.into_iter().map(|file| (file.id, file)).collect();
    let view = |file: MessageFile| {
        let tool = tool_file_of(&file).and_then(|id| made.get(&id)).cloned().map(FileSource::Tool);
        let upload = || file.upload_file_id.and_then(|id| sent.get(&UploadFileId(id))).cloned().map(FileSource::Upload);
        FileView { source: tool.or_else(upload).unwrap_or(FileSource::Elsewhere), file }
    };
    Ok(rows.into_iter().map(view).collect())
}

fn by_message<T>(rows: Vec<T>, message: impl Fn(&T) -> MessageId) -> HashMap<MessageId, Vec<T>> {
    let mut grouped: HashMap<MessageId, Vec<T>> = HashMap::new();
    for row in rows {
        grouped.entry(message(&row)).or_default().push(row);
    }
    grouped
}
