//! Model providers.

use actix_web::web::{ServiceConfig, delete, get, patch, post, put};

use super::resource;
use crate::providers;

/// A provider id: one part, or three.
macro_rules! of_provider {
    ($rest:literal) => {
        concat!("/workspaces/current/model-providers/{provider:[^/]+(?:/[^/]+/[^/]+)?}", $rest)
    };
}

pub(super) fn providers_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/workspaces/current/model-providers").route(get().to(providers::list)))
        .service(
            resource("/workspaces/current/default-model")
                .route(get().to(providers::default_model))
                .route(post().to(providers::set_default_models)),
        )
        .service(
            resource(of_provider!("/models"))
                .route(get().to(providers::models))
                .route(post().to(providers::save_model))
                .route(delete().to(providers::remove_model)),
        )
        .service(resource(of_provider!("/models/enable")).route(patch().to(providers::enable_model)))
        .service(resource(of_provider!("/models/disable")).route(patch().to(providers::disable_model)))
        .service(resource(of_provider!("/models/parameter-rules")).route(get().to(providers::parameter_rules)))
        .service(
            resource(of_provider!("/credentials"))
                .route(get().to(providers::credential))
                .route(post().to(providers::add_credential))
                .route(put().to(providers::edit_credential))
                .route(delete().to(providers::remove_credential)),
        )
        .service(resource(of_provider!("/credentials/switch")).route(post().to(providers::switch_credential)))
        .service(resource(of_provider!("/credentials/validate")).route(post().to(providers::check_credential)))
        .service(
            resource(of_provider!("/models/credentials"))
                .route(get().to(providers::model_credential))
                .route(post().to(providers::add_model_credential))
                .route(put().to(providers::edit_model_credential))
                .route(delete().to(providers::remove_model_credential)),
        )
        .service(
            resource(of_provider!("/models/credentials/switch")).route(post().to(providers::switch_model_credential)),
        )
        .service(
            resource(of_provider!("/models/credentials/validate")).route(post().to(providers::check_model_credential)),
        )
        .service(resource(of_provider!("/preferred-provider-type")).route(post().to(providers::set_preferred)))
        .service(
            resource("/workspaces/current/models/model-types/{model_type}").route(get().to(providers::models_by_type)),
        )
        .service(
            resource("/workspaces/{tenant_id}/model-providers/{provider:[^/]+(?:/[^/]+/[^/]+)?}/{icon_type}/{lang}")
                .route(get().to(providers::icon)),
        );
}
