//! The whole Console, asked by each of the lesser members of a workspace for what the workspace has: who may not is told so
//! and changes nothing, who may is not told so. And by members whose accounts are closed to them.

use controllers_common::auth::Right;
use controllers_console::rights::ROUTES;
use models::Role;
use serde_json::json;
use test_kit::upstream::StubUpstream;
use test_kit::{Answer, Console};
use uuid::Uuid;

use super::rows::{Marks, assert_same, rows_with};
use super::things::{Place, Things};
use super::{SETTINGS, WORD, bodies, call, filled, is_guarded, table};
use crate::it::console_people::{home, member, set_up, set_up_with};

const LESSER: [(&str, Role); 4] = [
    ("admin", Role::Admin),
    ("editor", Role::Editor),
    ("normal", Role::Normal),
    ("dataset_operator", Role::DatasetOperator),
];

/// Whether this role gets past the gate and the handler of a route.
fn may(role: Role, method: &str, pattern: &str, right: Right) -> bool {
    right.allows(role) && table::asked_in_addition(method, pattern).is_none_or(|more| more.allows(role))
}

fn is_refusal(answer: &Answer) -> bool {
    (answer.status, answer.code()) == (403, "forbidden") && answer.json["status"] == json!(403)
}

/// The path with ids of nobody.
fn nowhere(pattern: &str) -> String {
    let parts = pattern.split('/').map(|name| match table::part(name, pattern) {
        Some(table::Part::Thing(_)) => Uuid::new_v4().to_string(),
        Some(table::Part::Word(word)) => word.to_owned(),
        None => name.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn lesser_roles_do_what_they_may_and_nothing_else() {
    let (server, owner) = Box::pin(set_up_with(&SETTINGS)).await;
    let stub = StubUpstream::start().await;
    let workspace = home(&server).await;
    let place = Place { server: &server, stub: &stub, word: WORD };
    let things = Box::pin(Things::fill(&place, owner, &workspace)).await;
    let mut people: Vec<(&str, Role, Console)> = Vec::new();
    for (name, role) in LESSER {
        people.push((name, role, member(&server, name).await));
    }
    let marks = Marks::of(&server, &[&workspace]).await;
    let before = rows_with(&server, &marks).await;
    let guarded = || ROUTES.iter().filter(|(_, _, right)| is_guarded(*right));
    let (mut refused, mut allowed, mut faults) = (0, 0, Vec::new());
    for (name, role, person) in &people {
        for (method, pattern, right) in guarded().filter(|(m, p, right)| !may(*role, m, p, *right)) {
            let body = bodies::right(&things, method, pattern);
            let answer = call(person, method, &filled(pattern, 0, &things, &things), Some(&body)).await;
            if !is_refusal(&answer) {
                faults.push(format!(
                    "{name} may not ({right:?}): {method} {pattern}: {} {}",
                    answer.status,
                    answer.text()
                ));
            }
            refused += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_same(&before, &rows_with(&server, &marks).await);
    // Who may is sent to things that are not there: what there is is needed for the next.
    for (name, role, person) in &people {
        for (method, pattern, right) in guarded().filter(|(m, p, right)| may(*role, m, p, *right)) {
            let answer = call(person, method, &nowhere(pattern), Some(&json!({}))).await;
            if matches!(answer.status, 401 | 403 | 405 | 500..) {
                faults.push(format!("{name} may ({right:?}): {method} {pattern}: {} {}", answer.status, answer.text()));
            }
            allowed += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(refused > 200 && allowed > 800, "{refused} refused, {allowed} allowed");
}

/// Routes whose handlers ask for more are routes.
#[test]
fn what_handlers_ask_is_asked_of_routes() {
    for (method, pattern, more) in table::IN_ADDITION {
        let found = ROUTES.iter().find(|(m, p, _)| (m, p) == (method, pattern));
        let (_, _, right) = found.unwrap_or_else(|| panic!("{method} {pattern} is no route"));
        assert_ne!(right, more, "{method} {pattern} is refused at the gate already");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_are_closed_open_nothing() {
    let (server, owner) = Box::pin(set_up()).await;
    let app = owner.create_app("chat", "Guarded").await.id;
    let person = member(&server, "admin").await;
    let _ = person.get("/apps").await.expect(200);
    let set = "UPDATE accounts SET status = $1 WHERE email = 'admin@example.com'";
    for (account, status, code, right_of_newcomers) in [
        ("banned", 401, "unauthorized", false),
        ("closed", 401, "unauthorized", false),
        ("uninitialized", 400, "account_not_initialized", true),
    ] {
        assert_eq!(server.db().execute(set, &[account]).await, 1);
        for (method, pattern, right) in ROUTES {
            let open = matches!(right, Right::Public | Right::SetUp | Right::AdminKey)
                || (right_of_newcomers && *right == Right::Newcomer);
            if open {
                continue;
            }
            let path = nowhere(pattern);
            let answer = call(&person, method, &path, Some(&json!({}))).await;
            assert_eq!((answer.status, answer.code()), (status, code), "{account}: {method} {path}: {}", answer.text());
        }
    }
    assert_eq!(server.db().execute(set, &["active"]).await, 1);
    let _ = person.get(&format!("/apps/{app}")).await.expect(200);
}
