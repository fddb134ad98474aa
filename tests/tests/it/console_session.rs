//! Signing in to the Console, staying there, and leaving.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use test_kit::{Answer, Console};

use crate::it::console_people::{account, bare, set_up, set_up_with, signed_in};

fn cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all("set-cookie").iter().map(|header| header.to_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_sets_three_cookies() {
    let (server, _) = set_up().await;
    let visitor = Console::visitor(server.base());
    let answer = visitor.sign_in(Console::OWNER_EMAIL, Console::OWNER_PASSWORD).await.expect(200);
    assert_eq!(answer.json, json!({"result": "success"}));
    let set = cookies(&answer);
    assert_eq!(set.len(), 3);
    for (name, attributes) in [
        ("access_token", "HttpOnly; SameSite=Lax; Path=/; Max-Age=3600"),
        ("refresh_token", "HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000"),
        ("csrf_token", "SameSite=Lax; Path=/; Max-Age=3600"),
    ] {
        let cookie = set.iter().find(|cookie| cookie.starts_with(&format!("{name}="))).unwrap();
        assert_eq!(cookie.split_once("; ").unwrap().1, attributes, "{name}");
    }
    let refresh = visitor.cookie("refresh_token").unwrap();
    assert!(refresh.len() == 128 && refresh.bytes().all(|b| b.is_ascii_hexdigit()), "{refresh}");
    for jwt in ["access_token", "csrf_token"] {
        assert_eq!(visitor.cookie(jwt).unwrap().split('.').count(), 3, "{jwt}");
    }
    let account = server.db().one("SELECT last_login_at, last_login_ip FROM accounts", &[]).await;
    assert!(account["last_login_at"].is_string() && account["last_login_ip"] == "127.0.0.1", "{account}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_an_https_installation_are_bound_to_the_host() {
    let urls = [("CONSOLE_WEB_URL", "https://console.example.com"), ("CONSOLE_API_URL", "https://console.example.com")];
    let server = test_kit::TestServer::builder(config::Tier::All).set(urls[0].0, urls[0].1).set(urls[1].0, urls[1].1);
    let server = server.start().await;
    let visitor = Console::visitor(server.base());
    let owner = json!({"email": Console::OWNER_EMAIL, "name": "Owner", "password": Console::OWNER_PASSWORD});
    let _ = visitor.post_json("/setup", &owner).await.expect(201);
    let answer = visitor.sign_in(Console::OWNER_EMAIL, Console::OWNER_PASSWORD).await.expect(200);
    for cookie in cookies(&answer) {
        assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure") && !cookie.contains("Domain"), "{cookie}");
    }
    let csrf = visitor.cookie("__Host-csrf_token").unwrap();
    let profile = visitor.request(Method::GET, "/account/profile").header("X-CSRF-Token", csrf);
    let _ = visitor.send(profile).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_to_sign_in() {
    let (server, _) = set_up().await;
    let visitor = Console::visitor(server.base());
    let login = |body: Value| {
        let visitor = visitor.clone();
        async move { visitor.post_json("/login", &body).await }
    };
    let password = STANDARD.encode(Console::OWNER_PASSWORD);
    let broken = login(json!({"email": Console::OWNER_EMAIL, "password": "%%% no base64 %%%"})).await.expect(401);
    let clear = login(json!({"email": Console::OWNER_EMAIL, "password": Console::OWNER_PASSWORD})).await.expect(401);
    let wrong = login(json!({"email": Console::OWNER_EMAIL, "password": STANDARD.encode("wrong-1")})).await.expect(401);
    let unknown = login(json!({"email": "nobody@example.com", "password": password})).await.expect(401);
    assert_eq!((wrong.code(), &wrong.json["status"]), ("authentication_failed", &json!(401)));
    assert_eq!(wrong.header("www-authenticate"), Some("Bearer realm=\"api\""));
    for same in [broken, clear, unknown] {
        assert_eq!(same.json, wrong.json);
        assert!(cookies(&same).is_empty());
    }
    for (body, field) in [
        (json!({"email": "no address", "password": password}), "email"),
        (json!({"password": password}), "email"),
        (json!({"email": Console::OWNER_EMAIL}), "password"),
        (json!({"email": Console::OWNER_EMAIL, "password": 5}), "password"),
    ] {
        let refused = login(body.clone()).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_param"), "{body}");
        assert!(refused.json["message"].as_str().unwrap().contains(field), "{body}: {}", refused.text());
    }
    // Somebody without any workspace is refused with success.
    let id = account(&server, "lonely@example.com").await;
    let lonely = login(json!({"email": "lonely@example.com", "password": password})).await.expect(200);
    assert_eq!(lonely.json["result"], json!("fail"));
    assert!(lonely.json["data"].is_string() && cookies(&lonely).is_empty());
    server.db().execute("UPDATE accounts SET status = 'banned' WHERE id = $1::uuid", &[&id]).await;
    let banned = login(json!({"email": "lonely@example.com", "password": password})).await.expect(400);
    assert_eq!(banned.code(), "account_banned");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_match_in_any_case() {
    let (server, _) = set_up().await;
    let visitor = Console::visitor(server.base());
    let _ = visitor.sign_in("OWNER@Example.COM", Console::OWNER_PASSWORD).await.expect(200);
    // An adopted database may have addresses as they were typed.
    server.db().execute("UPDATE accounts SET email = 'Owner@Example.com'", &[]).await;
    let _ = visitor.sign_in("Owner@Example.com", Console::OWNER_PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_failures_lock_an_address() {
    let (server, _) = set_up().await;
    let other = account(&server, "other@example.com").await;
    crate::it::console_people::join(&server, &other, &crate::it::console_people::home(&server).await, "normal").await;
    let visitor = Console::visitor(server.base());
    for _ in 0..6 {
        let _ = visitor.sign_in(Console::OWNER_EMAIL, "wrong-password-1").await.expect(401);
    }
    for email in [Console::OWNER_EMAIL, "OWNER@EXAMPLE.COM"] {
        let locked = visitor.sign_in(email, Console::OWNER_PASSWORD).await.expect(429);
        assert_eq!((locked.code(), &locked.json["status"]), ("email_code_login_limit", &json!(429)));
    }
    let _ = visitor.sign_in("other@example.com", Console::OWNER_PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn success_forgets_failures() {
    let (server, _) = set_up().await;
    let visitor = Console::visitor(server.base());
    for _ in 0..2 {
        for _ in 0..4 {
            let _ = visitor.sign_in(Console::OWNER_EMAIL, "wrong-password-1").await.expect(401);
        }
        let _ = visitor.sign_in(Console::OWNER_EMAIL, Console::OWNER_PASSWORD).await.expect(200);
    }
}

const KEY: &str = "the-secret-key-with-which-this-test-signs-0123456789";

fn jwt(key: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn claims(jwt: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_needs_its_csrf_token() {
    let (server, owner) = set_up_with(&[("SECRET_KEY", KEY)]).await;
    let stranger = crate::it::console_people::stranger(&server).await;
    let (access, csrf) = (owner.cookie("access_token").unwrap(), owner.cookie("csrf_token").unwrap());
    let mut expired = claims(&csrf);
    expired["exp"] = json!(chrono::Utc::now().timestamp() - 3600);
    let renewed = claims(&csrf);
    let (expired, forged) = (jwt(KEY, &expired), jwt("another-key-that-the-server-does-not-know", &renewed));
    let foreign = stranger.cookie("csrf_token").unwrap();
    let ask = |header: Option<&str>, cookie: Option<&str>| {
        let mut jar = format!("access_token={access}");
        if let Some(cookie) = cookie {
            jar.push_str(&format!("; csrf_token={cookie}"));
        }
        let client = bare(&server);
        let mut request = client.request(Method::GET, "/account/profile").header("Cookie", jar);
        if let Some(header) = header {
            request = request.header("X-CSRF-Token", header);
        }
        async move { client.send(request).await }
    };
    for (header, cookie) in [
        (None, Some(csrf.as_str())),
        (Some(""), Some(csrf.as_str())),
        (Some(csrf.as_str()), None),
        (Some("other"), Some(csrf.as_str())),
        (Some("other"), Some("other")),
        (Some(expired.as_str()), Some(expired.as_str())),
        (Some(forged.as_str()), Some(forged.as_str())),
        (Some(foreign.as_str()), Some(foreign.as_str())),
        (Some(access.as_str()), Some(access.as_str())),
    ] {
        let refused = ask(header, cookie).await;
        let expected = json!({"code": "unauthorized", "message": "CSRF token is missing or invalid.", "status": 401});
        assert_eq!((refused.status, &refused.json), (401, &expected), "{header:?} {cookie:?}");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"api\""));
    }
    let _ = ask(Some(&csrf), Some(&csrf)).await.expect(200);
    let again = jwt(KEY, &renewed);
    let _ = ask(Some(&again), Some(&again)).await.expect(200);
    // A program may show the access token as a bearer; the CSRF pair is asked of it too.
    let bearer = bare(&server).with_bearer(&access).with_header("Cookie", format!("csrf_token={csrf}"));
    let _ = bearer.get("/account/profile").await.expect(401);
    let _ = bearer.with_header("X-CSRF-Token", csrf.as_str()).get("/account/profile").await.expect(200);
    // Unsafe methods are no exception.
    let unsafe_call = bare(&server).with_header("Cookie", format!("access_token={access}; csrf_token={csrf}"));
    let app = json!({"name": "Sneaked in", "mode": "chat"});
    assert_eq!(unsafe_call.post_json("/apps", &app).await.expect(401).code(), "unauthorized");
    assert_eq!(server.db().count("apps", "true", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_access_tokens_of_the_console_open_it() {
    let (server, owner) = set_up_with(&[("SECRET_KEY", KEY)]).await;
    let csrf = owner.cookie("csrf_token").unwrap();
    let access = owner.cookie("access_token").unwrap();
    let good = claims(&access);
    assert_eq!(good["sub"], json!("Console API Passport"));
    assert!(good["user_id"].is_string() && good["iss"].is_string() && good["exp"].is_i64(), "{good}");
    let changed = |key: &str, value: Value| {
        let mut claims = good.clone();
        claims[key] = value;
        claims
    };
    let nobody = uuid::Uuid::new_v4().to_string();
    let long_ago = chrono::Utc::now().timestamp() - 3600;
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), access.split('.').nth(1).unwrap());
    for (token, status) in [
        (jwt(KEY, &good), 200),
        (jwt(KEY, &changed("token_source", json!("webapp_login_token"))), 401),
        (jwt(KEY, &changed("exp", json!(long_ago))), 401),
        (jwt(KEY, &changed("user_id", json!(nobody))), 401),
        (jwt(KEY, &changed("user_id", json!("x'; DROP TABLE accounts"))), 401),
        (jwt("a-key-of-somebody-else-altogether-0123456789", &good), 401),
        (unsigned, 401),
        (csrf.clone(), 401),
        ("garbage".to_owned(), 401),
        (String::new(), 401),
    ] {
        let client = bare(&server).with_header("Cookie", format!("access_token={token}; csrf_token={csrf}"));
        let answer = client.with_header("X-CSRF-Token", csrf.as_str()).get("/account/profile").await;
        assert_eq!(answer.status, status, "{token}: {}", answer.text());
        assert!(status == 200 || answer.code() == "unauthorized", "{token}: {}", answer.text());
    }
}

async fn refresh(server: &test_kit::TestServer, token: Option<&str>) -> Answer {
    let client = bare(server);
    let mut request = client.request(Method::POST, "/refresh-token").header("Content-Type", "application/json;utf-8");
    if let Some(token) = token {
        request = request.header("Cookie", format!("refresh_token={token}"));
    }
    client.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshing_uses_the_token_up() {
    let (server, owner) = set_up().await;
    let first = owner.cookie("refresh_token").unwrap();
    let answer = refresh(&server, Some(&first)).await.expect(200);
    assert_eq!(answer.json, json!({"result": "success"}));
    let set = cookies(&answer);
    assert_eq!(set.len(), 3);
    let value = |name: &str| {
        let cookie = set.iter().find_map(|cookie| cookie.strip_prefix(&format!("{name}="))).unwrap();
        cookie.split(';').next().unwrap().to_owned()
    };
    let second = value("refresh_token");
    assert_ne!(second, first);
    let client = bare(&server)
        .with_header("Cookie", format!("access_token={}; csrf_token={}", value("access_token"), value("csrf_token")))
        .with_header("X-CSRF-Token", value("csrf_token"));
    let _ = client.get("/account/profile").await.expect(200);

    for dead in [Some(first.as_str()), Some("never-issued"), None] {
        let refused = refresh(&server, dead).await.expect(401);
        assert_eq!(refused.json["result"], json!("fail"), "{dead:?}");
        assert!(refused.json["message"].is_string() && cookies(&refused).is_empty(), "{dead:?}");
    }
    let _ = refresh(&server, Some(&second)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_account_cannot_go_on() {
    let (server, owner) = set_up().await;
    server.db().execute("UPDATE accounts SET status = 'banned'", &[]).await;
    assert_eq!(owner.get("/account/profile").await.expect(401).code(), "unauthorized");
    let _ = refresh(&server, owner.cookie("refresh_token").as_deref()).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_clears_the_cookies() {
    let (server, owner) = set_up().await;
    let token = owner.cookie("refresh_token").unwrap();
    let answer = owner.post_json("/logout", &json!({})).await.expect(200);
    assert_eq!(answer.json, json!({"result": "success"}));
    let set = cookies(&answer);
    for name in ["access_token", "refresh_token", "csrf_token"] {
        let cookie = set.iter().find(|cookie| cookie.starts_with(&format!("{name}=;"))).unwrap();
        for part in ["Path=/", "SameSite=Lax", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert_eq!(owner.cookie(name), None);
    }
    let _ = refresh(&server, Some(&token)).await.expect(401);
    let _ = owner.get("/account/profile").await.expect(401);
    // Without a session it is no fault.
    let _ = owner.post_json("/logout", &json!({})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_of_an_adopted_database_are_accepted_and_stored_anew() {
    // Made with Python's `hashlib.pbkdf2_hmac`, as Dify does.
    const PASSWORD: &str = "Passw0rd!ä";
    const HASH: &str = "YTQ0NzdiY2M2Y2FkY2M5MDZkZjNiNDQ4ZWU1MTQwZDUyOGU0M2E1OTgyY2Y5NmIwYTA5NjBiYmE1NDQ2NDkzMQ==";
    const SALT: &str = "AAECAwQFBgcICQoLDA0ODw==";
    let (server, _) = set_up().await;
    server.db().execute("UPDATE accounts SET password = $1, password_salt = $2", &[HASH, SALT]).await;
    let visitor = Console::visitor(server.base());
    let _ = visitor.sign_in(Console::OWNER_EMAIL, "Passw0rd!a").await.expect(401);
    assert_eq!(server.db().one("SELECT password FROM accounts", &[]).await["password"], json!(HASH));
    let _ = visitor.sign_in(Console::OWNER_EMAIL, PASSWORD).await.expect(200);
    let row = server.db().one("SELECT password, password_salt FROM accounts", &[]).await;
    assert!(row["password"].as_str().unwrap().starts_with("$argon2id$") && row["password_salt"].is_null(), "{row}");
    let _ = visitor.sign_in(Console::OWNER_EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_the_password() {
    let (server, owner) = set_up().await;
    let change = |old: &str, new: &str, again: &str| {
        let body = json!({"password": old, "new_password": new, "repeat_new_password": again});
        let owner = owner.clone();
        async move { owner.post_json("/account/password", &body).await }
    };
    for (old, new, again, code) in [
        ("wrong-1", "new-password-2", "new-password-2", "current_password_incorrect"),
        (Console::OWNER_PASSWORD, "new-password-2", "new-password-3", "repeat_password_not_match"),
        (Console::OWNER_PASSWORD, "weak", "weak", "invalid_param"),
    ] {
        assert_eq!(change(old, new, again).await.expect(400).code(), code);
    }
    let changed = change(Console::OWNER_PASSWORD, "new-password-2", "new-password-2").await.expect(200);
    assert_eq!(changed.json["email"], json!(Console::OWNER_EMAIL));
    assert!(changed.json.get("password").is_none());
    let visitor = Console::visitor(server.base());
    let _ = visitor.sign_in(Console::OWNER_EMAIL, Console::OWNER_PASSWORD).await.expect(401);
    let _ = visitor.sign_in(Console::OWNER_EMAIL, "new-password-2").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_key_acts_as_the_owner() {
    let settings = [("ADMIN_API_KEY_ENABLE", "true"), ("ADMIN_API_KEY", "the-admin-key-of-this-test")];
    let (server, _) = set_up_with(&settings).await;
    let workspace = crate::it::console_people::home(&server).await;
    let admin = bare(&server).with_bearer("the-admin-key-of-this-test");
    let _ = admin.get("/account/profile").await.expect(401);
    let acting = admin.clone().with_header("X-WORKSPACE-ID", workspace.as_str());
    assert_eq!(acting.get("/account/profile").await.expect(200).json["email"], json!(Console::OWNER_EMAIL));
    let all = admin.get("/all-workspaces").await.expect(200);
    assert_eq!((&all.json["total"], all.text_at("/data/0/id")), (&json!(1), workspace.clone()));
    let wrong = bare(&server).with_bearer("some-other-key").with_header("X-WORKSPACE-ID", workspace.as_str());
    let _ = wrong.get("/account/profile").await.expect(401);
    let _ = wrong.get("/all-workspaces").await.expect(401);
    let owner = signed_in(&server, Console::OWNER_EMAIL).await;
    let _ = owner.get("/all-workspaces").await.expect(401);
}
