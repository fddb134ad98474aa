//! Tags on datasets.

use actix_web::{HttpResponse, web};
use controllers_common::dataset_token::DatasetCaller;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use models::DatasetId;
use models::tag::{Tag, TagType};
use serde::{Deserialize, Serialize};
use services::knowledge::Knowledge;
use services::tags::{TagTarget, Tags};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagDto {
    id: Uuid,
    name: String,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: TagType,
    /// A number, as text.
    binding_count: Option<String>,
}

impl TagDto {
    fn new(tag: Tag, used: i64) -> Self {
        Self { id: tag.id, name: tag.name, kind: tag.kind, binding_count: Some(used.to_string()) }
    }
}

/// List the tags for datasets.
#[utoipa::path(get, path = "/v1/datasets/tags", tag = "Tags", responses((status = 200, body = Vec<TagDto>)))]
pub(crate) async fn list(caller: DatasetCaller, tags: web::Data<Tags>) -> Result<web::Json<Vec<TagDto>>, ApiError> {
    let found = tags.list(caller.tenant, TagType::Knowledge, None).await?;
    Ok(web::Json(found.into_iter().map(|(tag, used)| TagDto::new(tag, used)).collect()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewTag {
    #[validate(length(min = 1, max = 50))]
    name: String,
}

/// Make a tag.
#[utoipa::path(post, path = "/v1/datasets/tags", tag = "Tags", request_body = NewTag,
    responses((status = 200, body = TagDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn create(
    caller: DatasetCaller,
    Valid(body): Valid<NewTag>,
    tags: web::Data<Tags>,
) -> Result<web::Json<TagDto>, ApiError> {
    let tag = tags.create(caller.tenant, caller.account, TagType::Knowledge, &body.name).await?;
    Ok(web::Json(TagDto::new(tag, 0)))
}

/// An id that is none belongs to no tag.
fn tag_id(text: &str) -> Result<Uuid, ApiError> {
    text.parse().map_err(|_unreadable| ApiError::not_found("Tag not found"))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RenameTag {
    #[validate(length(min = 1, max = 50))]
    name: String,
    tag_id: String,
}

/// Rename a tag.
#[utoipa::path(patch, path = "/v1/datasets/tags", tag = "Tags", request_body = RenameTag,
    responses((status = 200, body = TagDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn rename(
    caller: DatasetCaller,
    Valid(body): Valid<RenameTag>,
    tags: web::Data<Tags>,
) -> Result<web::Json<TagDto>, ApiError> {
    let (tag, used) = tags.rename(caller.tenant, tag_id(&body.tag_id)?, &body.name).await?;
    Ok(web::Json(TagDto::new(tag, used)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct OldTag {
    tag_id: String,
}

/// Remove a tag.
#[utoipa::path(delete, path = "/v1/datasets/tags", tag = "Tags", request_body = OldTag,
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn delete(
    caller: DatasetCaller,
    Valid(body): Valid<OldTag>,
    tags: web::Data<Tags>,
) -> Result<HttpResponse, ApiError> {
    tags.delete(caller.tenant, tag_id(&body.tag_id)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn target(text: &str) -> Result<TagTarget, ApiError> {
    let id = text.parse().map_err(|_unreadable| ApiError::not_found("Dataset not found"))?;
    Ok(TagTarget { kind: TagType::Knowledge, id })
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Bind {
    #[validate(length(min = 1))]
    tag_ids: Vec<String>,
    target_id: String,
}

/// Put tags on a dataset.
#[utoipa::path(post, path = "/v1/datasets/tags/binding", tag = "Tags", request_body = Bind,
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn bind(
    caller: DatasetCaller,
    Valid(body): Valid<Bind>,
    tags: web::Data<Tags>,
) -> Result<HttpResponse, ApiError> {
    let ids = body.tag_ids.iter().map(|id| tag_id(id)).collect::<Result<Vec<_>, _>>()?;
    tags.bind(caller.tenant, caller.account, &ids, target(&body.target_id)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Unbind {
    tag_id: Option<String>,
    tag_ids: Option<Vec<String>>,
    target_id: String,
}

/// Take tags off a dataset.
#[utoipa::path(post, path = "/v1/datasets/tags/unbinding", tag = "Tags", request_body = Unbind,
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn unbind(
    caller: DatasetCaller,
    Valid(body): Valid<Unbind>,
    tags: web::Data<Tags>,
) -> Result<HttpResponse, ApiError> {
    let ids: Vec<String> = body.tag_id.into_iter().chain(body.tag_ids.unwrap_or_default()).collect();
    let target = target(&body.target_id)?;
    if ids.is_empty() {
        return Err(ApiError::invalid_field("tag_id", "tag_id is required"));
    }
    for id in &ids {
        tags.unbind(caller.tenant, tag_id(id)?, target).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagsOf {
    data: Vec<TagOf>,
    total: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagOf {
    id: Uuid,
    name: String,
}

/// List the tags on a dataset.
#[utoipa::path(get, path = "/v1/datasets/{dataset_id}/tags", params(("dataset_id" = String, Path)), tag = "Tags",
    responses((status = 200, body = TagsOf), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn of_dataset(
    caller: DatasetCaller,
    dataset: web::Path<DatasetId>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<TagsOf>, ApiError> {
    let tags = knowledge.dataset(&caller, *dataset).await?.tags;
    let data: Vec<TagOf> = tags.into_iter().map(|tag| TagOf { id: tag.id, name: tag.name }).collect();
    Ok(web::Json(TagsOf { total: data.len(), data }))
}
