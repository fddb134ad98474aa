//! Tags on apps and datasets.

use actix_web::{HttpResponse, web};
use controllers_common::auth::{ConsoleUser, DatasetEditor, Editor};
use controllers_common::error::ApiError;
use controllers_common::valid::{Lenient, ValidQuery};
use models::tag::{Tag, TagType};
use serde::{Deserialize, Serialize};
use services::tags::{TagTarget, Tags};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::answers::{SUCCESS, Success};

/// How often a tag is used: text in lists and a number elsewhere.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Count {
    Text(String),
    Number(i64),
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagDto {
    id: String,
    name: String,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: TagType,
    binding_count: Count,
}

impl TagDto {
    fn new(tag: Tag, binding_count: Count) -> Self {
        Self { id: tag.id.to_string(), name: tag.name, kind: tag.kind, binding_count }
    }
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TagQuery {
    /// `app` or `knowledge`.
    #[serde(rename = "type", default = "knowledge")]
    #[param(value_type = String)]
    kind: TagType,
    keyword: Option<String>,
}

fn knowledge() -> TagType {
    TagType::Knowledge
}

/// The tags of the workspace.
#[utoipa::path(get, path = "/console/api/tags", params(TagQuery), responses((status = 200, body = Vec<TagDto>)))]
pub(crate) async fn list(
    user: ConsoleUser,
    ValidQuery(query): ValidQuery<TagQuery>,
    tags: web::Data<Tags>,
) -> Result<web::Json<Vec<TagDto>>, ApiError> {
    let keyword = query.keyword.as_deref().filter(|k| !k.is_empty());
    let found = tags.list(user.tenant_id(), query.kind, keyword).await?;
    Ok(web::Json(found.into_iter().map(|(tag, used)| TagDto::new(tag, Count::Text(used.to_string()))).collect()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct CreateTag {
    #[validate(length(min = 1, max = 50))]
    name: String,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: TagType,
}

/// Makes a tag.
#[utoipa::path(post, path = "/console/api/tags", request_body = CreateTag, responses((status = 200, body = TagDto)))]
pub(crate) async fn create(
    user: DatasetEditor,
    Lenient(body): Lenient<CreateTag>,
    tags: web::Data<Tags>,
) -> Result<web::Json<TagDto>, ApiError> {
    let tag = tags.create(user.tenant_id(), user.account_id(), body.kind, &body.name).await?;
    Ok(web::Json(TagDto::new(tag, Count::Number(0))))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct RenameTag {
    #[validate(length(min = 1, max = 50))]
    name: String,
}

/// Renames a tag.
#[utoipa::path(patch, path = "/console/api/tags/{tag_id}", request_body = RenameTag, responses((status = 200, body = TagDto)))]
pub(crate) async fn rename(
    user: DatasetEditor,
    tag: web::Path<Uuid>,
    Lenient(body): Lenient<RenameTag>,
    tags: web::Data<Tags>,
) -> Result<web::Json<TagDto>, ApiError> {
    let (tag, used) = tags.rename(user.tenant_id(), *tag, &body.name).await?;
    Ok(web::Json(TagDto::new(tag, Count::Number(used))))
}

/// Removes a tag.
#[utoipa::path(delete, path = "/console/api/tags/{tag_id}", responses((status = 204)))]
pub(crate) async fn delete(
    user: Editor,
    tag: web::Path<Uuid>,
    tags: web::Data<Tags>,
) -> Result<HttpResponse, ApiError> {
    tags.delete(user.tenant_id(), *tag).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Bind {
    #[validate(length(min = 1))]
    tag_ids: Vec<Uuid>,
    target_id: Uuid,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: TagType,
}

/// Puts tags on an app or a dataset.
#[utoipa::path(post, path = "/console/api/tag-bindings/create", request_body = Bind, responses((status = 200, body = Success)))]
pub(crate) async fn bind(
    user: DatasetEditor,
    Lenient(body): Lenient<Bind>,
    tags: web::Data<Tags>,
) -> Result<web::Json<Success>, ApiError> {
    let target = TagTarget { kind: body.kind, id: body.target_id };
    tags.bind(user.tenant_id(), user.account_id(), &body.tag_ids, target).await?;
    Ok(web::Json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct Unbind {
    tag_id: Uuid,
    target_id: Uuid,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: TagType,
}

/// Takes a tag off an app or a dataset.
#[utoipa::path(post, path = "/console/api/tag-bindings/remove", request_body = Unbind, responses((status = 200, body = Success)))]
pub(crate) async fn unbind(
    user: DatasetEditor,
    Lenient(body): Lenient<Unbind>,
    tags: web::Data<Tags>,
) -> Result<web::Json<Success>, ApiError> {
    let target = TagTarget { kind: body.kind, id: body.target_id };
    tags.unbind(user.tenant_id(), body.tag_id, target).await?;
    Ok(web::Json(SUCCESS))
}
