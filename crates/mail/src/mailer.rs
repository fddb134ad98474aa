//! The mailer of an installation.

use std::sync::Arc;

use config::{MailCarrier, MailSender};
use lettre::message::Mailbox;

use crate::error::{MailError, UnusableSender};
use crate::http::{Resend, SendGrid};
use crate::mail::Mail;
use crate::smtp::Smtp;

enum Carrier {
    Smtp(Smtp),
    Resend(Resend),
    SendGrid(SendGrid),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    from: Arc<Mailbox>,
    carrier: Arc<Carrier>,
}

impl Mailer {
    /// # Errors
    /// When the sender is no address, or TLS cannot be set up.
    pub fn new(sender: &MailSender, http: egress::Client) -> Result<Self, UnusableSender> {
        let from: Mailbox = sender.from.parse().ok().ok_or_else(|| UnusableSender::From(sender.from.clone()))?;
        let carrier = match &sender.by {
            MailCarrier::Smtp(settings) => Carrier::Smtp(Smtp::new(settings)?),
            MailCarrier::Resend { api, key } => Carrier::Resend(Resend::new(http, api, key.clone())),
            MailCarrier::SendGrid { api, key } => Carrier::SendGrid(SendGrid::new(http, api, key.clone())),
        };
        Ok(Self { from: Arc::new(from), carrier: Arc::new(carrier) })
    }

    /// Hands a mail to the carrier.
    ///
    /// # Errors
    /// When the carrier refuses it, cannot be reached, or takes too long.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        match self.carrier.as_ref() {
            Carrier::Smtp(smtp) => smtp.send(&self.from, mail).await,
            Carrier::Resend(resend) => resend.send(&self.from, mail).await,
            Carrier::SendGrid(sendgrid) => sendgrid.send(&self.from, mail).await,
        }
    }
}
