//! Mails that other programs of the installation have sent: whoever holds its inner key writes them.

use core_workflow::html_template::{TemplateLimits, render_html};
use models::db::{AsyncConnection, DbError, Pool, PoolError, QueryError};
use serde_json::{Map, Value};

use crate::accounts::is_email;
use crate::letters::{Addressed, Language, Letter, PostError, Postbox};

/// Receivers of one mail.
const MOST_RECEIVERS: usize = 100;
const LONGEST_SUBJECT: usize = 500;
/// Characters of a template, and of what it makes.
const LONGEST_BODY: usize = 200_000;
/// A few milliseconds.
const FUEL: u64 = 100_000;

#[derive(Debug, thiserror::Error)]
pub enum OutgoingMailError {
    #[error("This installation sends no mail. Please ask its administrator to configure it.")]
    NotConfigured,
    #[error("A mail needs between 1 and {MOST_RECEIVERS} receivers.")]
    Receivers,
    #[error("{0} is not a valid email.")]
    NoAddress(String),
    #[error("A subject has between 1 and {LONGEST_SUBJECT} characters.")]
    Subject,
    #[error("A body has at most {LONGEST_BODY} characters.")]
    TooLong,
    /// Says what is wrong with it.
    #[error("The body is no template: {0}")]
    Template(String),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for OutgoingMailError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for OutgoingMailError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// A mail as it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingMail<'a> {
    pub to: &'a [String],
    pub subject: &'a str,
    /// HTML with `{{ name }}` where substitutions go.
    pub body: &'a str,
    pub substitutions: &'a Map<String, Value>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct MailDesk {
    pool: Pool,
    postbox: Postbox,
}

impl MailDesk {
    pub fn new(pool: Pool, postbox: Postbox) -> Self {
        Self { pool, postbox }
    }

    /// Has a mail sent to each receiver, in the background: to all of them or to none.
    ///
    /// # Errors
    /// That nothing can be sent, or what is wrong with the mail.
    pub async fn send(&self, mail: OutgoingMail<'_>) -> Result<(), OutgoingMailError> {
        if !self.postbox.is_open() {
            return Err(OutgoingMailError::NotConfigured);
        }
        let letter = written(mail)?;
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            for to in mail.to {
                let addressed =
                    Addressed { to: to.clone(), language: Language::English, letter: letter.clone(), not_after: None };
                self.postbox.post(conn, &addressed).await?;
            }
            Ok::<_, OutgoingMailError>(())
        })
        .await
    }
}

fn written(mail: OutgoingMail<'_>) -> Result<Letter, OutgoingMailError> {
    if mail.to.is_empty() || mail.to.len() > MOST_RECEIVERS {
        return Err(OutgoingMailError::Receivers);
    }
    if let Some(wrong) = mail.to.iter().find(|address| !is_email(address)) {
        return Err(OutgoingMailError::NoAddress(wrong.clone()));
    }
    // A header is one line.
    let subject = mail.subject.split(char::is_control).collect::<Vec<_>>().join(" ").trim().to_owned();
    if subject.is_empty() || subject.chars().count() > LONGEST_SUBJECT {
        return Err(OutgoingMailError::Subject);
    }
    if mail.body.chars().count() > LONGEST_BODY {
        return Err(OutgoingMailError::TooLong);
    }
    let limits = TemplateLimits { fuel: FUEL, max_length: LONGEST_BODY };
    let html = render_html(mail.body, mail.substitutions, limits).map_err(OutgoingMailError::Template)?;
    Ok(Letter::Finished { subject, html })
}
