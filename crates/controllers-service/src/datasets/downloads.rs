//! Taking the files of documents home, for programs.

use actix_web::{HttpResponse, web};
use controllers_common::archive::archive;
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use models::{DatasetId, DocumentId};
use serde::{Deserialize, Serialize};
use services::knowledge::Knowledge;
use utoipa::ToSchema;
use validator::Validate;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Link {
    /// Signed; works for a while.
    url: String,
}

/// A link that saves the file of a document.
#[utoipa::path(get, path = "/v1/datasets/{dataset_id}/documents/{document_id}/download",
    params(("dataset_id" = String, Path), ("document_id" = String, Path)),
    tag = "Documents", responses((status = 200, body = Link), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn link(
    caller: DatasetCaller,
    path: web::Path<(DatasetId, DocumentId)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Link>, ApiError> {
    let (dataset, document) = path.into_inner();
    Ok(web::Json(Link { url: knowledge.download_url(&caller, dataset, document).await? }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Named {
    #[schema(value_type = Vec<String>)]
    #[validate(length(min = 1, max = 100))]
    document_ids: Vec<DocumentId>,
}

/// The files of documents in one archive.
#[utoipa::path(post, path = "/v1/datasets/{dataset_id}/documents/download-zip",
    params(("dataset_id" = String, Path)), request_body = Named,
    tag = "Documents", responses((status = 200, content_type = "application/zip"), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn all(
    caller: DatasetCaller,
    dataset: web::Path<DatasetId>,
    Valid(body): Valid<Named>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let stream = knowledge.download_archive(&caller, *dataset, &body.document_ids).await?;
    Ok(archive(stream, "documents.zip"))
}
