//! The description of this tier, made from its handlers.

use utoipa::OpenApi;

use crate::{logo, preview};

#[derive(OpenApi)]
#[openapi(
    info(title = "Ferrify Files", description = "Stored files.", license(name = "Apache-2.0")),
    paths(preview::file, preview::image, preview::tool_file, logo::show)
)]
struct Description;

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
