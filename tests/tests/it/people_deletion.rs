//! Deleting one's account.

use std::time::Duration;

use serde_json::json;
use test_kit::{Console, TestServer};

use crate::it::console_people::member;
use crate::it::people::{Installation, code_of, refused, with_mail, wrong};

async fn delete(place: &Installation, person: &Console, email: &str) {
    let token = person.get("/account/delete/verify").await.expect(200).text_at("/data");
    let code = code_of(&place.mails.mail_to(email).await);
    for (token, code) in [(token.as_str(), wrong(&code)), ("nonsense", code.as_str())] {
        let bad = person.post_json("/account/delete", &json!({"token": token, "code": code})).await;
        refused(&bad, 400, "invalid_account_deletion_code");
    }
    let again = person.get("/account/delete/verify").await;
    refused(&again, 429, "email_code_account_deletion_rate_limit_exceeded");
    let done = person.post_json("/account/delete", &json!({"token": token, "code": code})).await.expect(200);
    assert_eq!(done.json, json!({"result": "success"}));
    let _ = person.get("/account/profile").await.expect(401);
    let _ = person.post_json("/refresh-token", &json!({})).await.expect(401);
    // The last mail is posted in the transaction that removes the account.
    assert_eq!(place.mails.mail_to(email).await.subject, "Your account was deleted");
}

async fn gone(server: &TestServer, email: &str) -> bool {
    server.db().count("accounts", "email = $1", &[email]).await == 0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_leaves_for_good() {
    let place = with_mail(&[]).await;
    let editor = member(&place.server, "editor").await;
    delete(&place, &editor, "editor@example.com").await;
    assert!(gone(&place.server, "editor@example.com").await);
    assert_eq!(place.server.db().count("tenant_account_joins", "role = 'editor'", &[]).await, 0);
    assert_eq!(place.server.db().count("tenants", "status = 'normal'", &[]).await, 1);
    let members = place.owner.get("/workspaces/current/members").await.expect(200).json;
    assert_eq!(members["accounts"].as_array().unwrap().len(), 1);

    let feedback = json!({"email": "editor@example.com", "feedback": "Too many buttons"});
    let visitor = place.visitor();
    assert_eq!(
        visitor.post_json("/account/delete/feedback", &feedback).await.expect(200).json,
        json!({"result": "success"})
    );
    let row = place.server.db().one("SELECT email, feedback FROM ferrify_deletion_feedbacks", &[]).await;
    assert_eq!(row, feedback);
    for bad in
        [json!({"email": "x", "feedback": "y"}), json!({"email": "a@b.cd", "feedback": "y".repeat(5001)}), json!({})]
    {
        refused(&visitor.post_json("/account/delete/feedback", &bad).await, 400, "invalid_param");
    }
    for _ in 0..4 {
        let _ = visitor.post_json("/account/delete/feedback", &feedback).await.expect(200);
    }
    refused(&visitor.post_json("/account/delete/feedback", &feedback).await, 429, "too_many_requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_inherited_or_archived() {
    let place = with_mail(&[]).await;
    let normal = member(&place.server, "normal").await;
    let admin = member(&place.server, "admin").await;
    delete(&place, &place.owner, Console::OWNER_EMAIL).await;
    assert!(gone(&place.server, Console::OWNER_EMAIL).await);
    assert_eq!(admin.post_json("/workspaces/current", &json!({})).await.expect(200).json["role"], json!("owner"));
    assert_eq!(normal.post_json("/workspaces/current", &json!({})).await.expect(200).json["role"], json!("normal"));
    delete(&place, &admin, "admin@example.com").await;
    assert_eq!(normal.post_json("/workspaces/current", &json!({})).await.expect(200).json["role"], json!("owner"));
    delete(&place, &normal, "normal@example.com").await;
    assert_eq!(place.server.db().count("tenants", "status = 'archive'", &[]).await, 1);
    assert_eq!(place.server.db().count("accounts", "true", &[]).await, 0);
}

/// While no worker has come by, the address is not free.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_keeps_its_address_until_it_is_removed() {
    let place = with_mail(&[("ALLOW_REGISTER", "true"), ("ALLOW_CREATE_WORKSPACE", "true")]).await;
    let editor = member(&place.server, "editor").await;
    let token = editor.get("/account/delete/verify").await.expect(200).text_at("/data");
    let code = code_of(&place.mails.mail_to("editor@example.com").await);
    // A trigger stands in for a worker that is busy elsewhere.
    place
        .server
        .db()
        .execute(
            "CREATE FUNCTION not_yet() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN NEW.run_at := now() + interval ''1 hour''; RETURN NEW; END'",
            &[],
        )
        .await;
    place
        .server
        .db()
        .execute(
            "CREATE TRIGGER not_yet BEFORE INSERT ON ferrify_jobs FOR EACH ROW \
        WHEN (NEW.kind = 'delete_account') EXECUTE FUNCTION not_yet()",
            &[],
        )
        .await;
    let _ = editor.post_json("/account/delete", &json!({"token": token, "code": code})).await.expect(200);
    let visitor = place.visitor();
    let ask = json!({"email": "editor@example.com"});
    refused(&visitor.post_json("/email-code-login", &ask).await, 400, "account_in_freeze");
    refused(&visitor.post_json("/account/change-email/check-email-unique", &ask).await, 400, "account_in_freeze");
    let later = "UPDATE ferrify_jobs SET run_at = now() - interval '1 day' WHERE kind = 'delete_account'";
    assert_eq!(place.server.db().execute(later, &[]).await, 1);
    for _ in 0..100 {
        if gone(&place.server, "editor@example.com").await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the account is still there");
}
