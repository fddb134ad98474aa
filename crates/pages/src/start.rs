//! `/` of the all-in-one server: how it is, what to do first, and where everything is.
//!
//! The page asks the probes and the Console what everybody may know. Published apps are public, their addresses are
//! not: they are listed only for whoever sits at the machine of a server under development.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::error::ApiError;
use serde::Serialize;
use services::directory::Directory;

use crate::hosts::is_local;
use crate::html::{Allowed, document, fill};
use crate::published::path_of;
use crate::routes::{PREFIX, Pages};

const PAGE: &str = include_str!("../assets/start.html");
const APPS: i64 = 50;

#[derive(Debug, Serialize)]
struct Listed {
    /// Whether the asker may see a list at all.
    listed: bool,
    apps: Vec<ListedApp>,
    /// Where the API can be read about, on this server.
    docs: Vec<ListedDocs>,
}

#[derive(Debug, Serialize)]
struct ListedApp {
    title: String,
    mode: &'static str,
    path: String,
}

#[derive(Debug, Serialize)]
struct ListedDocs {
    title: &'static str,
    path: String,
}

pub(crate) async fn page(request: HttpRequest, pages: web::Data<Pages>) -> HttpResponse {
    let assets = format!("{PREFIX}/{}", pages.assets().hash());
    let text = fill(PAGE, &[("assets", &assets), ("version", services::VERSION)]);
    std::future::ready(document(&request, StatusCode::OK, text, Allowed::default())).await
}

/// What the start page links to.
pub(crate) async fn links(
    request: HttpRequest,
    pages: web::Data<Pages>,
    directory: web::Data<Directory>,
) -> Result<HttpResponse, ApiError> {
    let listed = pages.lists_apps() && is_local(&request);
    let mut apps = Vec::new();
    if listed {
        for (site, mode) in directory.newest_pages(APPS).await? {
            let path = site.code.as_deref().and_then(|code| path_of(mode, code));
            apps.extend(path.map(|path| ListedApp { title: site.title, mode: mode.as_str(), path }));
        }
    }
    let docs = pages.documented().iter();
    let docs = docs.map(|docs| ListedDocs { title: docs.title(), path: docs.page() }).collect();
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Listed { listed, apps, docs }))
}
