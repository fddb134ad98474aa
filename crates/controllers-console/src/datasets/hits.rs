//! Trying out what a dataset says, and what was asked of it.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::dto::knowledge::HitsDto;
use controllers_common::dto::knowledge::segment::AttachmentDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::full_page::{FullPage, Paging};
use controllers_common::indexing_fields::retrieval_model;
use controllers_common::valid::{Valid, ValidQuery};
use models::{DatasetId, UploadFileId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::files::Files;
use services::knowledge::{AskedQuery, Knowledge, Trial};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::actor;
use crate::answers::seconds;

/// Most results that are shown.
const SHOWN: usize = 10;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Question {
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

/// Try out what a dataset says to a question.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/hit-testing", params(("dataset_id" = String, Path)),
    request_body = Question, responses((status = 200, body = HitsDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn try_out(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    Valid(body): Valid<Question>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<HitsDto>, ApiError> {
    let trial = Trial {
        query: body.query.unwrap_or_default(),
        pictures: body.attachment_ids.unwrap_or_default(),
        model: retrieval_model(body.retrieval_model.as_ref())?,
        external_model: body.external_retrieval_model.map(Value::Object),
        limit: SHOWN,
        listed_at_once: true,
    };
    Ok(web::Json(HitsDto::new(&files, knowledge.try_out(&actor(&user), *dataset, trial).await?)))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    page: Option<i64>,
    limit: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskedPart {
    /// `text_query` or `image_query`.
    content_type: String,
    /// The text, or the id of the picture.
    content: String,
    file_info: Option<AttachmentDto>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Asked {
    id: Uuid,
    queries: Vec<AskedPart>,
    /// `app`, `hit_testing` or `plugin`.
    source: String,
    source_app_id: Option<Uuid>,
    created_by_role: String,
    created_by: Uuid,
    created_at: i64,
}

impl Asked {
    fn new(files: &Files, asked: AskedQuery) -> Self {
        let AskedQuery { query, parts } = asked;
        let part = |part: services::knowledge::AskedPart| AskedPart {
            content_type: part.kind,
            content: part.content,
            file_info: part.file.map(|file| AttachmentDto::new(files, file)),
        };
        Self {
            id: query.id,
            queries: parts.into_iter().map(part).collect(),
            source: query.source.to_string(),
            source_app_id: query.source_app_id.map(|app| app.0),
            created_by_role: query.created_by_role.to_string(),
            created_by: query.created_by,
            created_at: seconds(query.created_at),
        }
    }
}

/// What was asked of a dataset, newest first.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/queries", params(("dataset_id" = String, Path), ListQuery),
    responses((status = 200, body = FullPage<Asked>), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn queries(
    user: ConsoleUser,
    dataset: web::Path<DatasetId>,
    ValidQuery(query): ValidQuery<ListQuery>,
    knowledge: web::Data<Knowledge>,
    files: web::Data<Files>,
) -> Result<web::Json<FullPage<Asked>>, ApiError> {
    let paging = Paging { page: query.page.unwrap_or(1), limit: query.limit.unwrap_or(20) };
    let page = knowledge.queries(&actor(&user), *dataset, paging.rows(), paging.offset()).await?;
    let data = page.queries.into_iter().map(|asked| Asked::new(&files, asked)).collect();
    Ok(web::Json(FullPage::new(paging, page.total, data)))
}
