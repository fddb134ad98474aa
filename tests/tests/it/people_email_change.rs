//! Another e-mail address for an account.

use serde_json::{Value, json};
use test_kit::Console;

use crate::it::console_people::{account, member};
use crate::it::people::{Installation, code_of, refused, with_mail, wrong};

const ASK: &str = "/account/change-email";
const PROVE: &str = "/account/change-email/validity";
const RESET: &str = "/account/change-email/reset";
const UNUSED: &str = "/account/change-email/check-email-unique";

/// Asks for a code and shows it: the token of the proof.
async fn proved(place: &Installation, person: &Console, body: &Value) -> String {
    let (token, mail) = place.ask(person, ASK, body).await;
    let proof = json!({"email": body["email"], "code": code_of(&mail), "token": token});
    let answer = person.post_json(PROVE, &proof).await.expect(200);
    assert_eq!(answer.json, json!({"is_valid": true, "email": body["email"], "token": answer.text_at("/token")}));
    answer.text_at("/token")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_changed() {
    let place = with_mail(&[]).await;
    let (owner, old, new) = (&place.owner, Console::OWNER_EMAIL, "moved@example.com");
    assert_eq!(
        place.visitor().post_json(UNUSED, &json!({"email": new})).await.expect(200).json,
        json!({"result": "success"})
    );
    refused(&place.visitor().post_json(UNUSED, &json!({"email": old})).await, 400, "email_already_in_use");

    refused(&owner.post_json(ASK, &json!({"email": new})).await, 400, "invalid_email");
    let of_old = proved(&place, owner, &json!({"email": old})).await;
    refused(&owner.post_json(ASK, &json!({"email": old})).await, 429, "email_change_rate_limit_exceeded");
    // The old mailbox alone is not enough.
    let change =
        async |email: &str, token: &str| owner.post_json(RESET, &json!({"new_email": email, "token": token})).await;
    refused(&change(new, &of_old).await, 400, "invalid_or_expired_token");
    for token in [json!(null), json!("nonsense")] {
        let body = json!({"email": new, "phase": "new_email", "token": token});
        refused(&owner.post_json(ASK, &body).await, 400, "invalid_or_expired_token");
    }
    let of_new = proved(&place, owner, &json!({"email": new, "phase": "new_email", "token": of_old})).await;
    refused(&change("third@example.com", &of_new).await, 400, "invalid_email");
    // Nor can somebody else use the proof.
    let other = member(&place.server, "admin").await;
    let stolen = other.post_json(RESET, &json!({"new_email": new, "token": of_new})).await;
    refused(&stolen, 400, "invalid_or_expired_token");

    let changed = change(new, &of_new).await.expect(200);
    assert_eq!((&changed.json["email"], &changed.json["name"]), (&json!(new), &json!("Owner")));
    for to in [old, new] {
        assert_eq!(place.mails.mail_to(to).await.subject, "Your address was changed");
    }
    refused(&change(new, &of_new).await, 400, "email_already_in_use");
    let person = Console::visitor(place.server.base());
    refused(&person.sign_in(old, Console::OWNER_PASSWORD).await, 401, "authentication_failed");
    let _ = person.sign_in(new, Console::OWNER_PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_or_guessed_is_refused() {
    let place = with_mail(&[]).await;
    let owner = &place.owner;
    let (token, mail) = place.ask(owner, ASK, &json!({"email": Console::OWNER_EMAIL})).await;
    let guess = json!({"email": Console::OWNER_EMAIL, "code": wrong(&code_of(&mail)), "token": token});
    for _ in 0..5 {
        refused(&owner.post_json(PROVE, &guess).await, 400, "email_code_error");
    }
    refused(&owner.post_json(PROVE, &guess).await, 429, "email_change_limit");

    account(&place.server, "taken@example.com").await;
    let take = json!({"new_email": "taken@example.com", "token": token});
    refused(&owner.post_json(RESET, &take).await, 400, "email_already_in_use");
    place.server.db().execute("UPDATE accounts SET status = 'closed' WHERE email = $1", &["taken@example.com"]).await;
    refused(&owner.post_json(RESET, &take).await, 400, "account_in_freeze");
    for path in [ASK, PROVE, RESET] {
        let _ = place.visitor().post_json(path, &json!({})).await.expect(401);
    }
}
