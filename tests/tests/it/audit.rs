//! The record of what was done that matters for security.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::Console;

use crate::it::ground::Ground;

const LOG: &str = "/workspaces/current/audit-log";

async fn entries(console: &Console, query: &str) -> Vec<Value> {
    let page = console.get(&format!("{LOG}{query}")).await.expect(200);
    page.json["data"].as_array().unwrap().clone()
}

/// Entries of one action once there are so many.
async fn until(console: &Console, action: &str, count: usize) -> Vec<Value> {
    let asked = Instant::now();
    loop {
        let found = entries(console, &format!("?action={action}")).await;
        if found.len() >= count {
            return found;
        }
        assert!(asked.elapsed() < Duration::from_secs(10), "{action}: {found:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_matters_for_security_is_recorded() {
    let ground = Ground::of("chat").await;
    let console = &ground.console;
    let app = ground.app.id.as_str();
    let me = console.get("/account/profile").await.expect(200).text_at("/id");

    let key = console.post_json(&format!("/apps/{app}/api-keys"), &json!({})).await.expect(201);
    let (key, secret) = (key.text_at("/id"), key.text_at("/token"));
    let _ = console.delete(&format!("/apps/{app}/api-keys/{key}")).await.expect(204);
    let of_datasets = console.post_json("/datasets/api-keys", &json!({})).await.expect(200);
    let rules = json!({"allowed_networks": ["127.0.0.0/8"]});
    let _ = console.put_json(&format!("/apps/{app}/call-rules"), &rules).await.expect(200);
    let signing = console.post_json(&format!("/apps/{app}/call-rules/signing-secret"), &json!({})).await.expect(201);
    let _ = console.delete(&format!("/apps/{app}/call-rules/signing-secret")).await.expect(204);
    // What is refused was not done.
    let _ =
        console.put_json(&format!("/apps/{app}/call-rules"), &json!({"allowed_networks": ["no"]})).await.expect(400);
    let _ = console.delete(&format!("/apps/{app}")).await.expect(204);

    let newest = entries(console, "").await;
    let actions: Vec<&str> = newest.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = [
        "app_deleted",
        "signing_secret_deleted",
        "signing_secret_created",
        "call_rules_changed",
        "api_key_created",
        "api_key_deleted",
        "api_key_created",
        // The ground's own.
        "api_key_created",
        "credential_created",
        "sign_in",
    ];
    assert_eq!(actions, expected);
    for entry in &newest {
        assert_eq!(entry["account_id"], me.as_str(), "{entry}");
        assert_eq!(entry["client_address"], "127.0.0.1", "{entry}");
        assert!(!entry["request_id"].as_str().unwrap().is_empty());
    }
    assert_eq!(newest[0]["subject"], app);
    assert_eq!(newest[3]["detail"], json!({"allowed_networks": ["127.0.0.0/8"]}));
    assert_eq!((&newest[5]["subject"], &newest[5]["detail"]), (&json!(key), &json!({"app_id": app})));
    assert_eq!((&newest[6]["subject"], &newest[6]["detail"]), (&json!(key), &json!({"app_id": app})));
    let rows = ground.server.db().all("SELECT row_to_json(l)::text AS row FROM ferrify_audit_log l", &[]).await;
    let rows = format!("{rows:?}");
    for secret in
        [secret, of_datasets.text_at("/token"), signing.text_at("/secret"), Console::OWNER_PASSWORD.to_owned()]
    {
        assert!(!rows.contains(&secret), "{secret}");
    }

    let page = console.get(&format!("{LOG}?limit=2&page=2&action=api_key_created")).await.expect(200).json;
    assert_eq!(
        (&page["total"], &page["has_more"], page["data"].as_array().unwrap().len()),
        (&json!(3), &json!(false), 1)
    );
    let wrong = console.get(&format!("{LOG}?action=none_such")).await.expect(400);
    assert_eq!(wrong.code(), "invalid_param");
    let _ = console.get(&format!("{LOG}?limit=101")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_are_recorded_for_the_workspaces_of_the_account() {
    let ground = Ground::with("chat", &[("LOGIN_LOCKOUT_DURATION", "60")]).await;
    let console = &ground.console;
    let me = console.get("/account/profile").await.expect(200).text_at("/id");
    let person = Console::visitor(ground.server.base());
    for _ in 0..7 {
        let _ = person.sign_in(Console::OWNER_EMAIL, "wrong-password-1").await;
    }
    let refused = until(console, "sign_in_refused", 7).await;
    let mut reasons: Vec<&str> = refused.iter().map(|entry| entry["detail"]["reason"].as_str().unwrap()).collect();
    // They are written without being waited for, in any order.
    reasons.sort_unstable();
    reasons.dedup();
    assert!(reasons.contains(&"authentication_failed") && reasons.len() == 2, "failed and locked out: {reasons:?}");
    assert!(refused.iter().all(|entry| entry["account_id"] == me.as_str()), "{refused:?}");

    // A password in the wrong field is written nowhere, and who has no account is seen by no workspace.
    let _ = person.sign_in("my-secret-password@example.com", "wrong-password-1").await;
    let asked = Instant::now();
    while ground.server.db().count("ferrify_audit_log", "tenant_id IS NULL", &[]).await == 0 {
        assert!(asked.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let row = ground.server.db().one("SELECT * FROM ferrify_audit_log WHERE tenant_id IS NULL", &[]).await;
    assert!(!row.to_string().contains("my-secret-password"), "{row}");
    assert_eq!(until(console, "sign_in_refused", 7).await.len(), 7);

    let change = json!({
        "password": Console::OWNER_PASSWORD, "new_password": "another-password-2", "repeat_new_password": "another-password-2",
    });
    let _ = console.post_json("/account/password", &change).await.expect(200);
    let _ = console.post_json("/logout", &json!({})).await.expect(200);
    let recorded = ground
        .server
        .db()
        .all("SELECT action FROM ferrify_audit_log WHERE account_id = $1::uuid ORDER BY created_at DESC, id DESC LIMIT 2", &[&me])
        .await;
    assert_eq!(json!(recorded), json!([{"action": "sign_out"}, {"action": "password_changed"}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_for_admins_of_the_workspace() {
    let ground = Ground::of("chat").await;
    let stranger = Console::visitor(ground.server.base());
    assert_eq!(stranger.get(LOG).await.expect(401).code(), "unauthorized");
    // An entry of another workspace is never shown.
    let before = entries(&ground.console, "").await.len();
    ground
        .server
        .db()
        .execute(
            "INSERT INTO ferrify_audit_log (id, tenant_id, action, created_at) \
             VALUES (gen_random_uuid(), gen_random_uuid(), 'sign_in', now()), (gen_random_uuid(), NULL, 'sign_in', now())",
            &[],
        )
        .await;
    assert_eq!(entries(&ground.console, "").await.len(), before);
    ground.server.db().execute("UPDATE tenant_account_joins SET role = 'editor'", &[]).await;
    let _ = ground.console.get(LOG).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_write_nothing_and_old_entries_go() {
    let ground = Ground::with("chat", &[("FERRIFY_AUDIT_DAYS", "30")]).await;
    let db = ground.server.db();
    let before = db.count("ferrify_audit_log", "true", &[]).await;
    let _ = ground.service.post_json("/chat-messages", &crate::it::ground::question("Hi")).await.expect(200);
    assert_eq!(db.count("ferrify_audit_log", "true", &[]).await, before);
    db.execute("UPDATE ferrify_audit_log SET created_at = now() - interval '31 days' WHERE action = 'sign_in'", &[])
        .await;
    db.execute(
        "INSERT INTO ferrify_jobs (id, queue, kind, payload, run_at, created_at, updated_at) \
         VALUES (gen_random_uuid(), 'default', 'forget_audit_entries', '{}', timezone('utc', now()), timezone('utc', now()), timezone('utc', now()))",
        &[],
    )
    .await;
    let asked = Instant::now();
    while db.count("ferrify_audit_log", "action = 'sign_in'", &[]).await > 0 {
        assert!(asked.elapsed() < Duration::from_secs(20), "old entries stay");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(db.count("ferrify_audit_log", "true", &[]).await, before - 1);
}
