use std::collections::BTreeSet;

use controllers_common::auth::Right;
use serde_json::Value;
use utoipa::OpenApi;

use super::*;
use crate::ConsoleApi;
use crate::rights::ROUTES;

/// Members of bodies that are secrets, or that are told with them.
const SECRETS: [&str; 12] = [
    "access_token",
    "code",
    "new_password",
    "password",
    "password_confirm",
    "refresh_token",
    "repeat_new_password",
    "secret",
    "secret_key",
    "server_code",
    "signing_secret",
    "token",
];
/// Members of these names that are no secrets: a new app's page is at an address that is there to be told.
const HARMLESS: [(&str, &str); 2] = [("/apps/{app_id}/copy", "access_token"), ("/apps/{app_id}/copy", "code")];

/// POSTs of somebody who is signed in.
fn posts() -> impl Iterator<Item = &'static str> {
    let proven = |right: &Right| !matches!(right, Right::Public | Right::SetUp | Right::AdminKey);
    ROUTES.iter().filter(move |(method, _, right)| *method == "POST" && proven(right)).map(|(_, path, _)| *path)
}

#[test]
fn what_is_left_out_is_there() {
    for path in LEFT_OUT {
        assert!(posts().any(|post| post == *path), "{path}");
    }
    assert_eq!(PATTERNS.len(), LEFT_OUT.len(), "a path stands twice in the table");
}

/// Names of members, however deep.
fn members(document: &Value, schema: &Value, seen: &mut BTreeSet<String>, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(reference) = object.get("$ref").and_then(Value::as_str)
                && seen.insert(reference.to_owned())
            {
                let target = document.pointer(reference.trim_start_matches('#')).unwrap();
                members(document, target, seen, found);
            }
            if let Some(Value::Object(properties)) = object.get("properties") {
                found.extend(properties.keys().cloned());
            }
            object.values().for_each(|value| members(document, value, seen, found));
        }
        Value::Array(items) => items.iter().for_each(|value| members(document, value, seen, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whoever adds a route that tells a secret has to say here what becomes of its answers.
#[test]
fn no_secret_is_remembered() {
    let document = serde_json::to_value(ConsoleApi::openapi()).unwrap();
    for path in posts().filter(|path| !LEFT_OUT.contains(path)) {
        let operation = &document["paths"][format!("{PREFIX}{path}")]["post"];
        assert!(operation.is_object(), "{path}");
        let responses = operation["responses"].as_object().unwrap();
        let successes: Vec<Value> =
            responses.iter().filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer.clone()).collect();
        let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
        members(&document, &Value::from(successes), &mut seen, &mut found);
        let told: Vec<_> = found.iter().filter(|name| SECRETS.contains(&name.as_str())).collect();
        let told: Vec<_> = told.into_iter().filter(|name| !HARMLESS.contains(&(path, name.as_str()))).collect();
        assert!(told.is_empty(), "POST {path} tells {told:?}: leave it out, or say that these are no secrets");
        let (mut seen, mut asked) = (BTreeSet::new(), BTreeSet::new());
        members(&document, &operation["requestBody"], &mut seen, &mut asked);
        assert!(asked.iter().all(|name| !name.contains("password")), "POST {path} is told a password: leave it out");
    }
}
