//! The description of this tier, made from its handlers.

use utoipa::OpenApi;

use crate::{
    access, app, chat, completion, conversations, feedbacks, files, login, messages, passport, remote_files,
    saved_messages,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ferrify Web API",
        description = "What published pages call for their visitors.",
        license(name = "Apache-2.0")
    ),
    paths(
        passport::issue,
        app::system_features,
        login::status,
        login::logout,
        access::mode,
        access::permission,
        app::site,
        app::parameters,
        app::meta,
        crate::audio::listen,
        crate::audio::speak,
        chat::create,
        chat::stop,
        completion::create,
        completion::stop,
        completion::more_like_this,
        crate::workflows::run,
        crate::workflows::stop,
        crate::reattach::workflow,
        crate::reattach::task,
        crate::human_forms::get,
        crate::human_forms::submit,
        crate::form_uploads::pass,
        crate::form_uploads::upload,
        conversations::list,
        conversations::delete,
        conversations::rename,
        conversations::pin,
        conversations::unpin,
        messages::list,
        messages::suggested,
        feedbacks::give,
        saved_messages::list,
        saved_messages::keep,
        saved_messages::forget,
        files::upload,
        remote_files::look,
        remote_files::take
    )
)]
struct Description;

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
