//! Files that came with a question or an answer.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{message_files, messages};
use crate::{AppId, CreatorRole, FileTransferMethod, FileType, MessageFileId, MessageId, UploadFileId};

/// `belongs_to` of a file that came with the question.
pub const OF_USER: &str = "user";
/// `belongs_to` of a file that the model made.
pub const OF_ASSISTANT: &str = "assistant";

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = message_files, check_for_backend(diesel::pg::Pg))]
pub struct MessageFile {
    pub id: MessageFileId,
    pub message_id: MessageId,
    #[diesel(column_name = type_)]
    pub kind: FileType,
    pub transfer_method: FileTransferMethod,
    pub created_by_role: CreatorRole,
    pub created_by: Uuid,
    pub belongs_to: Option<String>,
    pub url: Option<String>,
    pub upload_file_id: Option<Uuid>,
    pub created_at: NaiveDateTime,
}

impl MessageFile {
    /// The files of several messages, in the order in which they came.
    pub async fn of_messages(conn: &mut AsyncPgConnection, ids: &[MessageId]) -> QueryResult<Vec<Self>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Self::query()
            .filter(message_files::message_id.eq_any(ids))
            .order((message_files::created_at, message_files::id))
            .load(conn)
            .await
    }

    /// Whether an uploaded file came with a message of the app; `None` if it came with no message at all.
    pub async fn came_to(conn: &mut AsyncPgConnection, app: AppId, upload: UploadFileId) -> QueryResult<Option<bool>> {
        message_files::table
            .inner_join(messages::table.on(messages::id.eq(message_files::message_id)))
            .filter(message_files::upload_file_id.eq(upload.0))
            .order(messages::app_id.eq(app).desc())
            .select(messages::app_id.eq(app))
            .first(conn)
            .await
            .optional()
    }

    pub async fn insert_all(conn: &mut AsyncPgConnection, files: &[Self]) -> QueryResult<()> {
        if files.is_empty() {
            return Ok(());
        }
        diesel::insert_into(message_files::table).values(files).execute(conn).await.map(drop)
    }
}
