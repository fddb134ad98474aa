//! Every route of this tier.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, delete, get, patch, post, put, resource};
use controllers_common::app_token::keys_only;
use controllers_common::cors::Cors;
use controllers_common::dataset_token::dataset_keys_only;
use controllers_common::envelope::{envelope, no_such_route, path_config};
use controllers_common::idempotency::idempotent;
use controllers_common::rules::conditional::conditional;
use controllers_common::rules::time_limits::{AsksModel, Tier, in_time};
use controllers_common::rules::versions::{Deprecated, Deprecations, versioned};

use crate::{
    annotations, app, audio, chat, completion, conversations, datasets, end_users, feedbacks, files, human_forms,
    messages, openai, reattach, tasks, variables, workflow_history, workflows,
};

pub const PREFIX: &str = "/v1";

/// Spellings that published SDKs use.
const DEPRECATIONS: Deprecations = Deprecations {
    // 2026-11-01.
    since: 1_793_491_200,
    sunset: "Tue, 01 Jan 2030 00:00:00 GMT",
    below: "/v1/datasets/",
    routes: &[
        Deprecated { last_part: "create_by_text", successor: "create-by-text" },
        Deprecated { last_part: "create_by_file", successor: "create-by-file" },
        Deprecated { last_part: "update_by_text", successor: "update-by-text" },
        // A document is changed under its own address.
        Deprecated { last_part: "update_by_file", successor: "" },
        Deprecated { last_part: "update-by-file", successor: "" },
        Deprecated { last_part: "hit-testing", successor: "retrieve" },
    ],
};

/// Mounts everything under [`PREFIX`].
pub fn configure(config: &mut ServiceConfig, cors: Cors) {
    let scope = web::scope(PREFIX)
        .wrap(from_fn(versioned))
        .wrap(from_fn(envelope))
        .wrap(cors)
        .app_data(path_config())
        .app_data(Tier::Service)
        .service(web::redirect("", "/v1/").permanent())
        .service(resource("/").route(get().to(app::index)))
        .configure(with_dataset_key)
        .configure(with_key)
        .configure(in_openai_words)
        .default_service(web::to(no_such_route));
    config.app_data(web::Data::new(DEPRECATIONS)).service(scope);
}

/// An app's key is needed.
fn with_key(config: &mut ServiceConfig) {
    for resource in [
        resource("/info").route(get().to(app::info)),
        resource("/parameters").route(get().to(app::parameters).wrap(from_fn(conditional))),
        resource("/meta").route(get().to(app::meta).wrap(from_fn(conditional))),
        resource("/site").route(get().to(app::site).wrap(from_fn(conditional))),
        resource("/end-users/{id}").route(get().to(end_users::find)),
        resource("/chat-messages").app_data(AsksModel).route(post().to(chat::create)),
        resource("/chat-messages/{task_id}/stop").route(post().to(chat::stop)),
        resource("/completion-messages").app_data(AsksModel).route(post().to(completion::create)),
        resource("/completion-messages/{task_id}/stop").route(post().to(completion::stop)),
        resource("/workflows/run").app_data(AsksModel).route(post().to(workflows::run)),
        resource("/workflows/run/{workflow_run_id}").route(get().to(workflow_history::run)),
        resource("/workflow/{workflow_run_id}/events").route(get().to(reattach::workflow)),
        resource("/streams/{task_id}").route(get().to(reattach::task)),
        resource("/tasks/{task_id}").route(get().to(tasks::find)),
        resource("/workflows/logs").route(get().to(workflow_history::logs)),
        resource("/workflows/tasks/{task_id}/stop").route(post().to(workflows::stop)),
        resource("/workflows/{workflow_id}/run").app_data(AsksModel).route(post().to(workflows::run_version)),
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
        resource("/messages/{id}/suggested").app_data(AsksModel).route(get().to(messages::suggested)),
        resource("/apps/annotations").route(get().to(annotations::list)).route(post().to(annotations::create)),
        resource("/apps/annotations/{annotation_id}")
            .route(put().to(annotations::change))
            .route(delete().to(annotations::delete)),
        resource("/apps/annotation-reply/{action}").route(post().to(annotations::switch_reply)),
        resource("/apps/annotation-reply/{action}/status/{job_id}").route(get().to(annotations::switch_state)),
        resource("/app/feedbacks").route(get().to(feedbacks::list)),
        resource("/audio-to-text").app_data(AsksModel).route(post().to(audio::listen)),
        resource("/text-to-audio").app_data(AsksModel).route(post().to(audio::speak)),
        resource("/files/upload").route(post().to(files::upload)),
        resource("/files/{file_id}/preview").route(get().to(files::preview)),
    ] {
        config.service(resource.wrap(from_fn(idempotent)).wrap(from_fn(keys_only)).wrap(from_fn(in_time)));
    }
}

/// An app's key is needed, and refusals have OpenAI's shape.
fn in_openai_words(config: &mut ServiceConfig) {
    for resource in [
        resource("/models").route(get().to(openai::models::list)),
        resource("/chat/completions").app_data(AsksModel).route(post().to(openai::completions::create)),
    ] {
        let resource = resource.wrap(from_fn(openai::stream::idempotent_chunks)).wrap(from_fn(keys_only));
        config.service(resource.wrap(from_fn(in_time)).wrap(from_fn(openai::fault::in_their_shape)));
    }
}

/// A dataset key is needed.
fn with_dataset_key(config: &mut ServiceConfig) {
    use datasets::{
        by_file, by_text, children, documents, downloads, hits, list, metadata, models, pipeline_files, segments, tags,
        write,
    };
    const SEGMENTS: &str = "/datasets/{dataset_id}/documents/{document_id}/segments";
    let named = |path: &str| resource(path.to_owned());
    for resource in [
        resource("/workspaces/current/models/model-types/{model_type}").route(get().to(models::by_type)),
        resource("/datasets").route(get().to(list::list)).route(post().to(write::create)),
        resource("/datasets/tags")
            .route(get().to(tags::list))
            .route(post().to(tags::create))
            .route(patch().to(tags::rename))
            .route(delete().to(tags::delete)),
        resource("/datasets/tags/binding").route(post().to(tags::bind)),
        resource("/datasets/tags/unbinding").route(post().to(tags::unbind)),
        resource("/datasets/{dataset_id}")
            .route(get().to(list::find))
            .route(patch().to(write::change))
            .route(delete().to(write::delete)),
        resource("/datasets/pipeline/file-upload").route(post().to(pipeline_files::upload)),
        resource("/datasets/{dataset_id}/tags").route(get().to(tags::of_dataset)),
        resource(["/datasets/{dataset_id}/retrieve", "/datasets/{dataset_id}/hit-testing"])
            .route(post().to(hits::retrieve)),
        resource(["/datasets/{dataset_id}/document/create-by-text", "/datasets/{dataset_id}/document/create_by_text"])
            .route(post().to(by_text::create)),
        resource(["/datasets/{dataset_id}/document/create-by-file", "/datasets/{dataset_id}/document/create_by_file"])
            .route(post().to(by_file::create)),
        resource("/datasets/{dataset_id}/metadata").route(get().to(metadata::list)).route(post().to(metadata::create)),
        resource("/datasets/{dataset_id}/metadata/built-in").route(get().to(metadata::built_in)),
        resource("/datasets/{dataset_id}/metadata/built-in/{action}").route(post().to(metadata::switch_built_in)),
        resource("/datasets/{dataset_id}/metadata/{metadata_id}")
            .route(patch().to(metadata::rename))
            .route(delete().to(metadata::delete)),
        resource("/datasets/{dataset_id}/documents/metadata").route(post().to(metadata::change_values)),
        resource("/datasets/{dataset_id}/documents").route(get().to(documents::list)),
        resource("/datasets/{dataset_id}/documents/download-zip").route(post().to(downloads::all)),
        resource("/datasets/{dataset_id}/documents/{document_id}/download").route(get().to(downloads::link)),
        resource("/datasets/{dataset_id}/documents/status/{action}").route(patch().to(documents::act)),
        resource("/datasets/{dataset_id}/documents/{batch}/indexing-status")
            .route(get().to(documents::indexing_status)),
        resource([
            "/datasets/{dataset_id}/documents/{document_id}/update-by-text",
            "/datasets/{dataset_id}/documents/{document_id}/update_by_text",
        ])
        .route(post().to(by_text::update)),
        resource([
            "/datasets/{dataset_id}/documents/{document_id}/update-by-file",
            "/datasets/{dataset_id}/documents/{document_id}/update_by_file",
        ])
        .route(post().to(by_file::update)),
        resource("/datasets/{dataset_id}/documents/{document_id}")
            .route(get().to(documents::find))
            .route(patch().to(by_file::update))
            .route(delete().to(documents::delete)),
        named(SEGMENTS).route(get().to(segments::list)).route(post().to(segments::create)),
        named(&format!("{SEGMENTS}/{{segment_id}}"))
            .route(get().to(segments::find))
            .route(post().to(segments::change))
            .route(delete().to(segments::delete)),
        named(&format!("{SEGMENTS}/{{segment_id}}/child_chunks"))
            .route(get().to(children::list))
            .route(post().to(children::create)),
        named(&format!("{SEGMENTS}/{{segment_id}}/child_chunks/{{child_chunk_id}}"))
            .route(patch().to(children::change))
            .route(delete().to(children::delete)),
    ] {
        config.service(resource.wrap(from_fn(idempotent)).wrap(from_fn(dataset_keys_only)).wrap(from_fn(in_time)));
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
