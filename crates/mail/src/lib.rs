//! Sending one mail: over SMTP, or through the interface of Resend or SendGrid.
//!
//! A [`Mailer`] takes a finished [`Mail`] to the carrier that is configured and says whether a failure may go away
//! ([`MailError::is_hopeless`]). What mails say, who gets them and when they are tried again is not known here.
//!
//! What must stay true: every exchange has a time limit; what the other side answers is shortened before it gets into
//! an error; a mail that is sent twice has the same id both times, so that receivers and carriers can tell.

mod error;
mod http;
mod mail;
mod mailer;
mod smtp;

pub use error::{MailError, UnusableSender};
pub use mail::Mail;
pub use mailer::Mailer;
