//! Every route of this tier. What is not here (above all the sign-in routes of enterprise installations) is a 404.

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, delete, get, patch, post, resource, scope};
use actix_web::{Resource, web};
use controllers_common::envelope::{envelope, no_such_route, path_config};
use controllers_common::passport::visitors_only;

use crate::{
    access, app, chat, completion, conversations, feedbacks, files, login, messages, passport, remote_files,
    saved_messages,
};

pub const PREFIX: &str = "/api";

/// Mounts everything under [`PREFIX`].
pub fn configure(cfg: &mut ServiceConfig) {
    let scope = scope(PREFIX)
        .wrap(from_fn(envelope))
        .app_data(path_config())
        .configure(open)
        .configure(visited)
        .default_service(web::to(no_such_route));
    cfg.service(scope);
}

/// Nobody is asked who they are.
fn open(cfg: &mut ServiceConfig) {
    cfg.service(resource("/passport").route(get().to(passport::issue)))
        .service(resource("/system-features").route(get().to(app::system_features)))
        .service(resource("/login/status").route(get().to(login::status)))
        .service(resource("/logout").route(post().to(login::logout)))
        .service(resource("/webapp/access-mode").route(get().to(access::mode)))
        .service(resource("/webapp/permission").route(get().to(access::permission)));
}

/// A passport is needed.
fn visited(cfg: &mut ServiceConfig) {
    let at = |path: &str| resource(path.to_owned());
    for resource in [
        at("/site").route(get().to(app::site)),
        at("/parameters").route(get().to(app::parameters)),
        at("/meta").route(get().to(app::meta)),
        at("/chat-messages").route(post().to(chat::create)),
        at("/chat-messages/{task_id}/stop").route(post().to(chat::stop)),
        at("/completion-messages").route(post().to(completion::create)),
        at("/completion-messages/{task_id}/stop").route(post().to(completion::stop)),
        at("/conversations").route(get().to(conversations::list)),
        at("/conversations/{id}").route(delete().to(conversations::delete)),
        at("/conversations/{id}/name").route(post().to(conversations::rename)),
        at("/conversations/{id}/pin").route(patch().to(conversations::pin)),
        at("/conversations/{id}/unpin").route(patch().to(conversations::unpin)),
        at("/messages").route(get().to(messages::list)),
        at("/messages/{id}/feedbacks").route(post().to(feedbacks::give)),
        at("/messages/{id}/suggested-questions").route(get().to(messages::suggested)),
        at("/saved-messages").route(get().to(saved_messages::list)).route(post().to(saved_messages::keep)),
        at("/saved-messages/{id}").route(delete().to(saved_messages::forget)),
        at("/files/upload").route(post().to(files::upload)),
        at("/remote-files/upload").route(post().to(remote_files::take)),
        at("/remote-files/{url:.+}").route(get().to(remote_files::look)),
    ] {
        cfg.service(guarded(resource));
    }
}

fn guarded(resource: Resource) -> impl HttpServiceFactory + 'static {
    resource.wrap(from_fn(visitors_only))
}
