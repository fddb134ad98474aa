//! Saving configurations, and what goes with them.

use actix_web::web;
use controllers_common::auth::Editor;
use controllers_common::error::ApiError;
use controllers_common::valid::Lenient;
use models::AppId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::apps::Apps;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::{Validate, ValidationErrors};

use crate::answers::{SUCCESS, Success};

/// A whole configuration; its shape is checked where it is saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(crate) struct ConfigBody(Map<String, Value>);

impl Validate for ConfigBody {
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }
}

/// Saves the configuration of a chat, agent or completion app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/model-config", request_body = ConfigBody, responses((status = 200, body = Success)))]
pub(crate) async fn save_config(
    user: Editor,
    app: web::Path<Uuid>,
    Lenient(body): Lenient<ConfigBody>,
    apps: web::Data<Apps>,
) -> Result<web::Json<Success>, ApiError> {
    apps.save_config(user.tenant_id(), &user.account, AppId(*app), &body.0).await?;
    Ok(web::Json(SUCCESS))
}

/// Whether an app answers from annotations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationSetting {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score_threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_model: Option<EmbeddingModel>,
}

#[derive(Debug, Serialize, ToSchema)]
struct EmbeddingModel {
    embedding_provider_name: String,
    embedding_model_name: String,
}

/// Whether an app answers from annotations.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/annotation-setting", responses((status = 200, body = AnnotationSetting)))]
pub(crate) async fn annotation_setting(
    user: Editor,
    app: web::Path<Uuid>,
    apps: web::Data<Apps>,
) -> Result<web::Json<AnnotationSetting>, ApiError> {
    let reply = apps.annotation_reply(user.tenant_id(), AppId(*app)).await?;
    Ok(web::Json(match reply {
        None => AnnotationSetting { enabled: false, id: None, score_threshold: None, embedding_model: None },
        Some(reply) => AnnotationSetting {
            enabled: true,
            id: Some(reply.id.to_string()),
            score_threshold: Some(reply.score_threshold),
            embedding_model: reply.embedding.map(|(embedding_provider_name, embedding_model_name)| EmbeddingModel {
                embedding_provider_name,
                embedding_model_name,
            }),
        },
    }))
}
