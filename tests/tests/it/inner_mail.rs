//! Mails that other programs of the installation have sent.

use serde_json::{Value, json};
use test_kit::{Client, TestServer};

use crate::it::console_people::set_up_with;
use crate::it::people::{Installation, with_mail};

const KEYED: [(&str, &str); 2] = [("INNER_API", "true"), ("INNER_API_KEY", "inner-key")];

fn inner(server: &TestServer, key: &str) -> Client {
    server.client().at(format!("{}/inner/api", server.base())).with_header("X-Inner-Api-Key", key)
}

fn mail(to: &[&str]) -> Value {
    json!({
        "to": to, "subject": "Your bill",
        "body": "<p>Dear {{ name }},</p><p>{{ amount }} <b>are due</b>.</p>{% if late %}<p>Late!</p>{% endif %}",
        "substitutions": {"name": "<b>Ann</b> & co", "amount": "12 €", "late": true},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_sent_to_each_receiver() {
    let Installation { server, mails, .. } = with_mail(&KEYED).await;
    let inner = inner(&server, "inner-key");
    for (path, to) in [
        ("/enterprise/mail", ["ann@example.com", "bob@example.com"]),
        ("/billing/mail", ["cem@example.com", "dan@example.com"]),
    ] {
        let sent = inner.post_json(path, &mail(&to)).await.expect(200);
        assert_eq!(sent.json, json!({"message": "success"}), "{path}");
        for to in to {
            let got = mails.mail_to(to).await;
            assert_eq!(got.subject, "Your bill");
            let html = "<p>Dear &lt;b&gt;Ann&lt;&#x2f;b&gt; &amp; co,</p><p>12 € <b>are due</b>.</p><p>Late!</p>";
            assert!(got.html.contains(html), "{}", got.html);
            assert!(got.text.contains("12 € are due."), "{}", got.text);
        }
    }
    let plain = json!({"to": ["eve@example.com"], "subject": "a\r\nBcc: x@example.com", "body": "<p>Hi</p>"});
    let _ = inner.post_json("/enterprise/mail", &plain).await.expect(200);
    let got = mails.mail_to("eve@example.com").await;
    assert_eq!((got.subject.contains("Bcc"), got.raw.contains("\nBcc:")), (true, false), "{}", got.raw);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_mail_is_refused() {
    let Installation { server, .. } = with_mail(&KEYED).await;
    let stranger = inner(&server, "wrong");
    assert_eq!(stranger.post_json("/billing/mail", &mail(&["a@example.com"])).await.expect(401).code(), "unauthorized");
    let inner = inner(&server, "inner-key");
    let with = |name: &str, value: Value| {
        let mut body = mail(&["a@example.com"]);
        body[name] = value;
        body
    };
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    for wrong in [
        mail(&[]),
        mail(&["no address"]),
        mail(&["a@example.com", "b@example.com\r\nBcc: c@example.com"]),
        mail(&["a@example.com"; 101]),
        with("to", json!("a@example.com")),
        with("subject", json!("")),
        with("subject", json!("x".repeat(501))),
        with("body", Value::Null),
        with("body", json!("{{ name")),
        with("body", json!(endless)),
        with("body", json!("x".repeat(200_001))),
        with("body", json!("{% for a in range(3000) %}{{ 'xxxxxxxxxx' * 10 }}{% endfor %}")),
        with("substitutions", json!([])),
    ] {
        assert_eq!(inner.post_json("/enterprise/mail", &wrong).await.expect(400).code(), "invalid_param", "{wrong}");
    }
    assert_eq!(server.db().count("ferrify_jobs", "kind = 'send_letter'", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mail_the_caller_is_told() {
    let (server, _owner) = set_up_with(&KEYED).await;
    let refused =
        inner(&server, "inner-key").post_json("/enterprise/mail", &mail(&["a@example.com"])).await.expect(400);
    assert_eq!(refused.code(), "mail_not_configured");
}
