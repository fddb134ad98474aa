//! The explore page: what is offered to all, and the apps of the workspace.

use actix_web::web::{ServiceConfig, delete, get, patch, post};
use controllers_common::rules::time_limits::AsksModel;

use super::resource;
use crate::explore::{banners, list as offer, template};
use crate::installed_apps::{asking, audio, conversations, install, list, messages, meta, parameters, pin, uninstall};

pub(super) fn explore_routes(config: &mut ServiceConfig) {
    let at = |rest: &str| resource(&format!("/installed-apps{rest}"));
    let of = |rest: &str| resource(&format!("/installed-apps/{{installed_app_id}}{rest}"));
    config
        .service(resource("/explore/apps").route(get().to(offer)))
        .service(resource("/explore/apps/{app_id}").route(get().to(template)))
        .service(resource("/explore/banners").route(get().to(banners)))
        .service(at("").route(get().to(list)).route(post().to(install)))
        .service(of("").route(patch().to(pin)).route(delete().to(uninstall)))
        .service(of("/parameters").route(get().to(parameters)))
        .service(of("/meta").route(get().to(meta)))
        .service(of("/chat-messages").app_data(AsksModel).route(post().to(asking::chat)))
        .service(of("/chat-messages/{task_id}/stop").route(post().to(asking::stop_chat)))
        .service(of("/completion-messages").app_data(AsksModel).route(post().to(asking::complete)))
        .service(of("/completion-messages/{task_id}/stop").route(post().to(asking::stop_completion)))
        .service(of("/workflows/run").app_data(AsksModel).route(post().to(asking::run)))
        .service(of("/workflows/tasks/{task_id}/stop").route(post().to(asking::stop_workflow)))
        .service(of("/conversations").route(get().to(conversations::list)))
        .service(of("/conversations/{conversation_id}").route(delete().to(conversations::delete)))
        .service(of("/conversations/{conversation_id}/name").route(post().to(conversations::rename)))
        .service(of("/conversations/{conversation_id}/pin").route(patch().to(conversations::pin)))
        .service(of("/conversations/{conversation_id}/unpin").route(patch().to(conversations::unpin)))
        .service(of("/messages").route(get().to(messages::list)))
        .service(of("/messages/{message_id}/feedbacks").route(post().to(messages::judge)))
        .service(
            of("/messages/{message_id}/more-like-this").app_data(AsksModel).route(get().to(asking::more_like_this)),
        )
        .service(
            of("/messages/{message_id}/suggested-questions").app_data(AsksModel).route(get().to(messages::suggested)),
        )
        .service(of("/saved-messages").route(get().to(messages::saved)).route(post().to(messages::keep)))
        .service(of("/saved-messages/{message_id}").route(delete().to(messages::forget)))
        .service(of("/audio-to-text").app_data(AsksModel).route(post().to(audio::listen)))
        .service(of("/text-to-audio").app_data(AsksModel).route(post().to(audio::speak)));
}
