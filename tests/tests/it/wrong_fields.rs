//! Every field of every described route, wrong in every way.
//!
//! The routes come from the descriptions that the tiers give of themselves, so a new one is walked without being named
//! here. [`samples`] has bodies that are right, where what is wrong must get past the other fields to be seen.

mod configurations;
mod known;
mod routes;
mod samples;
mod values;
mod walk;

use config::Tier;
use serde_json::json;
use test_kit::Answer;

use known::Known;
use routes::{Route, routes};
use walk::Walk;

use crate::it::ground::Ground;

/// What is wrong with an answer that should be no fault of ours, and if it is a fault, in the contract's shape.
fn unsound(answer: &Answer, what: &str) -> Option<String> {
    let said = answer.json["message"].as_str().is_some_and(|message| !message.is_empty());
    let error = answer.json["error"].as_str().is_some_and(|error| !error.is_empty());
    // A file that cannot be imported is told of in the form of an import; segments that are missing, in one of their own.
    let otherwise = error && (answer.json["status"] == "failed" || what.contains("/segments "));
    let fault = &answer.json["error"];
    let to_openai = what.contains("/v1/chat/completions") && fault["code"].is_string() && fault["message"].is_string();
    let otherwise = otherwise || to_openai;
    let shaped = otherwise || (!answer.code().is_empty() && said && answer.json["status"] == json!(answer.status));
    let sound = answer.status < 400 || (answer.status < 500 && shaped);
    (!sound).then(|| format!("{what}: {} {}", answer.status, answer.text()))
}

#[track_caller]
fn assert_sound(answer: &Answer, what: &str) {
    assert_eq!(unsound(answer, what), None);
}

/// Nobody is limited: these tests ask more than anybody should.
const UNLIMITED: [(&str, &str); 3] =
    [("FERRIFY_END_USER_PER_MINUTE", "1000000"), ("FERRIFY_IP_PER_SECOND", "100000"), ("FERRIFY_IP_BURST", "100000")];

fn takes_dataset_key(path: &str) -> bool {
    path.starts_with("/v1/datasets") || path.starts_with("/v1/workspaces")
}

fn of_keys(wanted: impl Fn(&str) -> bool) -> Vec<Route> {
    let all = routes(Tier::Service).into_iter();
    all.filter(|route| route.path.starts_with("/v1/") && wanted(&route.path)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_service_api() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = Known::of(&ground, &page).await;
    let root = ground.service.at(ground.server.base());
    // The face for OpenAI's clients has faults in their shape, and tests of its own.
    let routes = of_keys(|path| !takes_dataset_key(path) && path != "/v1/chat/completions");
    let walk = Walk { ground: &ground, known: &known, client: &root, routes };
    assert!(walk.wrong_types().await > 40);
    walk.broken_bodies(true).await;
    walk.queries().await;
    walk.missing_fields().await;
    walk.values_beyond().await;
    walk.odd_values().await;
    // The other family's routes, with an app of theirs.
    let key = ground.console.api_key(&test_kit::App { id: known.completion.clone(), ..ground.app.clone() }).await;
    let completion = root.clone().with_bearer(&key);
    Walk { client: &completion, ..walk }.odd_values().await;
    let stuck = "status = 'normal' AND answer = '' AND message_metadata IS NULL";
    assert_eq!(ground.server.db().count("messages", stuck, &[]).await, 0, "every message has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_service_api_for_datasets() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = Known::of(&ground, &page).await;
    let client = known.holdings.service.at(ground.server.base());
    let walk = Walk { ground: &ground, known: &known, client: &client, routes: of_keys(takes_dataset_key) };
    assert!(walk.wrong_types().await > 150);
    walk.broken_bodies(true).await;
    walk.queries().await;
    walk.missing_fields().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_service_api_for_datasets_with_odd_values() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = Known::of(&ground, &page).await;
    let client = known.holdings.service.at(ground.server.base());
    let walk = Walk { ground: &ground, known: &known, client: &client, routes: of_keys(takes_dataset_key) };
    walk.values_beyond().await;
    walk.odd_values().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_web_api() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = Known::of(&ground, &page).await;
    let root = page.at(ground.server.base());
    let routes = routes(Tier::Web).into_iter().filter(|route| route.path.starts_with("/api/")).collect();
    let walk = Walk { ground: &ground, known: &known, client: &root, routes };
    assert!(walk.wrong_types().await > 30);
    walk.broken_bodies(true).await;
    walk.queries().await;
    walk.missing_fields().await;
    walk.values_beyond().await;
    walk.odd_values().await;
    let detail = ground.console.get(&format!("/apps/{}", known.completion)).await.expect(200);
    let completion = ground.server.web(&detail.text_at("/site/code")).await.at(ground.server.base());
    Walk { client: &completion, ..walk }.odd_values().await;
}

/// The routes of the Console, without those that end the session or that are called once in an installation's life.
fn of_builders() -> Vec<Route> {
    let ends = ["/console/api/setup", "/console/api/init", "/account/init", "/logout"];
    let apart = |path: &str| ends.iter().any(|end| path.ends_with(end));
    let all = routes(Tier::Console).into_iter();
    all.filter(|route| route.path.starts_with("/console/api/") && !apart(&route.path)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_console() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = Known::of(&ground, &page).await;
    let root = ground.console.at(ground.server.base());
    let walk = Walk { ground: &ground, known: &known, client: &root, routes: of_builders() };
    assert!(walk.wrong_types().await > 150);
    walk.broken_bodies(false).await;
    walk.missing_fields().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_console_with_odd_queries() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = Known::of(&ground, &page).await;
    let root = ground.console.at(ground.server.base());
    let walk = Walk { ground: &ground, known: &known, client: &root, routes: of_builders() };
    walk.queries().await;
}

/// Odd values for those routes of the Console that are on apps, or for the others.
async fn console_with_odd_values(on_apps: bool) {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = Known::of(&ground, &page).await;
    let root = ground.console.at(ground.server.base());
    let is_wanted = |route: &Route| route.path.starts_with("/console/api/apps") == on_apps;
    let routes = of_builders().into_iter().filter(is_wanted).collect();
    Walk { ground: &ground, known: &known, client: &root, routes }.odd_values().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_apps_in_the_console_with_odd_values() {
    console_with_odd_values(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_console_with_odd_values() {
    console_with_odd_values(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_console_with_values_beyond() {
    let ground = Ground::with("chat", &UNLIMITED).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = Known::of(&ground, &page).await;
    let root = ground.console.at(ground.server.base());
    let walk = Walk { ground: &ground, known: &known, client: &root, routes: of_builders() };
    walk.values_beyond().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_inner_api() {
    let settings = [("INNER_API", "true"), ("INNER_API_KEY", "inner-key")];
    let ground = Ground::with("chat", &[UNLIMITED.as_slice(), &settings].concat()).await;
    let page = ground.server.web(&ground.app.code).await;
    let known = Known::of(&ground, &page).await;
    let root = ground.server.client().with_header("X-Inner-Api-Key", "inner-key");
    let all = routes(Tier::Console).into_iter();
    let routes = all.filter(|route| route.path.starts_with("/inner/api/")).collect();
    let walk = Walk { ground: &ground, known: &known, client: &root, routes };
    assert!(walk.wrong_types().await > 40);
    walk.broken_bodies(true).await;
    walk.missing_fields().await;
    walk.values_beyond().await;
    walk.odd_values().await;
}
