//! Resend and SendGrid: one POST each.

use std::time::Duration;

use egress::header::HeaderName;
use egress::{RequestBuilder, StatusCode};
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use crate::error::MailError;
use crate::mail::Mail;

const PATIENCE: Duration = Duration::from_secs(30);

/// What both have in common.
struct Api {
    http: egress::Client,
    url: String,
    key: SecretString,
}

impl Api {
    fn new(http: egress::Client, base: &Url, path: &str, key: SecretString) -> Self {
        Self { http, url: format!("{}{path}", base.as_str().trim_end_matches('/')), key }
    }

    fn request(&self) -> Result<RequestBuilder, MailError> {
        Ok(self.http.post(&self.url)?.bearer_auth(self.key.expose_secret()).timeout(PATIENCE))
    }
}

/// What is wrong with the mail itself will not get better; everything else may, a wrong key included.
async fn accepted(request: RequestBuilder) -> Result<(), MailError> {
    let response = request.send().await?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let text = response.text().await.unwrap_or_default();
    let told = format!("{status}: {text}");
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => {
            Err(MailError::refused(&told))
        }
        _ => Err(MailError::unavailable(&told)),
    }
}

pub(crate) struct Resend(Api);

#[derive(Serialize)]
struct ResendMail<'a> {
    from: String,
    to: [&'a str; 1],
    subject: &'a str,
    text: &'a str,
    html: &'a str,
}

impl Resend {
    pub(crate) fn new(http: egress::Client, base: &Url, key: SecretString) -> Self {
        Self(Api::new(http, base, "/emails", key))
    }

    pub(crate) async fn send(&self, from: &Mailbox, mail: &Mail) -> Result<(), MailError> {
        let body = ResendMail {
            from: from.to_string(),
            to: [&mail.to],
            subject: &mail.subject,
            text: &mail.text,
            html: &mail.html,
        };
        let once = HeaderName::from_static("idempotency-key");
        accepted(self.0.request()?.header(once, &mail.id.to_string()).json(&body)).await
    }
}

pub(crate) struct SendGrid(Api);

#[derive(Serialize)]
struct SendGridMail<'a> {
    personalizations: [Personalization<'a>; 1],
    from: Party<'a>,
    subject: &'a str,
    content: [Content<'a>; 2],
}

#[derive(Serialize)]
struct Personalization<'a> {
    to: [Party<'a>; 1],
}

#[derive(Serialize)]
struct Party<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct Content<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'a str,
}

impl SendGrid {
    pub(crate) fn new(http: egress::Client, base: &Url, key: SecretString) -> Self {
        Self(Api::new(http, base, "/v3/mail/send", key))
    }

    pub(crate) async fn send(&self, from: &Mailbox, mail: &Mail) -> Result<(), MailError> {
        let body = SendGridMail {
            personalizations: [Personalization { to: [Party { email: &mail.to, name: None }] }],
            from: Party { email: from.email.as_ref(), name: from.name.as_deref() },
            subject: &mail.subject,
            // In this order: the plainest first.
            content: [
                Content { kind: "text/plain", value: &mail.text },
                Content { kind: "text/html", value: &mail.html },
            ],
        };
        accepted(self.0.request()?.json(&body)).await
    }
}
