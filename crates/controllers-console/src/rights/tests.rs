use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use config::Origins;
use controllers_common::cors::Cors;
use utoipa::OpenApi;

use super::*;
use crate::ConsoleApi;

fn configure(config: &mut web::ServiceConfig) {
    crate::configure(config, Cors::with_cookies(Origins::Any));
}

fn table() -> BTreeSet<(String, String)> {
    ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), format!("{PREFIX}{path}"))).collect()
}

#[test]
fn the_table_and_the_description_agree() {
    let document = serde_json::to_value(ConsoleApi::openapi()).unwrap();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, operations)| {
            operations.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    assert_eq!(table(), described);
    assert_eq!(table().len(), ROUTES.len(), "a route stands twice in the table");
}

#[actix_web::test]
async fn every_route_of_the_table_is_mounted() {
    let app = init_service(App::new().configure(configure)).await;
    for (method, path, right) in ROUTES {
        let path = path.replace("{dataset_id}", ID).replace("{document_id}", ID);
        let path =
            path.replace("{app_id}", ID).replace("{key_id}", ID).replace("{member_id}", ID).replace("{tag_id}", ID);
        let path = path
            .replace("model-providers/{provider}", "model-providers/langgenius/openai/openai")
            .replace(['{', '}'], "");
        let request = TestRequest::with_uri(&format!("{PREFIX}{path}")).method(method.parse().unwrap()).to_request();
        let status = call_service(&app, request).await.status();
        assert!(!matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED), "{method} {path}: {status}");
        // Without services nobody can be signed in: whoever gets an answer got past the gate.
        let guarded = !matches!(right, Right::Public);
        assert!(!guarded || status == StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}: {status}");
    }
}

const ID: &str = "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a";

#[actix_web::test]
async fn patterns_are_found_in_the_table() {
    let app = App::new().configure(configure).default_service(web::to(|| async { "" }));
    let app = init_service(app).await;
    for provider in ["openai", "langgenius/openai/openai"] {
        let uri = format!("{PREFIX}/workspaces/current/model-providers/{provider}/models/credentials");
        let response = call_service(&app, TestRequest::get().uri(&uri).to_request()).await;
        let pattern = response.request().match_pattern().unwrap();
        assert_eq!(right_of(&Method::GET, &pattern), Some(Right::Member), "{pattern}");
    }
    for two_parts in ["openai/models", "a/b"] {
        let uri = format!("{PREFIX}/workspaces/current/model-providers/{two_parts}/credentials");
        let response = call_service(&app, TestRequest::put().uri(&uri).to_request()).await;
        assert_ne!(response.status(), StatusCode::OK);
    }
}

#[test]
fn expressions_are_left_out() {
    assert_eq!(without_expressions("/a/{b:[^/]+(?:/x)?}/{c}"), "/a/{b}/{c}");
}
