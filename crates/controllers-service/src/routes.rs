//! Every route of this tier.

use actix_web::web::{self, ServiceConfig};
use controllers_common::cors::Cors;

use crate::{app, chat, completion, conversations, end_users, feedbacks, files, messages, variables};

/// Mounts everything under `/v1`.
pub fn configure(config: &mut ServiceConfig, cors: Cors) {
    let scope = web::scope("/v1")
        .wrap(cors)
            .route("/", web::get().to(app::index))
            .route("/info", web::get().to(app::info))
            .route("/parameters", web::get().to(app::parameters))
            .route("/meta", web::get().to(app::meta))
            .route("/site", web::get().to(app::site))
            .route("/end-users/{id}", web::get().to(end_users::find))
            .route("/chat-messages", web::post().to(chat::create))
            .route("/chat-messages/{task_id}/stop", web::post().to(chat::stop))
            .route("/completion-messages", web::post().to(completion::create))
            .route("/completion-messages/{task_id}/stop", web::post().to(completion::stop))
            .route("/conversations", web::get().to(conversations::list))
            .service(
                web::resource("/conversations/{id}")
                    .route(web::delete().to(conversations::delete))
                    .route(web::patch().to(conversations::rename)),
            )
            .route("/conversations/{id}/name", web::post().to(conversations::rename))
            .route("/conversations/{id}/variables", web::get().to(variables::list))
            .route("/conversations/{id}/variables/{variable}", web::put().to(variables::change))
            .route("/messages", web::get().to(messages::list))
            .route("/messages/{id}/feedbacks", web::post().to(feedbacks::give))
            .route("/messages/{id}/suggested", web::get().to(messages::suggested))
            .route("/app/feedbacks", web::get().to(feedbacks::list))
            .route("/files/upload", web::post().to(files::upload));
    config.service(scope);
}
