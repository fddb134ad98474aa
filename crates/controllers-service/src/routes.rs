//! Every route of this tier.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, delete, get, patch, post, put, resource};
use controllers_common::app_token::keys_only;
use controllers_common::cors::Cors;
use controllers_common::envelope::{envelope, no_such_route, path_config};

use crate::{
    app, chat, completion, conversations, end_users, feedbacks, files, human_forms, messages, variables,
    workflow_history, workflows,
};

pub const PREFIX: &str = "/v1";

/// Mounts everything under [`PREFIX`].
pub fn configure(config: &mut ServiceConfig, cors: Cors) {
    let scope = web::scope(PREFIX)
        .wrap(from_fn(envelope))
        .wrap(cors)
        .app_data(path_config())
        .service(web::redirect("", "/v1/").permanent())
        .service(resource("/").route(get().to(app::index)))
        .configure(with_key)
        .default_service(web::to(no_such_route));
    config.service(scope);
}

/// An app's key is needed.
fn with_key(config: &mut ServiceConfig) {
    for resource in [
        resource("/info").route(get().to(app::info)),
        resource("/parameters").route(get().to(app::parameters)),
        resource("/meta").route(get().to(app::meta)),
        resource("/site").route(get().to(app::site)),
        resource("/end-users/{id}").route(get().to(end_users::find)),
        resource("/chat-messages").route(post().to(chat::create)),
        resource("/chat-messages/{task_id}/stop").route(post().to(chat::stop)),
        resource("/completion-messages").route(post().to(completion::create)),
        resource("/completion-messages/{task_id}/stop").route(post().to(completion::stop)),
        resource("/workflows/run").route(post().to(workflows::run)),
        resource("/workflows/run/{workflow_run_id}").route(get().to(workflow_history::run)),
        resource("/workflows/logs").route(get().to(workflow_history::logs)),
        resource("/workflows/tasks/{task_id}/stop").route(post().to(workflows::stop)),
        resource("/workflows/{workflow_id}/run").route(post().to(workflows::run_version)),
        resource("/form/human_input/{form_token}")
            .route(get().to(human_forms::get))
            .route(post().to(human_forms::submit)),
        resource("/conversations").route(get().to(conversations::list)),
        resource("/conversations/{id}")
            .route(delete().to(conversations::delete))
            .route(patch().to(conversations::rename)),
        resource("/conversations/{id}/name").route(post().to(conversations::rename)),
        resource("/conversations/{id}/variables").route(get().to(variables::list)),
        resource("/conversations/{id}/variables/{variable}").route(put().to(variables::change)),
        resource("/messages").route(get().to(messages::list)),
        resource("/messages/{id}/feedbacks").route(post().to(feedbacks::give)),
        resource("/messages/{id}/suggested").route(get().to(messages::suggested)),
        resource("/app/feedbacks").route(get().to(feedbacks::list)),
        resource("/files/upload").route(post().to(files::upload)),
    ] {
        config.service(resource.wrap(from_fn(keys_only)));
    }
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::http::header::LOCATION;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    #[actix_web::test]
    async fn the_prefix_leads_to_the_index() {
        let app = init_service(App::new().configure(|config| configure(config, Cors::with_keys()))).await;
        let moved = call_service(&app, TestRequest::get().uri("/v1").to_request()).await;
        let location = moved.headers().get(LOCATION).unwrap().to_str().unwrap();
        assert_eq!((moved.status().as_u16(), location), (308, "/v1/"));
        let index = call_service(&app, TestRequest::get().uri("/v1/").to_request()).await;
        assert_eq!(index.status().as_u16(), 200);
    }
}
