//! An installation that sends mail, and what people do with what they get.

use serde_json::{Value, json};
use test_kit::upstream::{ReceivedMail, StubMailServer};
use test_kit::{Answer, Client, Console, TestServer};

use crate::it::console_people::{bare, set_up_with};

pub(crate) const CONSOLE_WEB: &str = "http://console.example.com";

/// A server that was set up, its owner, and the mail server it sends by.
pub(crate) struct Installation {
    pub server: TestServer,
    pub owner: Console,
    pub mails: StubMailServer,
}

pub(crate) async fn with_mail(settings: &[(&str, &str)]) -> Installation {
    let mails = StubMailServer::start().await;
    let port = mails.port().to_string();
    let base = [
        ("MAIL_TYPE", "smtp"),
        ("MAIL_DEFAULT_SEND_FROM", "Ferrify <no-reply@example.com>"),
        ("SMTP_SERVER", "127.0.0.1"),
        ("SMTP_PORT", port.as_str()),
        ("CONSOLE_WEB_URL", CONSOLE_WEB),
    ];
    let (server, owner) = set_up_with(&[&base, settings].concat()).await;
    Installation { server, owner, mails }
}

impl Installation {
    /// Somebody at the Console without any cookie.
    pub(crate) fn visitor(&self) -> Client {
        bare(&self.server)
    }

    /// Asks for a mail: the token of the answer, and the mail.
    pub(crate) async fn ask(&self, client: &Client, path: &str, body: &Value) -> (String, ReceivedMail) {
        let token = client.post_json(path, body).await.expect(200).text_at("/data");
        let mail = self.mails.mail_to(body["email"].as_str().unwrap()).await;
        (token, mail)
    }
}

pub(crate) fn code_of(mail: &ReceivedMail) -> String {
    mail.code().unwrap_or_else(|| panic!("no code in {}", mail.text))
}

/// A code of six digits that is another one.
pub(crate) fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.text());
    assert_eq!(answer.json["status"], json!(status));
}
