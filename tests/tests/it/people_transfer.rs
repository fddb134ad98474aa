//! Giving a workspace to another of its members.

use serde_json::json;
use test_kit::Console;
use uuid::Uuid;

use crate::it::console_people::{account, home, join, member};
use crate::it::people::{code_of, refused, with_mail, wrong};

const MEMBERS: &str = "/workspaces/current/members";

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_gets_another_owner() {
    let place = with_mail(&[]).await;
    let owner = &place.owner;
    let heir = member(&place.server, "editor").await;
    let of_email = "SELECT id FROM accounts WHERE email = $1";
    let id_of = async |email: &str| place.server.db().one(of_email, &[email]).await["id"].as_str().unwrap().to_owned();
    let heir_id = id_of("editor@example.com").await;

    let asked = owner.post_json(&format!("{MEMBERS}/send-owner-transfer-confirm-email"), &json!({})).await.expect(200);
    let token = asked.text_at("/data");
    let mail = place.mails.mail_to(Console::OWNER_EMAIL).await;
    assert!(mail.text.contains("Owner's Workspace"), "{}", mail.text);
    let again = owner.post_json(&format!("{MEMBERS}/send-owner-transfer-confirm-email"), &json!({})).await;
    refused(&again, 429, "owner_transfer_rate_limit_exceeded");
    let code = code_of(&mail);
    let check = async |code: &str| {
        owner.post_json(&format!("{MEMBERS}/owner-transfer-check"), &json!({"code": code, "token": token})).await
    };
    refused(&check(wrong(&code)).await, 400, "email_code_error");
    let transfer = async |id: &str, token: &str| {
        owner.post_json(&format!("{MEMBERS}/{id}/owner-transfer"), &json!({"token": token})).await
    };
    refused(&transfer(&heir_id, &token).await, 400, "invalid_or_expired_token");
    let proved = check(&code).await.expect(200);
    let next = proved.text_at("/token");
    assert_eq!(proved.json, json!({"is_valid": true, "email": Console::OWNER_EMAIL, "token": next}));

    refused(&transfer(&id_of(Console::OWNER_EMAIL).await, &next).await, 400, "cannot_transfer_owner_to_self");
    refused(&transfer(&Uuid::new_v4().to_string(), &next).await, 400, "member_not_in_tenant");
    let outsider = account(&place.server, "outsider@example.com").await;
    refused(&transfer(&outsider, &next).await, 400, "member_not_in_tenant");
    assert_eq!(transfer(&heir_id, &next).await.expect(200).json, json!({"result": "success"}));
    refused(&transfer(&heir_id, &next).await, 400, "not_owner");

    let roles =
        "SELECT a.email, j.role FROM tenant_account_joins j JOIN accounts a ON a.id = j.account_id ORDER BY a.email";
    let expected = [("editor@example.com", "owner"), (Console::OWNER_EMAIL, "admin")];
    let expected: Vec<_> = expected.iter().map(|(email, role)| json!({"email": email, "role": role})).collect();
    assert_eq!(place.server.db().all(roles, &[]).await, expected);
    assert_eq!(heir.post_json("/workspaces/current", &json!({})).await.expect(200).json["role"], json!("owner"));
    assert_eq!(place.mails.mail_to("editor@example.com").await.subject, "A workspace is yours");
    assert_eq!(place.mails.mail_to(Console::OWNER_EMAIL).await.subject, "You gave a workspace away");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_gives_a_workspace_away() {
    let place = with_mail(&[]).await;
    let admin = member(&place.server, "admin").await;
    let other = account(&place.server, "other@example.com").await;
    join(&place.server, &other, &home(&place.server).await, "normal").await;
    for (path, body) in [
        (format!("{MEMBERS}/send-owner-transfer-confirm-email"), json!({"language": "en-US"})),
        (format!("{MEMBERS}/owner-transfer-check"), json!({"code": "000000", "token": "x"})),
        (format!("{MEMBERS}/{other}/owner-transfer"), json!({"token": "x"})),
    ] {
        refused(&admin.post_json(&path, &body).await, 400, "not_owner");
        let _ = place.visitor().post_json(&path, &body).await.expect(401);
    }
    let send = format!("{MEMBERS}/send-owner-transfer-confirm-email");
    let token = place.owner.post_json(&send, &json!({})).await.expect(200).text_at("/data");
    let code = code_of(&place.mails.mail_to(Console::OWNER_EMAIL).await);
    let guess = json!({"code": wrong(&code), "token": token});
    for _ in 0..5 {
        refused(
            &place.owner.post_json(&format!("{MEMBERS}/owner-transfer-check"), &guess).await,
            400,
            "email_code_error",
        );
    }
    let sixth = place.owner.post_json(&format!("{MEMBERS}/owner-transfer-check"), &guess).await;
    refused(&sixth, 429, "owner_transfer_limit");
}
