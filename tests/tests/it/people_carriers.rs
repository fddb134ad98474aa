//! By what mails are sent, and where none are.

use std::time::Duration;

use config::Tier;
use serde_json::{Value, json};
use test_kit::upstream::{Recorded, Script, StubUpstream};
use test_kit::{Console, TestServer};

use crate::it::console_people::{bare, set_up_with};
use crate::it::people::{refused, with_mail};

const ASK: &str = "/forgot-password";

fn asked() -> Value {
    json!({"email": Console::OWNER_EMAIL})
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mail_a_code_is_not_promised() {
    let (server, owner) = set_up_with(&[("ALLOW_REGISTER", "true")]).await;
    let visitor = bare(&server);
    assert_eq!(visitor.get("/system-features").await.expect(200).json["is_email_setup"], json!(false));
    for path in [ASK, "/reset-password", "/email-code-login", "/email-register/send-email"] {
        refused(&visitor.post_json(path, &asked()).await, 400, "mail_not_configured");
    }
    for path in ["/account/change-email", "/workspaces/current/members/send-owner-transfer-confirm-email"] {
        refused(&owner.post_json(path, &asked()).await, 400, "mail_not_configured");
    }
    refused(&owner.get("/account/delete/verify").await, 400, "mail_not_configured");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_setup_nothing_is_mailed() {
    let server = TestServer::start(Tier::Console).await;
    for path in [ASK, "/forgot-password/validity", "/forgot-password/resets", "/email-code-login", "/email-register"] {
        refused(&bare(&server).post_json(path, &asked()).await, 401, "not_setup");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_address_gets_so_many_mails() {
    let place = with_mail(&[("EMAIL_SEND_IP_LIMIT_PER_MINUTE", "2")]).await;
    let visitor = place.visitor();
    assert_eq!(visitor.get("/system-features").await.expect(200).json["is_email_setup"], json!(true));
    for n in 0..2 {
        let _ = visitor.post_json(ASK, &json!({"email": format!("p{n}@example.com")})).await.expect(200);
    }
    for path in [ASK, "/email-code-login"] {
        refused(&visitor.post_json(path, &asked()).await, 429, "email_send_ip_limit");
    }
    let elsewhere = visitor.with_header("X-Forwarded-For", "198.51.100.7");
    let _ = elsewhere.post_json(ASK, &asked()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_mail_is_a_dead_letter_without_its_secret() {
    let place = with_mail(&[]).await;
    place.mails.refuse(Console::OWNER_EMAIL);
    let _ = place.visitor().post_json(ASK, &asked()).await.expect(200);
    let dead = "SELECT payload::text, last_error, attempts FROM ferrify_jobs WHERE state = 'dead'";
    for _ in 0..100 {
        if let Some(row) = place.server.db().all(dead, &[]).await.pop() {
            assert!(row["last_error"].as_str().unwrap().contains("no such mailbox"), "{row}");
            assert_eq!(row["attempts"], json!(1));
            let payload = row["payload"].as_str().unwrap();
            assert!(!payload.contains("owner@example.com") && !payload.contains("code"), "{payload}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the job is not dead");
}

async fn request_to(stub: &StubUpstream, path: &str) -> Recorded {
    for _ in 0..200 {
        if let Some(request) = stub.requests().into_iter().find(|request| request.path == path) {
            return request;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing came to {path}");
}

async fn server_with(settings: &[(&str, &str)]) -> TestServer {
    let from = ("MAIL_DEFAULT_SEND_FROM", "Ferrify <no-reply@example.com>");
    set_up_with(&[&[from], settings].concat()).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn resend_is_asked_to_send() {
    let stub = StubUpstream::start().await;
    stub.script("re_key", Script::refusal(200, "kept"));
    let api = format!("http://{}", stub.address());
    let server = server_with(&[("MAIL_TYPE", "resend"), ("RESEND_API_URL", &api), ("RESEND_API_KEY", "re_key")]).await;
    let _ = bare(&server).post_json(ASK, &asked()).await.expect(200);
    let request = request_to(&stub, "/emails").await;
    assert_eq!(request.header("authorization"), Some("Bearer re_key"));
    assert_eq!(request.header("idempotency-key").map(str::len), Some(36));
    assert_eq!(request.body["to"], json!([Console::OWNER_EMAIL]));
    assert_eq!(request.body["from"], json!("Ferrify <no-reply@example.com>"));
    assert_eq!(request.body["subject"], json!("Set a new password"));
    let code = request.body["text"].as_str().unwrap().lines().find(|line| line.len() == 6).unwrap();
    assert!(request.body["html"].as_str().unwrap().contains(code));
}

#[tokio::test(flavor = "multi_thread")]
async fn sendgrid_is_asked_to_send() {
    let stub = StubUpstream::start().await;
    stub.script("SG.key", Script::refusal(202, "kept"));
    let api = format!("http://{}", stub.address());
    let key = ("SENDGRID_API_KEY", "SG.key");
    let server = server_with(&[("MAIL_TYPE", "sendgrid"), ("FERRIFY_SENDGRID_API_URL", &api), key]).await;
    let _ = bare(&server).post_json(ASK, &asked()).await.expect(200);
    let request = request_to(&stub, "/v3/mail/send").await;
    assert_eq!(request.header("authorization"), Some("Bearer SG.key"));
    assert_eq!(request.body["personalizations"], json!([{"to": [{"email": Console::OWNER_EMAIL}]}]));
    assert_eq!(request.body["from"], json!({"email": "no-reply@example.com", "name": "Ferrify"}));
    let kinds: Vec<_> = request.body["content"].as_array().unwrap().iter().map(|part| part["type"].clone()).collect();
    assert_eq!(kinds, [json!("text/plain"), json!("text/html")]);
}
