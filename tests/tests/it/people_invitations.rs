//! Inviting people.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_kit::{Answer, Console};

use crate::it::console_people::{account, bare, home, member, set_up};
use crate::it::people::{CONSOLE_WEB, refused, with_mail};

const INVITE: &str = "/workspaces/current/members/invite-email";

fn token_of(url: &str) -> String {
    url.split_once("token=").expect("an invitation has a token").1.to_owned()
}

async fn invite(owner: &Console, emails: &[&str], role: &str) -> Answer {
    owner.post_json(INVITE, &json!({"emails": emails, "role": role, "language": "zh-Hans"})).await
}

async fn sign_in_with(person: &Console, email: &str, password: &str, token: &str) -> Answer {
    let body = json!({"email": email, "password": STANDARD.encode(password), "invite_token": token});
    person.post_json("/login", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_comes() {
    let place = with_mail(&[]).await;
    let email = "ada+x@example.com";
    let invited = invite(&place.owner, &[email], "editor").await.expect(201);
    let url = invited.text_at("/invitation_results/0/url");
    let tenant = home(&place.server).await;
    assert_eq!(
        invited.json,
        json!({"result": "success", "tenant_id": tenant,
               "invitation_results": [{"status": "success", "email": email, "url": url}]})
    );
    assert!(url.starts_with(&format!("{CONSOLE_WEB}/activate?email=ada%2Bx%40example%2Ecom&token=")), "{url}");
    let mail = place.mails.mail_to(email).await;
    assert_eq!(mail.link().unwrap(), url);
    assert!(mail.subject.contains("邀请"), "{}", mail.subject);

    let token = token_of(&url);
    let visitor = place.visitor();
    let check = async |query: String| visitor.get(&format!("/activate/check?{query}")).await.expect(200).json;
    let valid = json!({"is_valid": true, "data": {"workspace_name": "Owner's Workspace", "workspace_id": tenant, "email": email}});
    assert_eq!(check(format!("token={token}")).await, valid);
    assert_eq!(check(format!("token={token}&workspace_id={tenant}&email=Ada%2Bx@example.com")).await, valid);
    for query in [
        "token=nonsense".to_owned(),
        format!("token={token}&workspace_id=nonsense"),
        format!("token={token}&email=eve@example.com"),
    ] {
        assert_eq!(check(query).await, json!({"is_valid": false}));
    }
    refused(&visitor.get("/activate/check").await, 400, "invalid_param");

    let person = Console::visitor(place.server.base());
    refused(&person.sign_in(email, "ada-password-1").await, 401, "authentication_failed");
    refused(&sign_in_with(&person, Console::OWNER_EMAIL, Console::OWNER_PASSWORD, &token).await, 400, "invalid_email");
    refused(&sign_in_with(&person, email, "weak", &token).await, 400, "invalid_param");
    let _ = sign_in_with(&person, email, "ada-password-1", &token).await.expect(200);
    refused(&sign_in_with(&person, email, "eve-password-1", &token).await, 401, "authentication_failed");

    let activation = json!({"token": token, "name": "Ada", "interface_language": "de-DE", "timezone": "Europe/Berlin"});
    let with = |name: &str, value: Value| {
        let mut body = activation.clone();
        body[name] = value;
        body
    };
    for bad in [
        with("name", json!("n".repeat(31))),
        with("name", json!("")),
        with("interface_language", json!("xx")),
        with("timezone", json!("Mars/Base")),
    ] {
        refused(&visitor.post_json("/activate", &bad).await, 400, "invalid_param");
    }
    assert_eq!(visitor.post_json("/activate", &activation).await.expect(200).json, json!({"result": "success"}));
    refused(&visitor.post_json("/activate", &activation).await, 403, "already_activate");
    assert_eq!(check(format!("token={token}")).await, json!({"is_valid": false}));
    let profile = person.get("/account/profile").await.expect(200).json;
    assert_eq!((&profile["name"], &profile["timezone"]), (&json!("Ada"), &json!("Europe/Berlin")));
    let members = place.owner.get("/workspaces/current/members").await.expect(200).json;
    let ada = members["accounts"].as_array().unwrap().iter().find(|m| m["email"] == email).unwrap().clone();
    assert_eq!((&ada["role"], &ada["status"]), (&json!("editor"), &json!("active")));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_address_has_its_own_outcome() {
    let place = with_mail(&[]).await;
    account(&place.server, "here@example.com").await;
    account(&place.server, "banned@example.com").await;
    place.server.db().execute("UPDATE accounts SET status = 'banned' WHERE email = $1", &["banned@example.com"]).await;
    let emails = ["here@example.com", "no address", "banned@example.com", "new@example.com", "NEW@example.com"];
    let invited = invite(&place.owner, &emails, "normal").await.expect(201).json;
    let results = invited["invitation_results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    assert_eq!(
        results[0],
        json!({"status": "success", "email": "here@example.com", "url": format!("{CONSOLE_WEB}/signin")})
    );
    assert_eq!(
        results[1],
        json!({"status": "failed", "email": "no address", "message": "no address is not a valid email."})
    );
    assert_eq!(results[2]["status"], json!("failed"));
    assert_eq!(results[3]["status"], json!("success"));
    let joined = "account_id IN (SELECT id FROM accounts WHERE email IN ('here@example.com', 'new@example.com')) AND role = 'normal'";
    assert_eq!(place.server.db().count("tenant_account_joins", joined, &[]).await, 2);
    assert_eq!(place.mails.mail_to("here@example.com").await.link().unwrap(), format!("{CONSOLE_WEB}/signin"));
    let _ = place.mails.mail_to("new@example.com").await;

    // Who has not come yet is reminded, with another link; who is there is not told again.
    let again = invite(&place.owner, &["here@example.com", "new@example.com"], "admin").await.expect(201).json;
    assert_ne!(again["invitation_results"][1]["url"], results[3]["url"]);
    let _ = place.mails.mail_to("new@example.com").await;
    assert_eq!(place.mails.waiting(), 0);
    assert_eq!(place.server.db().count("tenant_account_joins", joined, &[]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_invite_whom_as_what() {
    let (server, owner) = set_up().await;
    for role in ["owner", "emperor", ""] {
        refused(&invite(&owner, &["a@example.com"], role).await, 400, "invalid-role");
    }
    refused(&invite(&owner, &[], "normal").await, 400, "invalid_param");
    let many: Vec<String> = (0..51).map(|n| format!("p{n}@example.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    refused(&invite(&owner, &many, "normal").await, 400, "invalid_param");
    refused(&owner.post_json(INVITE, &json!({"role": "normal"})).await, 400, "invalid_param");
    for role in ["editor", "normal", "dataset_operator"] {
        refused(&invite(&member(&server, role).await, &["a@example.com"], "normal").await, 403, "forbidden");
    }
    // Without mail the link is in the answer all the same.
    let admin = member(&server, "admin").await;
    let invited = invite(&admin, &["a@example.com"], "dataset_operator").await.expect(201);
    let token = token_of(&invited.text_at("/invitation_results/0/url"));
    assert_eq!(server.db().count("ferrify_jobs", "kind = 'send_letter'", &[]).await, 0);
    let check = format!("/activate/check?token={token}");
    assert_eq!(bare(&server).get(&check).await.expect(200).json["is_valid"], json!(true));
    // An invitation ends with the membership that it is for.
    server.db().execute("DELETE FROM tenant_account_joins WHERE role = 'dataset_operator'", &[]).await;
    assert_eq!(bare(&server).get(&check).await.expect(200).json, json!({"is_valid": false}));
    let body = json!({"token": token, "name": "A", "interface_language": "en-US", "timezone": "UTC"});
    refused(&bare(&server).post_json("/activate", &body).await, 403, "already_activate");
}
