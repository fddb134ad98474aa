//! Hearing of jobs without asking for them.

use diesel_async::RunQueryDsl;
use futures::StreamExt;
use secrecy::{ExposeSecret, SecretString};

use crate::JobId;
use crate::db::{AsyncPgConnection, DbError, PoolError};

/// What is told to listeners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something may be ready in this queue.
    Ready(String),
    Cancelled(JobId),
}

/// A connection of its own: a pooled one would be missed by others, and may not stand behind a transaction pooler.
pub struct Listener {
    conn: AsyncPgConnection,
}

impl Listener {
    pub async fn connect(url: &SecretString) -> Result<Self, DbError> {
        let unreachable = |e: diesel::ConnectionError| PoolError::Unreachable(e.to_string());
        let mut conn = crate::db::connect(url.expose_secret().to_owned()).await.map_err(unreachable)?;
        diesel::sql_query("LISTEN ferrify_jobs").execute(&mut conn).await?;
        diesel::sql_query("LISTEN ferrify_jobs_cancelled").execute(&mut conn).await?;
        Ok(Self { conn })
    }

    /// The next news; `None` when the connection is lost. Cancel safe.
    pub async fn next(&mut self) -> Option<News> {
        let mut stream = std::pin::pin!(self.conn.notifications_stream());
        loop {
            let told = stream.next().await?.ok()?;
            match (told.channel.as_str(), told.payload.parse()) {
                ("ferrify_jobs", _) => return Some(News::Ready(told.payload)),
                ("ferrify_jobs_cancelled", Ok(id)) => return Some(News::Cancelled(id)),
                _ => {}
            }
        }
    }
}
