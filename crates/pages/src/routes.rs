//! Every route of the pages.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig, get, head, resource};
use actix_web::{HttpRequest, HttpResponse, Resource};
use controllers_common::envelope::no_such_route;
use url::Url;

use crate::assets::Assets;
use crate::docs::{self, Documented};
use crate::{published, start};

/// Where the files of pages are, and what only pages ask for.
pub(crate) const PREFIX: &str = "/pages";

/// Which pages a process serves.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Those of published apps.
    pub published: bool,
    /// The start page.
    pub start: bool,
    /// Whether the start page may list published apps for whoever sits at the machine.
    pub lists_apps: bool,
    pub documented: Vec<Documented>,
    /// Origins whose pages may show a chat in a frame; none: nobody's.
    pub embedders: Vec<String>,
}

/// What pages are made of. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pages(Arc<Made>);

#[derive(Debug)]
struct Made {
    assets: Assets,
    shown: Shown,
    files_origin: Option<String>,
}

impl Pages {
    /// `files`: where stored files are reached from outside; empty: on the page's own server.
    pub fn new(shown: Shown, files: &str) -> Self {
        let files_origin = Url::parse(files).ok().map(|url| url.origin().ascii_serialization());
        // What has no origin cannot be named in a policy.
        let files_origin = files_origin.filter(|origin| origin != "null");
        Self(Arc::new(Made { assets: Assets::new(), shown, files_origin }))
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.0.assets
    }

    pub(crate) fn documented(&self) -> &[Documented] {
        &self.0.shown.documented
    }

    pub(crate) fn lists_apps(&self) -> bool {
        self.0.shown.lists_apps
    }

    pub(crate) fn embedders(&self) -> &[String] {
        &self.0.shown.embedders
    }

    pub(crate) fn files_origin(&self) -> Option<&str> {
        self.0.files_origin.as_deref()
    }
}

/// Mounts the pages. Must come before the tiers: their prefixes hold some of these routes, without keys.
pub fn configure(config: &mut ServiceConfig, pages: &Pages) {
    let shown = &pages.0.shown;
    config.app_data(Data::new(pages.clone()));
    for docs in &shown.documented {
        let (prefix, page) = (docs.prefix(), docs.page());
        config
            .service(files(&page))
            .service(resource(page.as_str()).route(get().to(docs::page)).route(head().to(docs::page)))
            .service(
                resource([format!("{prefix}/openapi.json"), format!("{prefix}/swagger.json")])
                    .route(get().to(docs::description))
                    .route(head().to(docs::description)),
            );
    }
    if shown.start {
        config
            .service(resource("/").route(get().to(start::page)).route(head().to(start::page)))
            .service(resource(format!("{PREFIX}/links.json")).route(get().to(start::links)));
    }
    if shown.published {
        config
            .service(resource("/chat/{code}").route(get().to(published::chat)).route(head().to(published::chat)))
            .service(
                resource("/chatbot/{code}").route(get().to(published::chatbot)).route(head().to(published::chatbot)),
            )
            .service(
                resource("/completion/{code}")
                    .route(get().to(published::completion))
                    .route(head().to(published::completion)),
            )
            .service(
                resource("/workflow/{code}").route(get().to(published::workflow)).route(head().to(published::workflow)),
            )
            .service(resource("/form/{token}").route(get().to(published::form)).route(head().to(published::form)));
    }
    if shown.start || shown.published {
        config.service(files(PREFIX));
    }
}

/// The files of pages, below a path.
fn files(path: &str) -> Resource {
    resource(format!("{path}/{{hash}}/{{file}}")).route(get().to(file)).route(head().to(file))
}

async fn file(request: HttpRequest, path: web::Path<(String, String)>, pages: Data<Pages>) -> HttpResponse {
    let (hash, name) = path.into_inner();
    match pages.assets().serve(&request, &hash, &name) {
        Some(response) => response,
        None => no_such_route().await.unwrap_or_else(|refusal| actix_web::ResponseError::error_response(&refusal)),
    }
}
