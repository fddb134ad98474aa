//! Every route of this tier. What is not here (above all the sign-in routes of enterprise installations) is a 404.

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, delete, get, patch, post, resource, scope};
use actix_web::{Resource, web};
use controllers_common::cors::Cors;
use controllers_common::envelope::{envelope, no_such_route, path_config};
use controllers_common::idempotency::idempotent;
use controllers_common::passport::visitors_only;
use controllers_common::rules::conditional::conditional;
use controllers_common::rules::time_limits::{AsksModel, Tier, in_time, timed};
use controllers_common::rules::versions::versioned;

use crate::{
    access, app, audio, chat, completion, conversations, feedbacks, files, form_uploads, human_forms, login, messages,
    passport, reattach, remote_files, saved_messages, workflows,
};

pub const PREFIX: &str = "/api";

/// Mounts everything under [`PREFIX`].
pub fn configure(cfg: &mut ServiceConfig, cors: Cors) {
    let scope = scope(PREFIX)
        .wrap(from_fn(versioned))
        .wrap(from_fn(envelope))
        .wrap(cors)
        .app_data(path_config())
        .app_data(Tier::Web)
        .configure(open)
        .configure(visited)
        .default_service(web::to(no_such_route));
    cfg.service(scope);
}

/// Nobody is asked who they are.
fn open(cfg: &mut ServiceConfig) {
    for resource in [
        timed("/passport").route(get().to(passport::issue)),
        timed("/system-features").route(get().to(app::system_features)),
        timed("/login/status").route(get().to(login::status)),
        timed("/logout").route(post().to(login::logout)),
        timed("/webapp/access-mode").route(get().to(access::mode)),
        timed("/webapp/permission").route(get().to(access::permission)),
        timed("/form/human_input/{form_token}").route(get().to(human_forms::get)).route(post().to(human_forms::submit)),
        timed("/form/human_input/{form_token}/upload-token").route(post().to(form_uploads::pass)),
        timed("/human-input-forms/files").route(post().to(form_uploads::upload)),
    ] {
        cfg.service(resource);
    }
}

/// A passport is needed.
fn visited(cfg: &mut ServiceConfig) {
    let at = |path: &str| resource(path.to_owned());
    for resource in [
        at("/site").route(get().to(app::site).wrap(from_fn(conditional))),
        at("/parameters").route(get().to(app::parameters).wrap(from_fn(conditional))),
        at("/meta").route(get().to(app::meta).wrap(from_fn(conditional))),
        at("/chat-messages").app_data(AsksModel).route(post().to(chat::create)),
        at("/chat-messages/{task_id}/stop").route(post().to(chat::stop)),
        at("/completion-messages").app_data(AsksModel).route(post().to(completion::create)),
        at("/completion-messages/{task_id}/stop").route(post().to(completion::stop)),
        at("/workflows/run").app_data(AsksModel).route(post().to(workflows::run)),
        at("/workflow/{run_id}/events").route(get().to(reattach::workflow)),
        at("/streams/{task_id}").route(get().to(reattach::task)),
        at("/workflows/tasks/{task_id}/stop").route(post().to(workflows::stop)),
        at("/conversations").route(get().to(conversations::list)),
        at("/conversations/{id}").route(delete().to(conversations::delete)),
        at("/conversations/{id}/name").route(post().to(conversations::rename)),
        at("/conversations/{id}/pin").route(patch().to(conversations::pin)),
        at("/conversations/{id}/unpin").route(patch().to(conversations::unpin)),
        at("/messages").route(get().to(messages::list)),
        at("/messages/{id}/feedbacks").route(post().to(feedbacks::give)),
        at("/messages/{id}/more-like-this").app_data(AsksModel).route(get().to(completion::more_like_this)),
        at("/messages/{id}/suggested-questions").app_data(AsksModel).route(get().to(messages::suggested)),
        at("/saved-messages").route(get().to(saved_messages::list)).route(post().to(saved_messages::keep)),
        at("/saved-messages/{id}").route(delete().to(saved_messages::forget)),
        at("/audio-to-text").app_data(AsksModel).route(post().to(audio::listen)),
        at("/text-to-audio").app_data(AsksModel).route(post().to(audio::speak)),
        at("/files/upload").route(post().to(files::upload)),
        at("/remote-files/upload").route(post().to(remote_files::take)),
        at("/remote-files/{url:.+}").route(get().to(remote_files::look)),
    ] {
        cfg.service(guarded(resource));
    }
}

fn guarded(resource: Resource) -> impl HttpServiceFactory + 'static {
    resource.wrap(from_fn(idempotent)).wrap(from_fn(visitors_only)).wrap(from_fn(in_time))
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use actix_web::web::Data;
    use config::Environment;
    use controllers_common::passport::WebCookies;
    use serde_json::Value;

    use super::*;

    const ID: &str = "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a";
    const OPEN: [&str; 9] = [
        "/api/passport",
        "/api/system-features",
        "/api/login/status",
        "/api/logout",
        "/api/webapp/access-mode",
        "/api/webapp/permission",
        "/api/form/human_input/{form_token}",
        "/api/form/human_input/{form_token}/upload-token",
        "/api/human-input-forms/files",
    ];

    fn cookies() -> WebCookies {
        let settings = config::Settings::read(&Environment::default()).unwrap();
        WebCookies::new(&settings.urls, &settings.auth)
    }

    #[actix_web::test]
    async fn described_routes_are_mounted_and_want_a_passport() {
        let app =
            init_service(App::new().app_data(Data::new(cookies())).configure(|cfg| configure(cfg, Cors::with_keys())))
                .await;
        let document = serde_json::to_value(crate::document()).unwrap();
        let mut routes = 0;
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                routes += 1;
                let uri = path
                    .replace("{id}", ID)
                    .replace("{task_id}", ID)
                    .replace("{run_id}", ID)
                    .replace("{url}", "https%3A%2F%2Fhost%2Ffile");
                let request = TestRequest::with_uri(&uri).method(method.to_uppercase().parse().unwrap());
                let response = call_service(&app, request.to_request()).await;
                let status = response.status().as_u16();
                if OPEN.contains(&path.as_str()) {
                    assert!(!matches!(status, 404 | 405), "{method} {path}: {status}");
                } else {
                    assert_eq!(status, 401, "{method} {path}");
                    let body: Value = read_body_json(response).await;
                    assert_eq!(body["code"], "unauthorized", "{method} {path}");
                }
            }
        }
        assert_eq!(routes, 38);
    }

    #[actix_web::test]
    async fn what_is_not_served_has_the_shape_of_a_fault() {
        let app =
            init_service(App::new().app_data(Data::new(cookies())).configure(|cfg| configure(cfg, Cors::with_keys())))
                .await;
        for (request, status, code) in [
            (TestRequest::post().uri("/api/login"), 404, "not_found"),
            (TestRequest::post().uri("/api/email-code-login/validity"), 404, "not_found"),
            (TestRequest::post().uri("/api/forgot-password/resets"), 404, "not_found"),
            (TestRequest::get().uri("/api/none"), 404, "not_found"),
            (TestRequest::post().uri("/api/passport"), 405, "method_not_allowed"),
            (TestRequest::get().uri("/api/webapp/permission?appId=1"), 400, "invalid_param"),
            (TestRequest::get().uri("/api/webapp/permission").insert_header(("X-App-Code", "c")), 400, "invalid_param"),
        ] {
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), status, "{code}");
            let body: Value = read_body_json(response).await;
            assert_eq!((&body["code"], &body["status"]), (&Value::from(code), &Value::from(status)));
        }
    }

    #[actix_web::test]
    async fn pages_are_open_to_everybody() {
        let app =
            init_service(App::new().app_data(Data::new(cookies())).configure(|cfg| configure(cfg, Cors::with_keys())))
                .await;
        let request = TestRequest::get().uri("/api/webapp/access-mode?appCode=x").to_request();
        let body: Value = read_body_json(call_service(&app, request).await).await;
        assert_eq!(body, serde_json::json!({"accessMode": "public"}));
        let request = TestRequest::get().uri("/api/webapp/permission?appId=1").insert_header(("X-App-Code", "c"));
        let body: Value = read_body_json(call_service(&app, request.to_request()).await).await;
        assert_eq!(body, serde_json::json!({"result": true}));
    }
}
