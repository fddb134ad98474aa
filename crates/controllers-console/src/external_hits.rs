//! What an external API says to a question about a dataset.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::dto::knowledge::HitsDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use models::DatasetId;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::files::Files;
use services::knowledge::{Actor, Knowledge, Trial};
use utoipa::ToSchema;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ExternalTry {
    #[validate(length(max = 250))]
    query: Option<String>,
    /// `{top_k, score_threshold, score_threshold_enabled}` for this once.
    #[schema(value_type = Option<Object>)]
    external_retrieval_model: Option<Map<String, Value>>,
    #[schema(value_type = Option<Object>)]
    metadata_filtering_conditions: Option<Map<String, Value>>,
}

/// Search what is behind an external API.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/external-hit-testing", params(("dataset_id" = String, Path)),
    request_body = ExternalTry, responses((status = 200, body = HitsDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn external_hit_testing(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    Valid(body): Valid<ExternalTry>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<HitsDto>, ApiError> {
    let mut model = body.external_retrieval_model;
    if let Some(conditions) = body.metadata_filtering_conditions {
        model.get_or_insert_default().insert("metadata_filtering_conditions".to_owned(), Value::Object(conditions));
    }
    let actor = Actor { tenant: user.tenant_id(), account: user.account.id, role: user.role };
    let trial = Trial {
        query: body.query.unwrap_or_default(),
        pictures: Vec::new(),
        model: None,
        external_model: model.map(Value::Object),
        limit: usize::MAX,
        listed_at_once: true,
    };
    Ok(web::Json(HitsDto::new(&files, knowledge.try_out_external(&actor, *dataset, trial).await?)))
}
