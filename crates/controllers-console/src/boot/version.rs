//! Whether there is a newer release.

use actix_web::web;
use controllers_common::error::ApiError;
use controllers_common::valid::ValidQuery;
use serde::{Deserialize, Serialize};
use services::features::Features;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionQuery {
    #[serde(default)]
    current_version: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionAnswer {
    version: String,
    release_date: String,
    release_notes: String,
    can_auto_update: bool,
    features: VersionFeatures,
}

#[derive(Debug, Serialize, ToSchema)]
struct VersionFeatures {
    can_replace_logo: bool,
    model_load_balancing_enabled: bool,
}

/// The newest release, as far as it is known.
#[utoipa::path(get, path = "/console/api/version", params(VersionQuery), responses((status = 200, body = VersionAnswer)))]
pub(crate) async fn version(
    ValidQuery(query): ValidQuery<VersionQuery>,
    features: web::Data<Features>,
) -> Result<web::Json<VersionAnswer>, ApiError> {
    let newest = features.newest_release(&query.current_version).await;
    let switches = features.switches();
    Ok(web::Json(VersionAnswer {
        version: newest.version,
        release_date: newest.release_date,
        release_notes: newest.release_notes,
        can_auto_update: newest.can_auto_update,
        features: VersionFeatures {
            can_replace_logo: switches.can_replace_logo,
            model_load_balancing_enabled: switches.model_load_balancing,
        },
    }))
}
