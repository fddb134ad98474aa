//! SMTP. The server is the operator's own choice, so it is reached directly; a mail is rare enough for a connection of
//! its own.

use std::time::Duration;

use config::{SmtpSettings, SmtpTls};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::error::{MailError, UnusableSender};
use crate::mail::Mail;

/// For each step of the exchange.
const PATIENCE: Duration = Duration::from_secs(20);
/// For all of it.
const WHOLE: Duration = Duration::from_secs(60);

pub(crate) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Smtp {
    pub(crate) fn new(settings: &SmtpSettings) -> Result<Self, UnusableSender> {
        // The TLS library asks for one of the process.
        egress::install_crypto_provider();
        let parameters = || TlsParameters::new(settings.server.clone()).map_err(|e| UnusableSender::Tls(e.to_string()));
        let tls = match settings.tls {
            SmtpTls::None => Tls::None,
            SmtpTls::StartTls => Tls::Required(parameters()?),
            SmtpTls::Whole => Tls::Wrapper(parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.server.clone())
            .port(settings.port)
            .timeout(Some(PATIENCE))
            .tls(tls);
        if let Some((user, password)) = &settings.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        if let Some(name) = &settings.local_hostname {
            builder = builder.hello_name(ClientId::Domain(name.clone()));
        }
        Ok(Self { transport: builder.build() })
    }

    pub(crate) async fn send(&self, from: &Mailbox, mail: &Mail) -> Result<(), MailError> {
        let message = message(from, mail)?;
        let sent = tokio::time::timeout(WHOLE, self.transport.send(message)).await;
        match sent {
            Err(_elapsed) => Err(MailError::unavailable("the server takes too long")),
            Ok(Ok(_accepted)) => Ok(()),
            Ok(Err(e)) if is_about_the_mail(&e) => Err(MailError::refused(&e.to_string())),
            Ok(Err(e)) => Err(MailError::unavailable(&with_cause(&e))),
        }
    }
}

/// Codes 530 to 539 are about who we are, which an operator can mend; the other lasting ones are about the mail.
fn is_about_the_mail(error: &lettre::transport::smtp::Error) -> bool {
    let code = error.status().map(u16::from);
    error.is_permanent() && !code.is_some_and(|code| (530..540).contains(&code))
}

fn with_cause(error: &lettre::transport::smtp::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn message(from: &Mailbox, mail: &Mail) -> Result<Message, MailError> {
    let to: Address = mail.to.parse().ok().ok_or_else(|| MailError::refused("the address cannot be one"))?;
    let id = format!("<{}@{}>", mail.id, from.email.domain());
    Message::builder()
        .message_id(Some(id))
        .date_now()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.subject.clone())
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .map_err(|e| MailError::refused(&e.to_string()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn mail(to: &str, subject: &str) -> Mail {
        let (text, html) = ("你好".to_owned(), "<p>你好</p>".to_owned());
        Mail { id: Uuid::nil(), to: to.to_owned(), subject: subject.to_owned(), text, html }
    }

    fn sender() -> Mailbox {
        "Ferrify <no-reply@example.com>".parse().unwrap()
    }

    #[test]
    fn messages_have_both_bodies_and_a_steady_id() {
        let formatted = message(&sender(), &mail("ada@example.com", "Welcome")).unwrap().formatted();
        let text = String::from_utf8(formatted).unwrap();
        assert!(text.contains("Message-ID: <00000000-0000-0000-0000-000000000000@example.com>"), "{text}");
        assert!(text.contains("multipart/alternative"), "{text}");
        assert!(text.contains("text/plain") && text.contains("text/html"), "{text}");
    }

    #[test]
    fn a_subject_adds_no_header() {
        let text = message(&sender(), &mail("ada@example.com", "Hi\r\nBcc: eve@example.com")).unwrap().formatted();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert!(message(&sender(), &mail("nobody", "Hi")).unwrap_err().is_hopeless());
    }
}
