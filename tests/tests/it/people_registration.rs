//! Registering with an e-mail address.

use serde_json::json;
use test_kit::Console;

use crate::it::people::{code_of, refused, with_mail, wrong};

const OPEN: [(&str, &str); 2] = [("ALLOW_REGISTER", "true"), ("ALLOW_CREATE_WORKSPACE", "true")];

#[tokio::test(flavor = "multi_thread")]
async fn somebody_registers() {
    let place = with_mail(&OPEN).await;
    let email = "grace@example.com";
    let person = Console::visitor(place.server.base());
    let asked = json!({"email": email, "language": "en-US"});
    let (token, mail) = place.ask(&person, "/email-register/send-email", &asked).await;
    assert_eq!(mail.subject, "Confirm your address");
    let again = person.post_json("/email-register/send-email", &asked).await;
    refused(&again, 429, "email_register_rate_limit_exceeded");
    let code = code_of(&mail);
    let proof = |code: &str| json!({"email": email, "code": code, "token": token});
    refused(&person.post_json("/email-register/validity", &proof(wrong(&code))).await, 400, "email_code_error");
    let finish = async |token: &str, password: &str, repeated: &str| {
        let body = json!({"token": token, "new_password": password, "password_confirm": repeated});
        person.post_json("/email-register", &body).await
    };
    refused(&finish(&token, "grace-password-1", "grace-password-1").await, 400, "invalid_or_expired_token");
    let next = person.post_json("/email-register/validity", &proof(&code)).await.expect(200).text_at("/token");
    refused(&finish(&next, "grace-password-1", "other").await, 400, "password_mismatch");
    // The proof of one purpose is worth nothing for another.
    let reset = json!({"token": next, "new_password": "grace-password-1", "password_confirm": "grace-password-1"});
    refused(&person.post_json("/forgot-password/resets", &reset).await, 400, "invalid_or_expired_token");

    let done = finish(&next, "grace-password-1", "grace-password-1").await.expect(200);
    assert_eq!(done.text_at("/result"), "success");
    for name in ["access_token", "refresh_token", "csrf_token"] {
        assert_eq!(Some(done.text_at(&format!("/data/{name}"))), person.cookie(name));
    }
    assert_eq!(person.get("/account/profile").await.expect(200).json["email"], json!(email));
    let _ = Console::visitor(place.server.base()).sign_in(email, "grace-password-1").await.expect(200);
    let members = "tenant_account_joins j JOIN accounts a ON a.id = j.account_id";
    assert_eq!(place.server.db().count(members, "a.email = $1 AND j.role = 'owner'", &[email]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_told_by_mail_only() {
    let place = with_mail(&OPEN).await;
    let (visitor, email) = (place.visitor(), Console::OWNER_EMAIL);
    let (token, mail) = place.ask(&visitor, "/email-register/send-email", &json!({"email": email})).await;
    assert_eq!((token.len(), mail.code()), (64, None));
    assert_eq!(mail.link().unwrap(), "http://console.example.com/signin");

    // Taken between the proof and the last step.
    let email = "late@example.com";
    let (token, mail) = place.ask(&visitor, "/email-register/send-email", &json!({"email": email})).await;
    let proof = json!({"email": email, "code": code_of(&mail), "token": token});
    let next = visitor.post_json("/email-register/validity", &proof).await.expect(200).text_at("/token");
    crate::it::console_people::account(&place.server, email).await;
    let body = json!({"token": next, "new_password": "late-password-1", "password_confirm": "late-password-1"});
    refused(&visitor.post_json("/email-register", &body).await, 400, "email_already_in_use");
    assert_eq!(place.server.db().count("accounts", "email = $1", &[email]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_can_be_closed_or_half_open() {
    let place = with_mail(&[]).await;
    let visitor = place.visitor();
    for path in ["/email-register/send-email", "/email-register/validity", "/email-register"] {
        let body = json!({"email": "a@b.cd", "code": "1", "token": "1", "new_password": "abcdefg1", "password_confirm": "abcdefg1"});
        refused(&visitor.post_json(path, &body).await, 403, "forbidden");
    }
    let half = with_mail(&[("ALLOW_REGISTER", "true")]).await;
    let (visitor, email) = (half.visitor(), "half@example.com");
    let (token, mail) = half.ask(&visitor, "/email-register/send-email", &json!({"email": email})).await;
    let proof = json!({"email": email, "code": code_of(&mail), "token": token});
    let next = visitor.post_json("/email-register/validity", &proof).await.expect(200).text_at("/token");
    let body = json!({"token": next, "new_password": "half-password-1", "password_confirm": "half-password-1"});
    refused(&visitor.post_json("/email-register", &body).await, 400, "not_allowed_create_workspace");
    assert_eq!(half.server.db().count("accounts", "email = $1", &[email]).await, 0);
}
