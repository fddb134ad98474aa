//! A forgotten password.

use futures::future::join_all;
use serde_json::json;
use test_kit::Console;

use crate::it::people::{code_of, refused, with_mail, wrong};

const EMAIL: &str = Console::OWNER_EMAIL;

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced() {
    let place = with_mail(&[]).await;
    let visitor = place.visitor();
    let asked = json!({"email": EMAIL, "language": "zh-Hans"});
    let (token, mail) = place.ask(&visitor, "/forgot-password", &asked).await;
    assert_eq!(mail.subject, "重置密码");
    assert!(mail.html.contains(&code_of(&mail)));
    assert!(mail.raw.contains("From: Ferrify <no-reply@example.com>") || mail.raw.contains("From: \"Ferrify\""));
    let again = visitor.post_json("/reset-password", &asked).await;
    refused(&again, 429, "password_reset_rate_limit_exceeded");
    assert!(again.header("Retry-After").unwrap().parse::<u64>().unwrap() <= 60);

    let code = code_of(&mail);
    let proof = json!({"email": EMAIL, "code": code, "token": token});
    let prove = async |body| visitor.post_json("/forgot-password/validity", &body).await;
    let mut bad = proof.clone();
    bad["code"] = json!(wrong(&code));
    refused(&prove(bad).await, 400, "email_code_error");
    let mut bad = proof.clone();
    bad["email"] = json!("somebody@example.com");
    refused(&prove(bad).await, 400, "invalid_email");
    let mut bad = proof.clone();
    bad["token"] = json!("f".repeat(64));
    refused(&prove(bad).await, 400, "invalid_or_expired_token");
    let mut bad = proof.clone();
    bad["email"] = json!("a".repeat(300));
    refused(&prove(bad).await, 400, "invalid_email");
    refused(&prove(json!({"email": EMAIL})).await, 400, "invalid_param");

    let set = async |token: &str, password: &str, repeated: &str| {
        let body = json!({"token": token, "new_password": password, "password_confirm": repeated});
        visitor.post_json("/forgot-password/resets", &body).await
    };
    // A code that nobody has shown proves nothing.
    refused(&set(&token, "another-password-2", "another-password-2").await, 400, "invalid_or_expired_token");
    let proved = prove(proof.clone()).await.expect(200);
    let next = proved.text_at("/token");
    assert_eq!(proved.json, json!({"is_valid": true, "email": EMAIL, "token": next}));
    assert_ne!(next, token);
    refused(&prove(proof).await, 400, "invalid_or_expired_token");
    refused(&set(&next, "another-password-2", "another-password-3").await, 400, "password_mismatch");
    refused(&set(&next, "weak", "weak").await, 400, "invalid_param");
    let done = set(&next, "another-password-2", "another-password-2").await.expect(200);
    assert_eq!(done.json, json!({"result": "success"}));
    refused(&set(&next, "another-password-2", "another-password-2").await, 400, "invalid_or_expired_token");

    // Whoever is signed in with the old password does not stay so.
    let _ = place.owner.post_json("/refresh-token", &json!({})).await.expect(401);
    let person = Console::visitor(place.server.base());
    refused(&person.sign_in(EMAIL, Console::OWNER_PASSWORD).await, 401, "authentication_failed");
    let _ = person.sign_in(EMAIL, "another-password-2").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_is_answered_like_a_known_one() {
    let place = with_mail(&[("ALLOW_REGISTER", "true")]).await;
    let visitor = place.visitor();
    let (token, mail) =
        place.ask(&visitor, "/forgot-password", &json!({"email": "Nobody@example.com".to_lowercase()})).await;
    assert_eq!(token.len(), 64);
    assert_eq!(mail.code(), None);
    assert_eq!(mail.link().unwrap(), "http://console.example.com/signup");
    let body = json!({"email": "nobody@example.com", "code": "000000", "token": token});
    let guessed = visitor.post_json("/forgot-password/validity", &body).await;
    assert!(matches!(guessed.code(), "email_code_error"), "{}", guessed.text());
    refused(&visitor.post_json("/forgot-password", &json!({"email": "no address"})).await, 400, "invalid_param");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_cannot_be_guessed() {
    let place = with_mail(&[]).await;
    let visitor = place.visitor();
    let (token, mail) = place.ask(&visitor, "/forgot-password", &json!({"email": EMAIL})).await;
    let code = code_of(&mail);
    let guess = json!({"email": EMAIL, "code": wrong(&code), "token": token});
    let guesses = join_all((0..20).map(|_| visitor.post_json("/forgot-password/validity", &guess))).await;
    let looked_at = guesses.iter().filter(|answer| answer.code() == "email_code_error").count();
    assert_eq!(looked_at, 5);
    assert!(guesses.iter().all(|a| matches!(a.code(), "email_code_error" | "email_password_reset_limit")));
    let right = json!({"email": EMAIL, "code": code, "token": token});
    refused(&visitor.post_json("/forgot-password/validity", &right).await, 429, "email_password_reset_limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_password_login_there_is_nothing_to_reset() {
    let place = with_mail(&[]).await;
    let other = place.server.sibling(config::Tier::Console).set("ENABLE_EMAIL_PASSWORD_LOGIN", "false").start().await;
    let visitor = crate::it::console_people::bare(&other);
    refused(&visitor.post_json("/forgot-password", &json!({"email": EMAIL})).await, 403, "forbidden");
}
