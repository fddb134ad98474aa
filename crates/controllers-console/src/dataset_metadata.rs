//! Fields of metadata, and the values of documents in them.

use actix_web::{HttpResponse, web};
use controllers_common::auth::ConsoleUser;
use controllers_common::dto::Success;
use controllers_common::dto::knowledge::metadata::{
    BuiltInFieldsDto, DocumentsMetadata, MetadataFieldDto, MetadataFieldsDto, NewMetadataField, RenamedMetadataField,
    switched_on,
};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Lenient;
use models::DatasetId;
use services::knowledge::Knowledge;
use uuid::Uuid;

use crate::datasets::actor;
/// List the fields of a dataset.
#[utoipa::path(get, path = "/console/api/datasets/{dataset_id}/metadata", tag = "Metadata", params(("dataset_id" = String, Path)),
    responses((status = 200, body = MetadataFieldsDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn list(
    caller: ConsoleUser,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<MetadataFieldsDto>, ApiError> {
    Ok(web::Json(knowledge.metadata_fields(&actor(&caller), *dataset).await?.into()))
}

/// Make a field.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/metadata", tag = "Metadata", params(("dataset_id" = String, Path)),
    request_body = NewMetadataField, responses((status = 201, body = MetadataFieldDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    caller: ConsoleUser,
    dataset: web::Path<DatasetId>,
    Lenient(body): Lenient<NewMetadataField>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let field = knowledge.add_metadata_field(&actor(&caller), *dataset, body.kind, &body.name).await?;
    Ok(HttpResponse::Created().json(MetadataFieldDto::from(field)))
}

/// Give a field another name; the values of documents follow.
#[utoipa::path(patch, path = "/console/api/datasets/{dataset_id}/metadata/{metadata_id}", tag = "Metadata",
    params(("dataset_id" = String, Path), ("metadata_id" = String, Path)),
    request_body = RenamedMetadataField, responses((status = 200, body = MetadataFieldDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn rename(
    caller: ConsoleUser,
    path: web::Path<(DatasetId, Uuid)>,
    Lenient(body): Lenient<RenamedMetadataField>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<MetadataFieldDto>, ApiError> {
    let (dataset, field) = path.into_inner();
    Ok(web::Json(knowledge.rename_metadata_field(&actor(&caller), dataset, field, &body.name).await?.into()))
}

/// Remove a field with the values that documents have in it.
#[utoipa::path(delete, path = "/console/api/datasets/{dataset_id}/metadata/{metadata_id}", tag = "Metadata",
    params(("dataset_id" = String, Path), ("metadata_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    caller: ConsoleUser,
    path: web::Path<(DatasetId, Uuid)>,
    knowledge: web::Data<Knowledge>,
) -> Result<HttpResponse, ApiError> {
    let (dataset, field) = path.into_inner();
    knowledge.delete_metadata_field(&actor(&caller), dataset, field).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The fields that every document can have.
#[utoipa::path(get, path = "/console/api/datasets/metadata/built-in", tag = "Metadata",
    responses((status = 200, body = BuiltInFieldsDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn built_in(_caller: ConsoleUser) -> web::Json<BuiltInFieldsDto> {
    std::future::ready(web::Json(BuiltInFieldsDto::all())).await
}

/// Write the built-in values into the documents of a dataset (`enable`), or take them out (`disable`).
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/metadata/built-in/{action}", tag = "Metadata",
    params(("dataset_id" = String, Path), ("action" = String, Path)),
    responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn switch_built_in(
    caller: ConsoleUser,
    path: web::Path<(DatasetId, String)>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    let (dataset, action) = path.into_inner();
    knowledge.set_built_in_fields(&actor(&caller), dataset, switched_on(&action)?).await?;
    Ok(web::Json(Success::new()))
}

/// Write values of documents: in the place of what they had, or beside it.
#[utoipa::path(post, path = "/console/api/datasets/{dataset_id}/documents/metadata", tag = "Metadata", params(("dataset_id" = String, Path)),
    request_body = DocumentsMetadata, responses((status = 200, body = Success), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn change_values(
    caller: ConsoleUser,
    dataset: web::Path<DatasetId>,
    Lenient(body): Lenient<DocumentsMetadata>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Success>, ApiError> {
    knowledge.change_metadata(&actor(&caller), *dataset, body.changes()?).await?;
    Ok(web::Json(Success::new()))
}
