//! What a dataset says to a question.

use actix_web::web;
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::dto::knowledge::HitsDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::indexing_fields::retrieval_model;
use controllers_common::valid::Valid;
use models::{DatasetId, UploadFileId};
use serde::Deserialize;
use serde_json::{Map, Value};
use services::files::Files;
use services::knowledge::{Knowledge, Trial};
use utoipa::ToSchema;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Retrieve {
    #[validate(length(max = 250))]
    query: Option<String>,
    #[schema(value_type = Option<Object>)]
    retrieval_model: Option<Value>,
    #[schema(value_type = Option<Object>)]
    external_retrieval_model: Option<Map<String, Value>>,
    /// Uploaded pictures, instead of the query or beside it.
    #[schema(value_type = Option<Vec<String>>)]
    attachment_ids: Option<Vec<UploadFileId>>,
}

/// Search a dataset.
#[utoipa::path(post, path = "/v1/datasets/{dataset_id}/retrieve", params(("dataset_id" = String, Path)), tag = "Datasets", request_body = Retrieve,
    responses((status = 200, body = HitsDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn retrieve(
    caller: DatasetCaller,
    dataset: web::Path<DatasetId>,
    Valid(body): Valid<Retrieve>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<HitsDto>, ApiError> {
    let trial = Trial {
        query: body.query.unwrap_or_default(),
        pictures: body.attachment_ids.unwrap_or_default(),
        model: retrieval_model(body.retrieval_model.as_ref())?,
        external_model: body.external_retrieval_model.map(Value::Object),
        limit: usize::MAX,
        listed_at_once: false,
    };
    Ok(web::Json(HitsDto::new(&files, knowledge.try_out(&caller, *dataset, trial).await?)))
}
