//! The draft.

use actix_web::web;
use controllers_common::auth::Editor;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::{JsonList, JsonObject, Verbatim};
use models::AppId;
use serde::{Deserialize, Serialize};
use services::apps::Apps;
use services::workflows::{DraftRequest, SavedDraft, Workflows};
use utoipa::ToSchema;
use validator::Validate;

use super::body::WorkflowDto;
use super::workflow_app;
use crate::answers::seconds;

/// The draft of an app.
#[utoipa::path(get, path = "/console/api/apps/{app_id}/workflows/draft", params(("app_id" = String, Path)),
    responses((status = 200, body = WorkflowDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn get_draft(
    user: Editor,
    app: web::Path<AppId>,
    apps: web::Data<Apps>,
    workflows: web::Data<Workflows>,
) -> Result<web::Json<WorkflowDto>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    Ok(web::Json(workflows.draft(&app).await?.into()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SaveDraft {
    #[schema(value_type = Object)]
    graph: JsonObject,
    #[schema(value_type = Object)]
    features: JsonObject,
    /// Of the draft that was changed; a first draft has none.
    hash: Option<String>,
    /// Missing ones leave what is stored.
    #[schema(value_type = Option<Vec<Object>>)]
    environment_variables: Option<JsonList>,
    #[schema(value_type = Option<Vec<Object>>)]
    conversation_variables: Option<JsonList>,
}

/// A draft that was saved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftSaved {
    /// Always `success`.
    result: &'static str,
    hash: String,
    updated_at: i64,
}

impl From<SavedDraft> for DraftSaved {
    fn from(saved: SavedDraft) -> Self {
        Self { result: "success", hash: saved.hash, updated_at: seconds(saved.updated_at) }
    }
}

/// Saves the draft of an app.
#[utoipa::path(post, path = "/console/api/apps/{app_id}/workflows/draft", params(("app_id" = String, Path)),
    request_body = SaveDraft,
    responses((status = 200, body = DraftSaved), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn save_draft(
    user: Editor,
    app: web::Path<AppId>,
    Verbatim(body): Verbatim<SaveDraft>,
    apps: web::Data<Apps>,
    workflows: web::Data<Workflows>,
) -> Result<web::Json<DraftSaved>, ApiError> {
    let app = workflow_app(&apps, user.tenant_id(), *app).await?;
    let request = DraftRequest {
        graph: body.graph.into_text(),
        features: body.features.into_text(),
        environment_variables: body.environment_variables.map(JsonList::into_text),
        conversation_variables: body.conversation_variables.map(JsonList::into_text),
        hash: body.hash,
    };
    Ok(web::Json(workflows.save_draft(&app, &user.account, request).await?.into()))
}
