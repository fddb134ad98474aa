//! The API in the browser: `{prefix}/docs`, and the OpenAPI document that it shows, made from the handlers.
//!
//! These routes are mounted before those of their tier: neither keys nor sessions are asked for.

use std::sync::{Arc, OnceLock};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use controllers_common::error::ApiError;
use utoipa::openapi::OpenApi;

use crate::assets::with_tag;
use crate::html::{Allowed, document, fill};
use crate::routes::Pages;

const PAGE: &str = include_str!("../assets/docs.html");

/// One API whose documentation is shown. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Documented {
    prefix: &'static str,
    title: &'static str,
    describe: fn() -> OpenApi,
    /// Made when first asked for: most processes never are.
    json: Arc<OnceLock<Bytes>>,
}

impl Documented {
    pub fn new(prefix: &'static str, title: &'static str, describe: fn() -> OpenApi) -> Self {
        Self { prefix, title, describe, json: Arc::default() }
    }

    pub(crate) fn title(&self) -> &'static str {
        self.title
    }

    pub(crate) fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// The path of the page.
    pub(crate) fn page(&self) -> String {
        format!("{}/docs", self.prefix)
    }

    fn json(&self) -> Result<Bytes, ApiError> {
        if let Some(json) = self.json.get() {
            return Ok(json.clone());
        }
        let json = (self.describe)().to_json().map_err(|e| ApiError::internal(&e))?;
        Ok(self.json.get_or_init(|| Bytes::from(json)).clone())
    }
}

/// Which of them a path is of.
fn of<'a>(pages: &'a Pages, path: &str) -> Option<&'a Documented> {
    pages.documented().iter().find(|docs| {
        path.strip_prefix(docs.prefix).is_some_and(|rest| matches!(rest, "/docs" | "/openapi.json" | "/swagger.json"))
    })
}

pub(crate) async fn page(request: HttpRequest, pages: web::Data<Pages>) -> HttpResponse {
    let Some(docs) = of(&pages, request.path()) else { return HttpResponse::NotFound().finish() };
    let assets = format!("{}/{}", docs.page(), pages.assets().hash());
    let source = format!("{}/openapi.json", docs.prefix);
    let text = fill(PAGE, &[("assets", &assets), ("title", docs.title), ("source", &source)]);
    std::future::ready(document(&request, StatusCode::OK, text, Allowed::default())).await
}

pub(crate) async fn description(request: HttpRequest, pages: web::Data<Pages>) -> Result<HttpResponse, ApiError> {
    let Some(docs) = of(&pages, request.path()) else { return Ok(HttpResponse::NotFound().finish()) };
    let mut response = with_tag(&request, "application/json", docs.json()?);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Tools that make clients read it from anywhere; it holds no secrets.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    std::future::ready(Ok(response)).await
}
