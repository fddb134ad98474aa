//! Why a mail was not sent.

use egress::EgressError;

/// Longest part of an answer that is kept.
const LONGEST: usize = 300;

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// This mail will never be sent: an address that cannot be one, or a carrier that says no.
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// The carrier cannot be reached, is busy, or does not accept who we are: somebody may mend that.
    #[error("the mail could not be delivered to its carrier: {0}")]
    Unavailable(String),
    #[error("the carrier cannot be reached: {0}")]
    Egress(#[from] EgressError),
}

impl MailError {
    /// Whether another attempt is in vain.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    pub(crate) fn refused(reason: &str) -> Self {
        Self::Refused(shortened(reason))
    }

    pub(crate) fn unavailable(reason: &str) -> Self {
        Self::Unavailable(shortened(reason))
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// The settings cannot be used to send from.
#[derive(Debug, thiserror::Error)]
pub enum UnusableSender {
    #[error("MAIL_DEFAULT_SEND_FROM=`{0}` is no mail address")]
    From(String),
    #[error("TLS to SMTP_SERVER cannot be set up: {0}")]
    Tls(String),
}
