//! The description of this tier, made from its handlers.

use utoipa::OpenApi;

use crate::{app, chat, completion, conversations, end_users, feedbacks, files, messages, variables, workflows};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ferrify Service API",
        description = "What programs call with an app's key.",
        license(name = "Apache-2.0")
    ),
    paths(
        app::index,
        app::info,
        app::parameters,
        app::meta,
        app::site,
        end_users::find,
        chat::create,
        chat::stop,
        completion::create,
        completion::stop,
        workflows::run,
        crate::workflow_history::run,
        crate::workflow_history::logs,
        workflows::run_version,
        workflows::stop,
        crate::human_forms::get,
        crate::human_forms::submit,
        conversations::list,
        conversations::delete,
        conversations::rename,
        variables::list,
        variables::change,
        messages::list,
        messages::suggested,
        feedbacks::give,
        feedbacks::list,
        files::upload
    )
)]
struct Description;

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
