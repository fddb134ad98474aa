//! Going through the routes of a tier.

use serde_json::Value;
use test_kit::{Answer, Client};

use super::known::Known;
use super::routes::Route;
use super::samples::sample;
use super::values::{BEYOND, BEYOND_IN_QUERIES, odd_values, of_wrong_type, takes_anything};
use super::{assert_sound, unsound};
use crate::it::ground::Ground;

/// A walk over one tier.
pub(super) struct Walk<'a> {
    pub(super) ground: &'a Ground,
    pub(super) known: &'a Known,
    /// Whoever may call everything, at the root.
    pub(super) client: &'a Client,
    pub(super) routes: Vec<Route>,
}

impl Walk<'_> {
    async fn send(&self, route: &Route, body: &Value) -> Answer {
        let path = self.known.fill(&route.path);
        self.client.send(self.client.request(route.method.clone(), &path).json(body)).await
    }

    pub(super) async fn wrong_types(&self) -> usize {
        let mut tried = 0;
        for route in &self.routes {
            let Some(fields) = &route.body else { continue };
            let right = sample(self.ground, self.known, &route.method, &route.path);
            for (field, schema) in fields.iter().filter(|(field, _)| !takes_anything(field)) {
                for wrong in of_wrong_type(schema) {
                    let mut body = right.clone();
                    body[field] = wrong.clone();
                    let what = format!("{} {} with {field} = {wrong}", route.method, route.path);
                    let answer = self.send(route, &body).await;
                    assert_eq!(answer.status, 400, "{what}: {}", answer.text());
                    assert_sound(&answer, &what);
                    assert_eq!(answer.code(), "invalid_param", "{what}");
                    let named = answer.json["params"].as_str().unwrap_or_default();
                    assert!(named.starts_with(field.as_str()), "{what}: {}", answer.text());
                    tried += 1;
                }
            }
        }
        tried
    }

    pub(super) async fn odd_values(&self) {
        let mut faults = Vec::new();
        for route in &self.routes {
            let Some(fields) = &route.body else { continue };
            let right = sample(self.ground, self.known, &route.method, &route.path);
            for field in fields.keys() {
                for odd in odd_values() {
                    let mut body = right.clone();
                    body[field] = odd.clone();
                    let answer = self.send(route, &body).await;
                    let shown: String = odd.to_string().chars().take(40).collect();
                    faults.extend(unsound(&answer, &format!("{} {} with {field} = {shown}", route.method, route.path)));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// Fields with JSON that no value of this program can be.
    pub(super) async fn values_beyond(&self) {
        const PLACE: &str = "here it stands";
        let mut faults = Vec::new();
        for route in &self.routes {
            let Some(fields) = &route.body else { continue };
            let right = sample(self.ground, self.known, &route.method, &route.path);
            let path = self.known.fill(&route.path);
            for field in fields.keys() {
                let mut body = right.clone();
                body[field] = Value::from(PLACE);
                let body = body.to_string();
                for beyond in BEYOND {
                    let text = body.replace(&format!("\"{PLACE}\""), beyond);
                    let request =
                        self.client.request(route.method.clone(), &path).header("Content-Type", "application/json");
                    let answer = self.client.send(request.body(text)).await;
                    faults
                        .extend(unsound(&answer, &format!("{} {} with {field} = {beyond}", route.method, route.path)));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    pub(super) async fn missing_fields(&self) {
        for route in &self.routes {
            let Some(fields) = &route.body else { continue };
            let right = sample(self.ground, self.known, &route.method, &route.path);
            for field in fields.keys() {
                let mut body = right.clone();
                body.as_object_mut().unwrap().remove(field);
                let answer = self.send(route, &body).await;
                assert_sound(&answer, &format!("{} {} without {field}", route.method, route.path));
            }
        }
    }

    pub(super) async fn queries(&self) {
        let long = "x".repeat(5000);
        for route in &self.routes {
            let path = self.known.fill(&route.path);
            for name in &route.query {
                let odd =
                    ["", "x", "%00", "%FF", "-1", "0", "1.5", "99999999999999999999", "null", "a%27%22%5C%25_", &long];
                for value in odd.into_iter().chain(BEYOND_IN_QUERIES) {
                    let asked = format!("{path}?{name}={value}");
                    let answer = self.client.send(self.client.request(route.method.clone(), &asked)).await;
                    let shown: String = asked.chars().take(120).collect();
                    assert_sound(&answer, &format!("{} {shown}", route.method));
                }
            }
        }
    }

    /// Bodies that are no JSON objects; `strict` where the content type counts.
    pub(super) async fn broken_bodies(&self, strict: bool) {
        for route in self.routes.iter().filter(|route| route.body.is_some()) {
            let path = self.known.fill(&route.path);
            for (kind, body, code) in [
                ("application/json", "{", "bad_request"),
                ("application/json", "[1]", "bad_request"),
                ("application/json", "\"text\"", "bad_request"),
                ("text/plain", "{}", "unsupported_media_type"),
            ] {
                let request = self.client.request(route.method.clone(), &path).header("Content-Type", kind).body(body);
                let answer = self.client.send(request).await;
                let what = format!("{} {} with {body} as {kind}", route.method, route.path);
                assert_sound(&answer, &what);
                if kind == "application/json" || strict {
                    assert_eq!(answer.code(), code, "{what}: {}", answer.text());
                }
            }
        }
        // The limit is the tier's, not a route's.
        let route = self.routes.iter().find(|route| route.body.is_some()).unwrap();
        let path = self.known.fill(&route.path);
        let request = self.client.request(route.method.clone(), &path).header("Content-Type", "application/json");
        let answer = self.client.send(request.body(vec![b' '; 20 * 1024 * 1024])).await;
        assert_eq!((answer.status, answer.code()), (413, "request_entity_too_large"), "{path}: {}", answer.text());
    }
}
