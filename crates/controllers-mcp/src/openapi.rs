//! The description of this tier, made from its handlers.

use utoipa::OpenApi;

use crate::server;

#[derive(OpenApi)]
#[openapi(
    info(title = "Ferrify MCP", description = "Apps as tools of other programs.", license(name = "Apache-2.0")),
    paths(server::answer)
)]
struct Description;

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
