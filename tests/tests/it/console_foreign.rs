//! The whole Console, asked by somebody of another workspace for what this one has, and by nobody at all with everything
//! named rightly. Every kind of id in a path is that of a real thing; a route or a part of a path that is in no table here
//! ends the walk.

mod bodies;
mod roles;
mod rows;
mod table;
mod things;

use controllers_common::auth::Right;
use controllers_console::rights::ROUTES;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::upstream::StubUpstream;
use test_kit::{Answer, Client, TestServer};

use crate::it::console_people::{account, home, set_up_with, signed_in};
use rows::{Marks, rows_with};
use table::{Part, part};
use things::{Place, Things};

const PREFIX: &str = "/console/api";
/// In every name of the workspace that is walked through.
const WORD: &str = "quokka";

/// All routes do something.
const SETTINGS: [(&str, &str); 4] = [
    ("INNER_API", "true"),
    ("INNER_API_KEY", "inner-key"),
    ("HOSTED_FETCH_APP_TEMPLATES_MODE", "db"),
    ("ENABLE_EXPLORE_BANNER", "true"),
];

/// Two workspaces on one server, with something of everything in each.
struct Ground {
    server: TestServer,
    theirs: Things,
    own: Things,
    marks: Marks,
}

impl Ground {
    async fn prepare() -> Self {
        let (server, owner) = Box::pin(set_up_with(&SETTINGS)).await;
        let stub = StubUpstream::start().await;
        let home = home(&server).await;
        // A workspace with keys of its own: there are secrets in both.
        let _ = account(&server, "stranger@example.com").await;
        let inner = server.client().with_header("X-Inner-Api-Key", "inner-key");
        let asked = json!({"name": "Elsewhere", "owner_email": "stranger@example.com"});
        let workspace =
            inner.post_json("/inner/api/enterprise/workspace", &asked).await.expect(200).text_at("/tenant/id");
        let elsewhere = signed_in(&server, "stranger@example.com").await;
        let place = Place { server: &server, stub: &stub, word: WORD };
        let theirs = Box::pin(Things::fill(&place, owner, &home)).await;
        let place = Place { word: "elsewhere", ..place };
        let own = Box::pin(Things::fill(&place, elsewhere, &workspace)).await;
        let marks = Marks::of(&server, &[&home, theirs.id("member"), theirs.id("owner")]).await;
        Self { server, theirs, own, marks }
    }

    /// Whatever of the first workspace an answer says that the request did not.
    fn leak(&self, answer: &Answer, asked: &str) -> Option<String> {
        let text = answer.text().to_lowercase();
        let told = self.marks.in_text(&text).find(|id| !asked.contains(*id));
        told.map(str::to_owned).or_else(|| text.contains(WORD).then(|| WORD.to_owned()))
    }
}

/// The things that a path names.
fn things_of(pattern: &str) -> Vec<&'static str> {
    let parts = pattern.split('/').filter(|part| part.starts_with('{'));
    parts
        .filter_map(|name| match part(name, pattern) {
            Some(Part::Thing(thing)) => Some(thing),
            Some(Part::Word(_)) => None,
            None => panic!("nobody has said what {name} of {pattern} is"),
        })
        .collect()
}

/// The path with one's own things before the `at`th, and with the others' from there on.
fn filled(pattern: &str, at: usize, own: &Things, theirs: &Things) -> String {
    let mut seen = 0;
    let parts = pattern.split('/').map(|name| {
        if !name.starts_with('{') {
            return name;
        }
        match part(name, pattern) {
            Some(Part::Thing(thing)) => {
                seen += 1;
                if seen > at { theirs.id(thing) } else { own.id(thing) }
            }
            Some(Part::Word(word)) => word,
            None => panic!("nobody has said what {name} of {pattern} is"),
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn call(client: &Client, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let request = client.request(method.parse::<Method>().unwrap(), path);
    let sends = |body: &&Value| {
        method != "GET" && body.as_object().is_some_and(|fields| method != "DELETE" || !fields.is_empty())
    };
    client.send(if let Some(body) = body.filter(sends) { request.json(body) } else { request }).await
}

/// Whom a right keeps out.
const fn is_guarded(right: Right) -> bool {
    matches!(right, Right::Member | Right::Editor | Right::DatasetEditor | Right::Admin | Right::Owner)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_workspace_is_there() {
    let ground = Ground::prepare().await;
    let Ground { server, theirs, own, marks } = &ground;
    let before = rows_with(server, marks).await;
    let (mut tried, mut faults) = (0, Vec::new());
    for (method, pattern, _) in ROUTES.iter().filter(|(_, _, right)| is_guarded(*right)) {
        let body = bodies::right(own, method, pattern);
        for at in 0..things_of(pattern).len() {
            let path = filled(pattern, at, own, theirs);
            let answer = call(&own.console, method, &path, Some(&body)).await;
            let what = format!("{method} {pattern}, from thing {at} on: {} {}", answer.status, answer.text());
            let refused = matches!(answer.status, 403 | 404) || table::answered_otherwise(method, pattern, &answer);
            faults.extend((!refused).then(|| what.clone()));
            faults.extend(
                ground.leak(&answer, &format!("{path} {body}")).map(|mark| format!("{mark} is told by {what}")),
            );
            tried += 1;
        }
    }
    assert!(tried > 190, "{tried}");
    // What is no thing is listed, and what is made is made elsewhere.
    for (method, pattern, _) in ROUTES.iter().filter(|(_, _, right)| is_guarded(*right)) {
        if *method != "GET" {
            continue;
        }
        let path = format!("{}?page=1&limit=100&type=app", filled(pattern, usize::MAX, own, own));
        let answer = call(&own.console, method, &path, None).await;
        faults.extend(ground.leak(&answer, &path).map(|mark| format!("{mark} is told by {method} {pattern}")));
        faults.extend((answer.status >= 500).then(|| format!("{method} {pattern}: {}", answer.text())));
    }
    for reach in bodies::reaches(own, theirs) {
        let answer = call(&own.console, reach.method, &reach.path, Some(&reach.body)).await;
        let what = format!("{} {} with {}: {} {}", reach.method, reach.path, reach.body, answer.status, answer.text());
        faults.extend((!reach.answers.contains(&answer.status)).then(|| what.clone()));
        let asked = format!("{} {}", reach.path, reach.body);
        faults.extend(ground.leak(&answer, &asked).map(|mark| format!("{mark} is told by {what}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    rows::assert_same(&before, &rows_with(server, marks).await);
}

/// Every write is in a table: it names things in its path, or is known to be about its caller alone, or is tried with
/// others' things in its body.
#[test]
fn every_write_is_known() {
    for (method, pattern, right) in ROUTES.iter().filter(|(_, _, right)| is_guarded(*right)) {
        let known = *method == "GET" || !things_of(pattern).is_empty() || table::NAMELESS.contains(&(method, pattern));
        assert!(known, "{method} {pattern} ({right:?}) is in no table");
    }
    for (method, pattern) in table::NAMELESS {
        assert!(ROUTES.iter().any(|(m, p, _)| (m, p) == (method, pattern)), "{method} {pattern} is no route");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_signed_in_gets_nothing() {
    let ground = Ground::prepare().await;
    let Ground { server, theirs, own, marks } = &ground;
    let root = server.client().at(format!("{}{PREFIX}", server.base()));
    let cookie = |name: &str| theirs.console.cookie(name).unwrap();
    let access = cookie("access_token");
    // Another first letter of the signature is another signature.
    let (claims, signature) = access.rsplit_once('.').unwrap();
    let turned = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{claims}.{turned}{}", signature.get(1..).unwrap());
    let unsigned = format!("{}.", claims);
    let without_csrf = root.clone().with_header("Cookie", format!("access_token={access}"));
    let others_csrf = own.console.cookie("csrf_token").unwrap();
    let with_others_csrf = root
        .clone()
        .with_header("Cookie", format!("access_token={access}; csrf_token={others_csrf}"))
        .with_header("X-CSRF-Token", others_csrf);
    let strangers = [
        ("nobody", root.clone()),
        ("no token", root.clone().with_bearer("x.y.z")),
        ("a forged signature", root.clone().with_bearer(&forged)),
        ("no signature", root.clone().with_bearer(&unsigned)),
        ("a refresh token", root.clone().with_bearer(&cookie("refresh_token"))),
        ("a token against forgery", root.clone().with_bearer(&cookie("csrf_token"))),
        ("an app's key", root.clone().with_bearer(theirs.id("key_token"))),
        ("a passport", root.clone().with_bearer(server.web(theirs.id("code")).await.passport())),
        ("no proof against forgery", without_csrf),
        ("another's proof against forgery", with_others_csrf),
    ];
    let before = rows_with(server, marks).await;
    let (mut tried, mut faults) = (0, Vec::new());
    for (method, pattern, right) in ROUTES.iter().filter(|(_, _, right)| !matches!(right, Right::Public | Right::SetUp))
    {
        let path = filled(pattern, 0, own, theirs);
        let body = bodies::right(own, method, pattern);
        for (who, client) in &strangers {
            // A page that is closed saves its draft without a header.
            if who.ends_with("forgery") && !who.starts_with("a token") && pattern.contains("/workflows/draft") {
                continue;
            }
            let answer = call(client, method, &path, Some(&body)).await;
            if (answer.status, answer.code()) != (401, "unauthorized") {
                faults.push(format!("{who} ({right:?}): {method} {pattern}: {} {}", answer.status, answer.text()));
            }
            faults.extend(ground.leak(&answer, &path).map(|mark| format!("{mark} is told by {method} {pattern}")));
            tried += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tried > 2_000, "{tried}");
    rows::assert_same(&before, &rows_with(server, marks).await);
}
