//! The Console before anybody can sign in.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use serde_json::{Value, json};
use test_kit::{Console, TestServer};

use config::Tier;

fn owner() -> Value {
    json!({"email": "Owner@Example.com", "name": "Owner", "password": Console::OWNER_PASSWORD, "language": "en-US"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_visit() {
    let server = TestServer::start(Tier::All).await;
    let visitor = Console::visitor(server.base());
    let features = visitor.get("/system-features").await.expect(200);
    assert!(features.header("x-version").is_some_and(|version| version.split('.').count() >= 3));
    assert!(features.header("x-env").is_some_and(|env| env == env.to_uppercase()));
    for part in ["license", "branding", "webapp_auth", "plugin_installation_permission"] {
        assert!(features.json[part].is_object(), "{part}");
    }
    assert_eq!(features.json["enable_email_password_login"], json!(true));
    assert_eq!(features.json["branding"]["enabled"], json!(false));
    assert_eq!(features.json["license"]["status"], json!("none"));
    assert_eq!(visitor.get("/setup").await.expect(200).json, json!({"step": "not_started"}));
    assert_eq!(visitor.get("/init").await.expect(200).json, json!({"status": "finished"}));
    assert_eq!(visitor.get("/ping").await.expect(200).json, json!({"result": "pong"}));
    let probe = visitor.get("/account/profile").await.expect(401);
    assert_eq!((probe.code(), &probe.json["status"]), ("not_setup", &json!(401)));
    assert_eq!(visitor.sign_in("a@b.c", "whatever-1").await.expect(401).code(), "not_setup");
    let _ = visitor.post_json("/refresh-token", &json!({})).await.expect(401);
    assert_eq!(visitor.post_json("/logout", &json!({})).await.expect(401).code(), "not_setup");
}

#[tokio::test(flavor = "multi_thread")]
async fn setting_up() {
    let server = TestServer::start(Tier::All).await;
    let visitor = Console::visitor(server.base());
    for change in [
        json!({"password": "short-1"}),
        json!({"password": "onlyletters"}),
        json!({"password": "0123456789"}),
        json!({"password": null}),
        json!({"email": "nobody"}),
        json!({"email": null}),
        json!({"name": ""}),
        json!({"name": "n".repeat(31)}),
    ] {
        let mut body = owner();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = visitor.post_json("/setup", &body).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_param"), "{change}: {}", refused.text());
    }
    assert_eq!(server.db().count("accounts", "true", &[]).await, 0);

    assert_eq!(visitor.post_json("/setup", &owner()).await.expect(201).json, json!({"result": "success"}));
    let again = visitor.post_json("/setup", &owner()).await.expect(403);
    assert_eq!((again.code(), &again.json["status"]), ("already_setup", &json!(403)));
    let finished = visitor.get("/setup").await.expect(200).json;
    assert_eq!(finished["step"], json!("finished"));
    assert!(finished["setup_at"].is_string());

    let account = server.db().one("SELECT * FROM accounts", &[]).await;
    assert_eq!((&account["email"], &account["status"]), (&json!("owner@example.com"), &json!("active")));
    assert!(account["password"].as_str().unwrap().starts_with("$argon2id$"));
    assert_eq!(server.db().one("SELECT name FROM tenants", &[]).await["name"], json!("Owner's Workspace"));
    assert_eq!(server.db().one("SELECT role FROM tenant_account_joins", &[]).await["role"], json!("owner"));
    assert_eq!(visitor.get("/account/profile").await.expect(401).code(), "unauthorized");
    let _ = visitor.sign_in("owner@example.com", Console::OWNER_PASSWORD).await.expect(200);
    let _ = visitor.get("/account/profile").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_set_up_at_once_and_one_wins() {
    let server = TestServer::start(Tier::All).await;
    let tries = (0..4).map(|_| async { Console::visitor(server.base()).post_json("/setup", &owner()).await.status });
    let mut outcomes = futures::future::join_all(tries).await;
    outcomes.sort_unstable();
    assert_eq!(outcomes, [201, 403, 403, 403]);
    assert_eq!(server.db().count("tenants", "true", &[]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_init_password_comes_first() {
    let server = TestServer::builder(Tier::All).set("INIT_PASSWORD", "let-me-in").start().await;
    let visitor = Console::visitor(server.base());
    assert_eq!(visitor.get("/init").await.expect(200).json, json!({"status": "not_started"}));
    assert_eq!(visitor.get("/account/profile").await.expect(401).code(), "not_init_validated");
    assert_eq!(visitor.post_json("/setup", &owner()).await.expect(401).code(), "not_init_validated");
    let wrong = visitor.post_json("/init", &json!({"password": "let-me-out"})).await.expect(401);
    assert_eq!(wrong.code(), "init_validate_failed");
    let long = visitor.post_json("/init", &json!({"password": "p".repeat(31)})).await.expect(400);
    assert_eq!(long.code(), "invalid_param");
    assert_eq!(visitor.get("/init").await.expect(200).json, json!({"status": "not_started"}));

    let right = visitor.post_json("/init", &json!({"password": "let-me-in"})).await.expect(201);
    assert_eq!(right.json, json!({"result": "success"}));
    let cookie = right.header("set-cookie").unwrap();
    assert!(cookie.starts_with("session=") && cookie.contains("HttpOnly"), "{cookie}");
    assert_eq!(visitor.get("/init").await.expect(200).json, json!({"status": "finished"}));
    assert_eq!(visitor.get("/account/profile").await.expect(401).code(), "not_setup");
    // Only for the browser that knew it.
    let other = Console::visitor(server.base());
    assert_eq!(other.get("/init").await.expect(200).json, json!({"status": "not_started"}));

    let _ = visitor.post_json("/setup", &owner()).await.expect(201);
    let late = other.post_json("/init", &json!({"password": "let-me-in"})).await.expect(403);
    assert_eq!(late.code(), "already_setup");
    assert_eq!(other.get("/init").await.expect(200).json, json!({"status": "finished"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_secret_key_does_not_start_on_a_used_database() {
    let server = TestServer::start(Tier::All).await;
    let _ = server.console().await;
    let other = server.sibling(Tier::All).set("SECRET_KEY", "not-the-key-that-this-database-knows-0123456789");
    let panic = AssertUnwindSafe(other.start()).catch_unwind().await.err().expect("the server refuses to start");
    let told = panic.downcast_ref::<String>().unwrap();
    assert!(told.contains("SECRET_KEY"), "{told}");
    let same = server.sibling(Tier::Console).start().await;
    let _ = Console::visitor(same.base()).sign_in(Console::OWNER_EMAIL, Console::OWNER_PASSWORD).await.expect(200);
}
