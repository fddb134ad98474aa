//! Writing, changing and removing annotations.

use chrono::Utc;
use models::MessageId;
use models::annotation::Annotation;
use models::db::AsyncConnection;
use models::message::Message;
use uuid::Uuid;

use super::{Annotated, AnnotationError, Annotations, jobs};

/// A message whose answer is written anew.
#[derive(Debug, Clone)]
pub struct FromMessage {
    pub message: MessageId,
    /// `None`: what the message asked.
    pub question: Option<String>,
    pub answer: String,
}

impl Annotations {
    /// # Errors
    /// `NoSuchApp`, or `NoOwner`.
    pub async fn add(&self, of: Annotated, question: &str, answer: &str) -> Result<Annotation, AnnotationError> {
        let mut conn = self.conn_of(of).await?;
        let now = Utc::now().naive_utc();
        let row = Annotation {
            id: Uuid::new_v4(),
            app_id: of.app,
            conversation_id: None,
            message_id: None,
            question: question.to_owned(),
            content: answer.to_owned(),
            hit_count: 0,
            account_id: Self::author(&mut conn, of).await?,
            created_at: now,
            updated_at: now,
        };
        conn.transaction(async |conn| {
            Annotation::insert_all(conn, std::slice::from_ref(&row)).await?;
            jobs::index(conn, of, &[row.id]).await?;
            Ok(row)
        })
        .await
    }

    /// Writes the answer of a message anew: its annotation, or a new one.
    ///
    /// # Errors
    /// `NoSuchApp`, or `NoSuchMessage`.
    pub async fn put_for_message(&self, of: Annotated, new: FromMessage) -> Result<Annotation, AnnotationError> {
        let mut conn = self.conn_of(of).await?;
        let author = Self::author(&mut conn, of).await?;
        let message =
            Message::find_in_app(&mut conn, of.app, new.message).await?.ok_or(AnnotationError::NoSuchMessage)?;
        let question = new.question.unwrap_or(message.query);
        let now = Utc::now().naive_utc();
        conn.transaction(async |conn| {
            models::db::alone_at(conn, &format!("annotation-of:{}", new.message)).await?;
            let row = match Annotation::of_message(conn, of.app, new.message).await? {
                Some(known) => {
                    let changed =
                        Annotation::change(conn, of.app, known.id, Some(&question), Some(&new.answer), now).await?;
                    changed.ok_or(AnnotationError::NotFound)?
                }
                None => {
                    let row = Annotation {
                        id: Uuid::new_v4(),
                        app_id: of.app,
                        conversation_id: Some(message.conversation_id),
                        message_id: Some(new.message),
                        question,
                        content: new.answer,
                        hit_count: 0,
                        account_id: author,
                        created_at: now,
                        updated_at: now,
                    };
                    Annotation::insert_all(conn, std::slice::from_ref(&row)).await?;
                    row
                }
            };
            jobs::index(conn, of, &[row.id]).await?;
            Ok(row)
        })
        .await
    }

    /// Another question or answer; `None` leaves it.
    ///
    /// # Errors
    /// `NoSuchApp` or `NotFound`.
    pub async fn change(
        &self,
        of: Annotated,
        id: Uuid,
        question: Option<&str>,
        answer: Option<&str>,
    ) -> Result<Annotation, AnnotationError> {
        let mut conn = self.conn_of(of).await?;
        conn.transaction(async |conn| {
            let changed = Annotation::change(conn, of.app, id, question, answer, Utc::now().naive_utc()).await?;
            let changed = changed.ok_or(AnnotationError::NotFound)?;
            jobs::index(conn, of, &[id]).await?;
            Ok(changed)
        })
        .await
    }

    /// # Errors
    /// `NoSuchApp` or `NotFound`.
    pub async fn delete(&self, of: Annotated, id: Uuid) -> Result<(), AnnotationError> {
        match self.delete_all(of, Some(&[id])).await? {
            0 => Err(AnnotationError::NotFound),
            _ => Ok(()),
        }
    }

    /// Removes these annotations, or (`None`) all; how many there were.
    ///
    /// # Errors
    /// `NoSuchApp`.
    pub async fn delete_all(&self, of: Annotated, ids: Option<&[Uuid]>) -> Result<usize, AnnotationError> {
        let mut conn = self.conn_of(of).await?;
        conn.transaction(async |conn| {
            let gone = Annotation::delete(conn, of.app, ids).await?;
            jobs::index(conn, of, &gone).await?;
            Ok(gone.len())
        })
        .await
    }
}
