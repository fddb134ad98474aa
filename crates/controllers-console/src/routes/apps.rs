//! Apps, their keys, and trying them out.

use actix_web::web::{Data, ServiceConfig, delete, get, post, put};
use controllers_common::rules::time_limits::AsksModel;
use controllers_common::valid::BodyLimit;

use super::resource;
use crate::{
    annotation_reply, annotations, api_keys, app_files, apps, audio, call_rules, callback_secret, debug_chat,
    debug_completion, debug_messages, mcp_server, prompt_templates,
};

/// A file of the largest size, half of whose characters are escaped in JSON, in bytes.
const LARGEST_IMPORT: usize = core_workflow::dsl::MAX_BYTES * 3 / 2;

pub(super) fn apps_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/apps").route(get().to(apps::list)).route(post().to(apps::create)))
        // Before the ids of apps, which would swallow the name.
        .service(
            resource("/apps/imports")
                .app_data(Data::new(BodyLimit(LARGEST_IMPORT)))
                .route(post().to(app_files::import)),
        )
        .service(resource("/apps/imports/{import_id}/confirm").route(post().to(app_files::confirm)))
        .service(resource("/apps/imports/{app_id}/check-dependencies").route(get().to(app_files::check_dependencies)))
        .service(
            resource("/apps/{app_id}")
                .route(get().to(apps::get))
                .route(put().to(apps::update))
                .route(delete().to(apps::delete)),
        )
        .service(resource("/apps/{app_id}/copy").route(post().to(apps::copy)))
        .service(resource("/apps/{app_id}/export").route(get().to(app_files::export)))
        .service(resource("/apps/{app_id}/convert-to-workflow").route(post().to(app_files::convert)))
        .service(resource("/apps/{app_id}/name").route(post().to(apps::rename)))
        .service(resource("/apps/{app_id}/icon").route(post().to(apps::set_icon)))
        .service(resource("/apps/{app_id}/site-enable").route(post().to(apps::enable_site)))
        .service(resource("/apps/{app_id}/api-enable").route(post().to(apps::enable_api)))
        .service(resource("/apps/{app_id}/site").route(post().to(apps::update_site)))
        .service(resource("/apps/{app_id}/site/access-token-reset").route(post().to(apps::reset_site_code)))
        .service(resource("/app/prompt-templates").route(get().to(prompt_templates::get)))
        .service(resource("/apps/{app_id}/model-config").route(post().to(apps::save_config)))
        .service(resource("/apps/{app_id}/annotation-setting").route(get().to(apps::annotation_setting)));
}

/// Fixed names before the ids of annotations, which would swallow them.
pub(super) fn annotations_routes(config: &mut ServiceConfig) {
    use annotations::{change, count, create, delete as remove, delete_all, export, hits, import, import_state, list};
    const OF_APP: &str = "/apps/{app_id}/annotations";
    let named = |rest: &str| resource(&format!("{OF_APP}{rest}"));
    config
        .service(named("").route(get().to(list)).route(post().to(create)).route(delete().to(delete_all)))
        .service(named("/count").route(get().to(count)))
        .service(named("/export").route(get().to(export)))
        .service(named("/batch-import").route(post().to(import)))
        .service(named("/batch-import-status/{job_id}").route(get().to(import_state)))
        .service(named("/{annotation_id}").route(post().to(change)).route(delete().to(remove)))
        .service(named("/{annotation_id}/hit-histories").route(get().to(hits)))
        .service(
            resource("/apps/{app_id}/annotation-settings/{setting_id}")
                .route(post().to(annotation_reply::set_threshold)),
        )
        .service(resource("/apps/{app_id}/annotation-reply/{action}").route(post().to(annotation_reply::switch_reply)))
        .service(
            resource("/apps/{app_id}/annotation-reply/{action}/status/{job_id}")
                .route(get().to(annotation_reply::switch_state)),
        );
}

pub(super) fn debug_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/apps/{app_id}/chat-messages")
                .app_data(AsksModel)
                .route(get().to(debug_messages::list))
                .route(post().to(debug_chat::create)),
        )
        .service(resource("/apps/{app_id}/chat-messages/{task_id}/stop").route(post().to(debug_chat::stop)))
        .service(
            resource("/apps/{app_id}/chat-messages/{message_id}/suggested-questions")
                .app_data(AsksModel)
                .route(get().to(debug_messages::suggested)),
        )
        .service(
            resource("/apps/{app_id}/completion-messages")
                .app_data(AsksModel)
                .route(post().to(debug_completion::create)),
        )
        .service(resource("/apps/{app_id}/completion-messages/{task_id}/stop").route(post().to(debug_completion::stop)))
        .service(resource("/apps/{app_id}/messages/{message_id}").route(get().to(debug_messages::get)))
        .service(resource("/apps/{app_id}/feedbacks").route(post().to(debug_messages::give_feedback)))
        .service(resource("/apps/{app_id}/audio-to-text").app_data(AsksModel).route(post().to(audio::listen)))
        .service(resource("/apps/{app_id}/text-to-audio").app_data(AsksModel).route(post().to(audio::speak)))
        .service(resource("/apps/{app_id}/text-to-audio/voices").route(get().to(audio::voices)));
}

pub(super) fn api_keys_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/datasets/api-keys")
                .route(get().to(api_keys::of_workspace))
                .route(post().to(api_keys::create_for_workspace)),
        )
        .service(
            resource("/apps/{app_id}/api-keys")
                .route(get().to(api_keys::of_app))
                .route(post().to(api_keys::create_for_app)),
        )
        .service(
            resource("/apps/{app_id}/call-rules").route(get().to(call_rules::show)).route(put().to(call_rules::change)),
        )
        .service(
            resource("/apps/{app_id}/call-rules/signing-secret")
                .route(post().to(call_rules::new_secret))
                .route(delete().to(call_rules::remove_secret)),
        )
        .service(resource("/apps/{app_id}/api-keys/{key_id}").route(delete().to(api_keys::delete_of_app)))
        .service(resource("/datasets/api-keys/{key_id}").route(delete().to(api_keys::delete_of_workspace)))
        .service(
            resource("/datasets/{dataset_id}/api-keys")
                .route(get().to(api_keys::of_dataset))
                .route(post().to(api_keys::create_for_dataset)),
        )
        // Other words here are what is done with the API of the dataset.
        .service(
            resource("/datasets/{dataset_id}/api-keys/{key_id:[0-9a-fA-F-]+}")
                .route(delete().to(api_keys::delete_of_dataset)),
        );
}

pub(super) fn mcp_server_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/apps/{app_id}/callback-secret").route(get().to(callback_secret::get)))
        .service(
            resource("/apps/{app_id}/server")
                .route(get().to(mcp_server::get))
                .route(post().to(mcp_server::create))
                .route(put().to(mcp_server::update)),
        )
        // Named by the server, not by the app.
        .service(resource("/apps/{server_id}/server/refresh").route(get().to(mcp_server::refresh)));
}
