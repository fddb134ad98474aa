//! Signing in with a code by mail.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_kit::Console;

use crate::it::console_people::{account, home, join};
use crate::it::people::{code_of, refused, with_mail, wrong};

fn shown(email: &str, code: &str, token: &str) -> Value {
    json!({"email": email, "code": STANDARD.encode(code), "token": token, "language": "zh-Hans"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_signs_in() {
    let place = with_mail(&[]).await;
    let email = Console::OWNER_EMAIL;
    let person = Console::visitor(place.server.base());
    let (token, mail) = place.ask(&person, "/email-code-login", &json!({"email": email})).await;
    let code = code_of(&mail);
    let validity = "/email-code-login/validity";
    refused(&person.post_json(validity, &shown(email, wrong(&code), &token)).await, 400, "email_code_error");
    refused(&person.post_json(validity, &shown("a@b.cd", &code, &token)).await, 400, "invalid_email");
    let clear = json!({"email": email, "code": "not base64!", "token": token});
    refused(&person.post_json(validity, &clear).await, 400, "email_code_error");
    let _ = person.get("/account/profile").await.expect(401);
    let done = person.post_json(validity, &shown(email, &code, &token)).await.expect(200);
    assert_eq!(done.json, json!({"result": "success"}));
    assert_eq!(person.get("/account/profile").await.expect(200).json["email"], json!(email));
    refused(&person.post_json(validity, &shown(email, &code, &token)).await, 400, "invalid_or_expired_token");

    for _ in 0..2 {
        let _ = person.post_json("/email-code-login", &json!({"email": email})).await.expect(200);
    }
    let fourth = person.post_json("/email-code-login", &json!({"email": email})).await;
    refused(&fourth, 429, "email_code_login_rate_limit_exceeded");
    assert!(fourth.header("Retry-After").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_gets_no_code() {
    let place = with_mail(&[]).await;
    let visitor = place.visitor();
    let ask = async |email: &str| visitor.post_json("/email-code-login", &json!({"email": email})).await;
    refused(&ask("nobody@example.com").await, 400, "account_not_found");
    account(&place.server, "banned@example.com").await;
    let ban = "UPDATE accounts SET status = $1 WHERE email = 'banned@example.com'";
    place.server.db().execute(ban, &["banned"]).await;
    refused(&ask("banned@example.com").await, 400, "account_banned");
    place.server.db().execute(ban, &["closed"]).await;
    refused(&ask("banned@example.com").await, 400, "account_in_freeze");
    let person = Console::visitor(place.server.base());
    refused(&person.sign_in("banned@example.com", Console::OWNER_PASSWORD).await, 400, "account_in_freeze");
    refused(&person.sign_in("banned@example.com", "wrong-password-1").await, 401, "authentication_failed");

    // An account that belongs nowhere may not make a place for itself.
    let id = account(&place.server, "homeless@example.com").await;
    let (token, mail) = place.ask(&visitor, "/email-code-login", &json!({"email": "homeless@example.com"})).await;
    let body = shown("homeless@example.com", &code_of(&mail), &token);
    refused(&visitor.post_json("/email-code-login/validity", &body).await, 400, "not_allowed_create_workspace");
    join(&place.server, &id, &home(&place.server).await, "normal").await;
    let (token, mail) = place.ask(&visitor, "/email-code-login", &json!({"email": "homeless@example.com"})).await;
    let body = shown("homeless@example.com", &code_of(&mail), &token);
    let _ = visitor.post_json("/email-code-login/validity", &body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_registration_is_open_a_code_makes_an_account() {
    let place = with_mail(&[("ALLOW_REGISTER", "true"), ("ALLOW_CREATE_WORKSPACE", "true")]).await;
    let email = "new@example.com";
    let person = Console::visitor(place.server.base());
    let (token, mail) = place.ask(&person, "/email-code-login", &json!({"email": email})).await;
    let _ = person.post_json("/email-code-login/validity", &shown(email, &code_of(&mail), &token)).await.expect(200);
    let profile = person.get("/account/profile").await.expect(200).json;
    assert_eq!((&profile["email"], &profile["is_password_set"]), (&json!(email), &json!(false)));
    assert_eq!(profile["interface_language"], json!("zh-Hans"));
    let workspace = person.post_json("/workspaces/current", &json!({})).await.expect(200).json;
    assert_eq!((&workspace["role"], &workspace["name"]), (&json!("owner"), &json!("new@example.com's Workspace")));
}
