//! Mails to people: what they say, and the job that sends them.
//!
//! A [`Letter`] is posted with [`Postbox::post`] on the caller's connection, so that it exists exactly if the change it
//! is about does; a worker puts it into words and hands it to the carrier. Codes and links in a waiting letter are as
//! good as a password: it is sealed with the installation's key. One that is too late to be of use is thrown away.

mod layout;
mod letter;
mod plain_text;
mod words;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use jobs::{Context, Failure, Handler, Handlers, Job};
use mail::{Mail, Mailer};
use models::db::{AsyncPgConnection, QueryError};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::secrets::{Seal, SecretsError};

pub use letter::Letter;
pub use words::Language;

const PURPOSE: &str = "ferrify/letters/v1";

/// A letter with its address.
#[derive(Serialize, Deserialize)]
pub struct Addressed {
    pub to: String,
    pub language: Language,
    pub letter: Letter,
    /// After this it is of no use.
    pub not_after: Option<DateTime<Utc>>,
}

#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("the letter cannot be written: {0}")]
    Payload(#[from] serde_json::Error),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Where letters are posted. Cheap to clone.
#[derive(Clone)]
pub struct Postbox {
    open: bool,
    seal: Seal,
}

impl Postbox {
    /// `open`: whether this installation sends mail.
    pub fn new(secret_key: &SecretString, open: bool) -> Self {
        Self { open, seal: Seal::new(secret_key, PURPOSE) }
    }

    /// Whether letters are sent at all.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Posts a letter; where no mail is sent, nothing happens.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn post(&self, conn: &mut AsyncPgConnection, addressed: &Addressed) -> Result<(), PostError> {
        if !self.open {
            return Ok(());
        }
        let sealed = self.seal.seal(&serde_json::to_string(addressed)?)?;
        jobs::enqueue(conn, None, &SendLetter { id: Uuid::new_v4(), sealed }, jobs::Options::default()).await?;
        Ok(())
    }
}

/// Sends one letter.
#[derive(Debug, Serialize, Deserialize)]
struct SendLetter {
    /// Of the mail, for receivers that get it twice.
    id: Uuid,
    sealed: String,
}

impl Job for SendLetter {
    const KIND: &'static str = "send_letter";
    const QUEUE: &'static str = "mail";
    const MAX_ATTEMPTS: u16 = 8;
    const TIME_LIMIT: Duration = Duration::from_secs(90);
}

/// What this release's workers can do about letters; without a mailer they wait for one.
pub fn handlers(handlers: Handlers, secret_key: &SecretString, mailer: Option<Mailer>) -> Handlers {
    handlers.with(Sender { mailer, seal: Seal::new(secret_key, PURPOSE) })
}

struct Sender {
    mailer: Option<Mailer>,
    seal: Seal,
}

#[async_trait]
impl Handler for Sender {
    type Job = SendLetter;

    async fn run(&self, job: SendLetter, _context: &Context) -> Result<(), Failure> {
        // Another SECRET_KEY, or a letter of a later release: no attempt will change that.
        let opened = self.seal.open(&job.sealed).map_err(Failure::hopeless)?;
        let addressed: Addressed = serde_json::from_str(&opened).map_err(Failure::hopeless)?;
        let kind = addressed.letter.kind();
        if addressed.not_after.is_some_and(|limit| limit < Utc::now()) {
            tracing::warn!(mail.kind = kind, "a mail was not sent in time and is thrown away");
            return Ok(());
        }
        let mailer =
            self.mailer.as_ref().ok_or_else(|| Failure::retry("this worker is not configured to send mail"))?;
        let (subject, lines) = words::words(&addressed.letter, addressed.language);
        let text = layout::text(&lines);
        let html =
            if let Letter::Finished { html, .. } = addressed.letter { html } else { layout::html(&subject, &lines) };
        let mail = Mail { id: job.id, to: addressed.to, text, html, subject };
        match mailer.send(&mail).await {
            Ok(()) => {
                tracing::info!(mail.kind = kind, mail.id = %job.id, "sent a mail");
                Ok(())
            }
            Err(e) if e.is_hopeless() => Err(Failure::hopeless(e)),
            Err(e) => Err(e.into()),
        }
    }
}
