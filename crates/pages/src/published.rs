//! Pages of published apps: `/chat/{code}`, `/completion/{code}`, `/workflow/{code}`; `/chatbot/{code}`, a chat for frames of
//! other pages; and `/form/{token}` for forms of their runs.
//!
//! A document names its app and loads the scripts of its kind; all that it shows it asks the Web API for.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use models::AppMode;
use services::audio::{Audio, Stage};
use services::directory::{AccessError, Directory, LiveApp, LivePage};

use crate::html::{Allowed, Frames, document, fill};
use crate::routes::{PREFIX, Pages};

const PAGE: &str = include_str!("../assets/app.html");
const NOTICE: &str = include_str!("../assets/notice.html");
/// The column's length.
const LONGEST_CODE: usize = 255;

/// What an app's page looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Chat,
    Completion,
    Workflow,
}

impl Kind {
    fn of(mode: AppMode) -> Option<Self> {
        match mode {
            AppMode::Chat | AppMode::AdvancedChat | AppMode::AgentChat => Some(Self::Chat),
            AppMode::Completion => Some(Self::Completion),
            AppMode::Workflow => Some(Self::Workflow),
            AppMode::Channel | AppMode::RagPipeline | AppMode::Unknown => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completion => "completion",
            Self::Workflow => "workflow",
        }
    }
}

/// The path of an app's page; `None` for apps without one.
pub(crate) fn path_of(mode: AppMode, code: &str) -> Option<String> {
    Kind::of(mode).map(|kind| format!("/{}/{}", kind.name(), encoded(code)))
}

/// A code as a part of a path.
fn encoded(code: &str) -> String {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    code.bytes().map(|b| if is_plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// What every page of an app needs.
type Needs = (web::Data<Pages>, web::Data<Directory>, web::Data<Audio>);

pub(crate) async fn chat(request: HttpRequest, code: web::Path<String>, needs: Needs) -> HttpResponse {
    show(&request, (Kind::Chat, Frames::Own), &code, &needs).await
}

/// A chat in a frame of a page elsewhere, where that is allowed.
pub(crate) async fn chatbot(request: HttpRequest, code: web::Path<String>, needs: Needs) -> HttpResponse {
    show(&request, (Kind::Chat, Frames::Of(needs.0.embedders())), &code, &needs).await
}

pub(crate) async fn completion(request: HttpRequest, code: web::Path<String>, needs: Needs) -> HttpResponse {
    show(&request, (Kind::Completion, Frames::Own), &code, &needs).await
}

pub(crate) async fn workflow(request: HttpRequest, code: web::Path<String>, needs: Needs) -> HttpResponse {
    show(&request, (Kind::Workflow, Frames::Own), &code, &needs).await
}

/// The page of a form that a run waits for. Whether there is one is for the Web API to say, which counts who asks.
pub(crate) async fn form(request: HttpRequest, token: web::Path<String>, pages: web::Data<Pages>) -> HttpResponse {
    let assets = format!("{PREFIX}/{}", pages.assets().hash());
    let values = [
        ("language", "en"),
        ("kind", "waiting"),
        ("code", token.as_str()),
        ("title", "Form"),
        ("assets", assets.as_str()),
        ("files", pages.files_origin().unwrap_or_default()),
    ];
    let text = fill(PAGE, &values);
    let allowed = Allowed { files: pages.files_origin(), ..Allowed::default() };
    std::future::ready(document(&request, StatusCode::OK, text, allowed)).await
}

async fn show(
    request: &HttpRequest,
    (kind, frames): (Kind, Frames<'_>),
    code: &str,
    (pages, directory, audio): &Needs,
) -> HttpResponse {
    match find(directory, code).await {
        Ok(Some((_, app))) if Kind::of(app.app.mode).is_some_and(|own| own != kind) => {
            // The address of another kind of app: a link that was written by hand.
            let target = path_of(app.app.mode, code).unwrap_or_default();
            let query = request.query_string();
            let target = if query.is_empty() { target } else { format!("{target}?{query}") };
            HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, target)).finish()
        }
        Ok(Some((page, app))) if Kind::of(app.app.mode).is_some() => {
            let files = pages.files_origin();
            let microphone = kind == Kind::Chat && audio.check_listens(&app, Stage::Published).await.is_ok();
            let assets = format!("{PREFIX}/{}", pages.assets().hash());
            let site = &page.site;
            let description = site.description.as_deref().unwrap_or_default();
            let text = fill(
                PAGE,
                &[
                    ("language", &site.default_language),
                    ("kind", kind.name()),
                    ("code", code),
                    ("title", &site.title),
                    ("description", description),
                    ("assets", &assets),
                    ("files", files.unwrap_or_default()),
                ],
            );
            document(request, StatusCode::OK, text, Allowed { files, frames, microphone })
        }
        Ok(_) => notice(
            request,
            pages,
            StatusCode::NOT_FOUND,
            "There is no app here",
            "This address belongs to no published app. It may have been mistyped, or the app is no longer shared. Ask whoever gave you the link for a new one.",
        ),
        Err(error) => {
            tracing::error!(error = %error, "a page could not be looked up");
            notice(
                request,
                pages,
                StatusCode::SERVICE_UNAVAILABLE,
                "This page cannot be shown right now",
                "The server has trouble reaching its database. Please try again in a moment.",
            )
        }
    }
}

/// The site behind a code and its app, if everybody may open it.
async fn find(directory: &Directory, code: &str) -> Result<Option<(Arc<LivePage>, Arc<LiveApp>)>, AccessError> {
    // What no code can be is not asked for.
    if code.len() > LONGEST_CODE || code.chars().any(char::is_control) {
        return Ok(None);
    }
    let Some(page) = directory.page(code).await? else { return Ok(None) };
    let Some(app) = directory.app(page.site.app_id).await? else { return Ok(None) };
    let open = app.app.status == models::app::NORMAL && app.app.enable_site;
    Ok(open.then_some((page, app)))
}

fn notice(request: &HttpRequest, pages: &Pages, status: StatusCode, title: &str, message: &str) -> HttpResponse {
    let assets = format!("{PREFIX}/{}", pages.assets().hash());
    let status_text = status.as_u16().to_string();
    let values = [("title", title), ("message", message), ("status", &status_text), ("assets", &assets)];
    document(request, status, fill(NOTICE, &values), Allowed::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_be_put_into_a_header() {
        assert_eq!(path_of(AppMode::AdvancedChat, "aB3").as_deref(), Some("/chat/aB3"));
        assert_eq!(path_of(AppMode::Workflow, "a/b?ä").as_deref(), Some("/workflow/a%2Fb%3F%C3%A4"));
        assert_eq!(path_of(AppMode::RagPipeline, "x"), None);
    }
}
