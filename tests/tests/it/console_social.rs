//! Signing in with GitHub and Google, against a stub of both.

use serde_json::{Value, json};
use test_kit::upstream::{Script, StubUpstream};
use test_kit::{Answer, Console, TestServer};

use crate::it::console_people::set_up_with;

const WEB: &str = "https://console.example.com";
/// What the stub gives for any code.
const TOKEN: &str = "social-token";

struct Ground {
    server: TestServer,
    owner: Console,
    stub: StubUpstream,
}

impl Ground {
    async fn with(extra: &[(&str, &str)]) -> Self {
        let stub = StubUpstream::start().await;
        let base = format!("http://{}", stub.address());
        let token = format!("{base}/token");
        let userinfo = format!("{base}/userinfo");
        let mut settings = vec![
            ("GITHUB_CLIENT_ID", "hub"),
            ("GITHUB_CLIENT_SECRET", "hub-secret"),
            ("GOOGLE_CLIENT_ID", "goo"),
            ("GOOGLE_CLIENT_SECRET", "goo-secret"),
            ("FERRIFY_GITHUB_URL", &base),
            ("FERRIFY_GITHUB_API_URL", &base),
            ("FERRIFY_GOOGLE_TOKEN_URL", &token),
            ("FERRIFY_GOOGLE_USERINFO_URL", &userinfo),
            ("CONSOLE_WEB_URL", WEB),
        ];
        settings.extend_from_slice(extra);
        let (server, owner) = set_up_with(&settings).await;
        Self { server, owner, stub }
    }

    /// Who is at GitHub.
    fn is_at_github(&self, id: u64, email: &str, verified: bool) {
        let body = |value: Value| Script { body: Some(value.to_string()), ..Script::default() };
        let profile = body(json!({"id": id, "login": "ada", "name": "Ada"}));
        let emails = body(json!([
            {"email": "second@example.com", "primary": false, "verified": true},
            {"email": email, "primary": true, "verified": verified},
        ]));
        self.stub.script_sequence(TOKEN, vec![profile, emails]);
    }

    fn is_at_google(&self, sub: &str, email: &str, verified: bool) {
        let info = json!({"sub": sub, "email": email, "email_verified": verified, "name": "Ada"});
        self.stub.script(TOKEN, Script { body: Some(info.to_string()), ..Script::default() });
    }

    /// Away, and back with a code.
    async fn sign_in(&self, browser: &Console, provider: &str) -> Answer {
        let state = begin(browser, provider).await;
        come_back(browser, provider, &state).await
    }

    async fn owners_id(&self) -> String {
        self.owner.get("/account/profile").await.expect(200).text_at("/id")
    }
}

async fn begin(browser: &Console, provider: &str) -> String {
    let away = browser.get(&format!("/oauth/login/{provider}")).await.expect(302);
    let location = away.header("location").unwrap().to_owned();
    location.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

async fn come_back(browser: &Console, provider: &str, state: &str) -> Answer {
    browser.get(&format!("/oauth/authorize/{provider}?code=a-code&state={state}")).await
}

fn location(answer: &Answer) -> &str {
    answer.header("location").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_by_its_address_and_then_by_who_one_is() {
    let ground = Ground::with(&[]).await;
    ground.is_at_github(42, Console::OWNER_EMAIL, true);
    let browser = Console::visitor(ground.server.base());
    let away = browser.get("/oauth/login/github").await.expect(302);
    let to = location(&away);
    assert!(to.contains("/login/oauth/authorize?client_id=hub&response_type=code&redirect_uri="), "{to}");
    assert!(to.contains("scope=user%3Aemail") && to.contains("authorize%2Fgithub"), "{to}");

    let back = ground.sign_in(&browser, "github").await.expect(302);
    assert_eq!(location(&back), format!("{WEB}?oauth_new_user=false"));
    let profile = browser.get("/account/profile").await.expect(200);
    assert_eq!(profile.text_at("/email"), Console::OWNER_EMAIL);
    let exchange = ground.stub.requests().into_iter().find(|r| r.path == "/login/oauth/access_token").unwrap();
    assert_eq!(exchange.method, "POST");

    // Another address there, the same person here.
    ground.is_at_github(42, "moved@example.com", true);
    let browser = Console::visitor(ground.server.base());
    ground.sign_in(&browser, "github").await.expect(302);
    assert_eq!(browser.get("/account/profile").await.expect(200).text_at("/id"), ground.owners_id().await);

    let list = ground.owner.get("/account/integrates").await.expect(200);
    assert_eq!(list.json["data"][0]["provider"], "github");
    assert_eq!(list.json["data"][0]["is_bound"], true);
    assert_eq!(list.json["data"][0]["link"], Value::Null);
    assert!(list.json["data"][0]["created_at"].is_i64());
    assert_eq!(list.json["data"][1]["is_bound"], false);
    assert!(list.text_at("/data/1/link").ends_with("/console/api/oauth/login/google"));
}

#[tokio::test(flavor = "multi_thread")]
async fn newcomers_come_in_where_registration_is_open() {
    let ground = Ground::with(&[("ALLOW_REGISTER", "true"), ("ALLOW_CREATE_WORKSPACE", "true")]).await;
    ground.is_at_google("g-1", "new@example.com", true);
    let browser = Console::visitor(ground.server.base());
    let back = ground.sign_in(&browser, "google").await.expect(302);
    assert_eq!(location(&back), format!("{WEB}?oauth_new_user=true"));
    let profile = browser.get("/account/profile").await.expect(200);
    assert_eq!((profile.text_at("/name"), profile.text_at("/email")), ("Ada".into(), "new@example.com".into()));
    assert_eq!(profile.json["is_password_set"], false);
    assert_eq!(browser.get("/workspaces").await.expect(200).json["workspaces"].as_array().unwrap().len(), 1);
    let again = ground.sign_in(&browser, "google").await.expect(302);
    assert_eq!(location(&again), format!("{WEB}?oauth_new_user=false"));
    let bound = ground.server.db().count("account_integrates", "provider = 'google' AND open_id = 'g-1'", &[]).await;
    assert_eq!(bound, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_unverified_addresses_stay_outside() {
    let ground = Ground::with(&[]).await;
    let browser = Console::visitor(ground.server.base());
    ground.is_at_google("g-2", "nobody@example.com", true);
    let back = ground.sign_in(&browser, "google").await.expect(302);
    assert_eq!(location(&back), format!("{WEB}/signin?message=Account+not+found."));

    // Saying somebody's address is not having it.
    ground.is_at_google("g-3", Console::OWNER_EMAIL, false);
    let back = ground.sign_in(&browser, "google").await.expect(400);
    assert_eq!(back.json, json!({"error": "OAuth process failed"}));
    ground.is_at_github(7, Console::OWNER_EMAIL, false);
    let back = ground.sign_in(&browser, "github").await.expect(302);
    assert!(location(&back).starts_with(&format!("{WEB}/signin?message=")));
    assert_eq!(ground.server.db().count("account_integrates", "true", &[]).await, 0);

    ground.server.db().execute("UPDATE accounts SET status = 'banned'", &[]).await;
    ground.is_at_github(8, Console::OWNER_EMAIL, true);
    let back = ground.sign_in(&browser, "github").await.expect(302);
    assert_eq!(location(&back), format!("{WEB}/signin?message=Account+is+banned."));
    browser.get("/account/profile").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_in_the_browser_that_began_it_and_once() {
    let ground = Ground::with(&[]).await;
    ground.is_at_github(42, Console::OWNER_EMAIL, true);
    let browser = Console::visitor(ground.server.base());
    let state = begin(&browser, "github").await;
    let other = Console::visitor(ground.server.base());
    let wrong = format!("{WEB}/signin?message=");
    assert!(location(&come_back(&other, "github", &state).await.expect(302)).starts_with(&wrong));
    assert!(location(&come_back(&browser, "github", "made-up").await.expect(302)).starts_with(&wrong));
    assert!(location(&come_back(&browser, "google", &state).await.expect(302)).starts_with(&wrong));
    assert!(location(&browser.get("/oauth/authorize/github").await.expect(302)).starts_with(&wrong));
    // That attempt used it up.
    assert!(location(&come_back(&browser, "github", &state).await.expect(302)).starts_with(&wrong));
    browser.get("/account/profile").await.expect(401);

    for path in ["/oauth/login/gitlab", "/oauth/authorize/gitlab?code=a&state=b"] {
        assert_eq!(browser.get(path).await.expect(400).json, json!({"error": "Invalid provider"}), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_fail() {
    let stub = StubUpstream::start().await;
    let refusing = format!("http://{}/refusing", stub.address());
    let ground = Ground::with(&[
        ("FERRIFY_GITHUB_URL", &refusing),
        ("FERRIFY_GOOGLE_TOKEN_URL", "http://127.0.0.1:1/token"),
        ("GOOGLE_CLIENT_ID", "goo"),
    ])
    .await;
    let browser = Console::visitor(ground.server.base());
    for provider in ["github", "google"] {
        let back = ground.sign_in(&browser, provider).await.expect(400);
        assert_eq!(back.json, json!({"error": "OAuth process failed"}), "{provider}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_clients_there_is_no_provider() {
    let (server, _owner) = set_up_with(&[]).await;
    let browser = Console::visitor(server.base());
    let refused = browser.get("/oauth/login/github").await.expect(400);
    assert_eq!(refused.json, json!({"error": "Invalid provider"}));
}
