//! The description of this tier, made from its handlers.

use utoipa::OpenApi;

use crate::{mail, workspace};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ferrify internal API",
        description = "For other programs of the same installation.",
        license(name = "Apache-2.0")
    ),
    paths(workspace::create, workspace::create_ownerless, mail::enterprise, mail::billing)
)]
struct Description;

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
