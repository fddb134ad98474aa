//! Outgoing mail: `MAIL_TYPE` (`smtp`, `resend`, `sendgrid`; unset = no mail), `MAIL_DEFAULT_SEND_FROM`,
//! `SMTP_SERVER`, `SMTP_PORT`, `SMTP_USERNAME`, `SMTP_PASSWORD`, `SMTP_USE_TLS`, `SMTP_OPPORTUNISTIC_TLS`,
//! `SMTP_LOCAL_HOSTNAME`, `RESEND_API_URL`, `RESEND_API_KEY`, `SENDGRID_API_KEY`, `FERRIFY_SENDGRID_API_URL`; and what
//! is sent by it: `INVITE_EXPIRY_HOURS`, `EMAIL_SEND_IP_LIMIT_PER_MINUTE` and the `*_TOKEN_EXPIRY_MINUTES`.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `None`: this installation sends no mail.
    pub sender: Option<MailSender>,
    /// A way to send is configured, but no address to send from, as in Dify's sample: worth a warning.
    pub lacks_from: bool,
    pub lives: MailedLives,
    /// Mails that one client address may ask for in a minute.
    pub per_address_and_minute: u32,
}

/// From whom, and by what.
#[derive(Debug, Clone)]
pub struct MailSender {
    /// An address, or a name with an address: `Ferrify <no-reply@example.com>`.
    pub from: String,
    pub by: MailCarrier,
}

#[derive(Debug, Clone)]
pub enum MailCarrier {
    Smtp(SmtpSettings),
    Resend { api: Url, key: SecretString },
    SendGrid { api: Url, key: SecretString },
}

#[derive(Debug, Clone)]
pub struct SmtpSettings {
    pub server: String,
    pub port: u16,
    /// User name and password, where the server asks for them.
    pub login: Option<(String, SecretString)>,
    pub tls: SmtpTls,
    /// The name by which this side introduces itself.
    pub local_hostname: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// In clear.
    None,
    /// In clear, then `STARTTLS`, which the server must offer.
    StartTls,
    /// From the first byte.
    Whole,
}

/// How long what is sent by mail is good for.
#[derive(Debug, Clone, Copy)]
pub struct MailedLives {
    pub invitation: Duration,
    pub password_reset: Duration,
    pub code_login: Duration,
    pub registration: Duration,
    pub email_change: Duration,
    pub owner_transfer: Duration,
    pub account_deletion: Duration,
}

impl MailSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        // Everything is read whatever the type is, so that the report shows all of it.
        let kind = reader.optional_text("MAIL_TYPE").map(|kind| kind.to_ascii_lowercase());
        let from = reader.optional_text("MAIL_DEFAULT_SEND_FROM");
        let smtp = read_smtp(reader);
        let resend_api = api(reader, "RESEND_API_URL", "https://api.resend.com")?;
        let resend_key = reader.secret("RESEND_API_KEY");
        let sendgrid_api = api(reader, "FERRIFY_SENDGRID_API_URL", "https://api.sendgrid.com")?;
        let sendgrid_key = reader.secret("SENDGRID_API_KEY");
        let carrier = match kind.as_deref() {
            None => None,
            Some("smtp") => Some(MailCarrier::Smtp(smtp?)),
            Some("resend") => {
                let key = resend_key.ok_or_else(|| missing("RESEND_API_KEY", "MAIL_TYPE=resend needs it"))?;
                Some(MailCarrier::Resend { api: resend_api, key })
            }
            Some("sendgrid") => {
                let key = sendgrid_key.ok_or_else(|| missing("SENDGRID_API_KEY", "MAIL_TYPE=sendgrid needs it"))?;
                Some(MailCarrier::SendGrid { api: sendgrid_api, key })
            }
            Some(other) => {
                let reason = "expected smtp, resend or sendgrid".to_owned();
                return Err(SettingsError::Invalid { name: "MAIL_TYPE", value: other.to_owned(), reason });
            }
        };
        Ok(Self {
            lacks_from: carrier.is_some() && from.is_none(),
            sender: from.zip(carrier).map(|(from, by)| MailSender { from, by }),
            lives: MailedLives::read(reader)?,
            per_address_and_minute: reader.parsed("EMAIL_SEND_IP_LIMIT_PER_MINUTE", 50)?,
        })
    }

    /// Whether mail can be sent at all.
    pub fn is_configured(&self) -> bool {
        self.sender.is_some()
    }
}

fn missing(name: &'static str, reason: &str) -> SettingsError {
    SettingsError::Invalid { name, value: String::new(), reason: reason.to_owned() }
}

fn api(reader: &mut Reader<'_>, name: &'static str, default: &str) -> Result<Url, SettingsError> {
    let text = reader.text(name, default);
    text.parse().map_err(|e: url::ParseError| SettingsError::Invalid {
        name,
        value: text.clone(),
        reason: e.to_string(),
    })
}

fn read_smtp(reader: &mut Reader<'_>) -> Result<SmtpSettings, SettingsError> {
    let server = reader.optional_text("SMTP_SERVER");
    let port = reader.parsed("SMTP_PORT", 465);
    let username = reader.optional_text("SMTP_USERNAME");
    let password = reader.secret("SMTP_PASSWORD");
    let tls = reader.flag("SMTP_USE_TLS", false);
    let opportunistic = reader.flag("SMTP_OPPORTUNISTIC_TLS", false);
    let local_hostname = reader.optional_text("SMTP_LOCAL_HOSTNAME");
    let tls = match (tls?, opportunistic?) {
        (true, true) => SmtpTls::StartTls,
        (true, false) => SmtpTls::Whole,
        (false, false) => SmtpTls::None,
        (false, true) => {
            return Err(SettingsError::Invalid {
                name: "SMTP_OPPORTUNISTIC_TLS",
                value: "true".to_owned(),
                reason: "it needs SMTP_USE_TLS=true".to_owned(),
            });
        }
    };
    Ok(SmtpSettings {
        server: server.ok_or_else(|| missing("SMTP_SERVER", "MAIL_TYPE=smtp needs it"))?,
        port: port?,
        login: username.zip(password),
        tls,
        local_hostname,
    })
}

impl MailedLives {
    fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        let hours: u64 = reader.parsed("INVITE_EXPIRY_HOURS", 72)?;
        let mut minutes = |name| reader.parsed::<u64>(name, 5).map(|minutes| Duration::from_secs(minutes * 60));
        Ok(Self {
            invitation: Duration::from_secs(hours * 3600),
            password_reset: minutes("RESET_PASSWORD_TOKEN_EXPIRY_MINUTES")?,
            code_login: minutes("EMAIL_CODE_LOGIN_TOKEN_EXPIRY_MINUTES")?,
            registration: minutes("EMAIL_REGISTER_TOKEN_EXPIRY_MINUTES")?,
            email_change: minutes("CHANGE_EMAIL_TOKEN_EXPIRY_MINUTES")?,
            owner_transfer: minutes("OWNER_TRANSFER_TOKEN_EXPIRY_MINUTES")?,
            account_deletion: minutes("ACCOUNT_DELETION_TOKEN_EXPIRY_MINUTES")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;

    fn read(pairs: &[(&str, &str)]) -> Result<MailSettings, SettingsError> {
        let environment = Environment::of_pairs(pairs.iter().copied());
        MailSettings::read(&mut Reader::new(&environment))
    }

    fn tls_of(pairs: &[(&str, &str)]) -> SmtpTls {
        let base = [("MAIL_TYPE", "smtp"), ("MAIL_DEFAULT_SEND_FROM", "a@b.c"), ("SMTP_SERVER", "mx")];
        match read(&[&base, pairs].concat()).unwrap().sender.unwrap().by {
            MailCarrier::Smtp(smtp) => smtp.tls,
            other @ (MailCarrier::Resend { .. } | MailCarrier::SendGrid { .. }) => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_type_means_no_mail() {
        let settings = read(&[("SMTP_SERVER", "mx.example.com")]).unwrap();
        assert!(!settings.is_configured());
        assert_eq!(settings.lives.invitation, Duration::from_secs(72 * 3600));
        assert_eq!(settings.lives.password_reset, Duration::from_secs(300));
    }

    #[test]
    fn difys_two_switches_choose_how_smtp_is_encrypted() {
        assert_eq!(tls_of(&[]), SmtpTls::None);
        assert_eq!(tls_of(&[("SMTP_USE_TLS", "true")]), SmtpTls::Whole);
        assert_eq!(tls_of(&[("SMTP_USE_TLS", "true"), ("SMTP_OPPORTUNISTIC_TLS", "true")]), SmtpTls::StartTls);
    }

    #[test]
    fn without_a_sender_no_mail_is_sent() {
        let settings = read(&[("MAIL_TYPE", "resend"), ("RESEND_API_KEY", "your-resend-api-key")]).unwrap();
        assert!(!settings.is_configured());
        assert!(settings.lacks_from);
    }

    #[test]
    fn what_is_missing_is_named() {
        let from = ("MAIL_DEFAULT_SEND_FROM", "a@b.c");
        for (pairs, name) in [
            (vec![("MAIL_TYPE", "pigeon"), from], "MAIL_TYPE"),
            (vec![("MAIL_TYPE", "smtp"), from], "SMTP_SERVER"),
            (vec![("MAIL_TYPE", "resend"), from], "RESEND_API_KEY"),
            (vec![("MAIL_TYPE", "sendgrid"), from], "SENDGRID_API_KEY"),
            (
                vec![("MAIL_TYPE", "smtp"), from, ("SMTP_SERVER", "mx"), ("SMTP_OPPORTUNISTIC_TLS", "true")],
                "SMTP_OPPORTUNISTIC_TLS",
            ),
        ] {
            assert!(read(&pairs).unwrap_err().to_string().contains(name), "{name}");
        }
    }
}
