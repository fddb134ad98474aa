//! Every route of this tier.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, get, resource, scope};
use controllers_common::envelope::{envelope, no_such_route, path_config};

use crate::{logo, preview};

pub const PREFIX: &str = "/files";

/// Mounts everything under [`PREFIX`].
pub fn configure(cfg: &mut ServiceConfig) {
    let scope = scope(PREFIX)
        .wrap(from_fn(envelope))
        .app_data(path_config())
        .service(resource("/workspaces/{tenant_id}/webapp-logo").route(get().to(logo::show)))
        .service(resource("/{id}/file-preview").route(get().to(preview::file)))
        .service(resource("/{id}/image-preview").route(get().to(preview::image)))
        .default_service(web::to(no_such_route));
    cfg.service(scope);
}
