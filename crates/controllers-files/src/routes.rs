//! Every route of this tier.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, get, scope};
use controllers_common::cors::Cors;
use controllers_common::envelope::{envelope, no_such_route, path_config};
use controllers_common::rules::time_limits::{Tier, timed};

use crate::{logo, preview};

pub const PREFIX: &str = "/files";

/// Mounts everything under [`PREFIX`].
pub fn configure(cfg: &mut ServiceConfig, cors: Cors) {
    let scope = scope(PREFIX)
        .wrap(from_fn(envelope))
        .wrap(cors)
        .app_data(path_config())
        .app_data(Tier::Files)
        .service(timed("/workspaces/{tenant_id}/webapp-logo").route(get().to(logo::show)))
        .service(timed("/tools/{file}").route(get().to(preview::tool_file)))
        .service(timed("/{id}/file-preview").route(get().to(preview::file)))
        .service(timed("/{id}/image-preview").route(get().to(preview::image)))
        .default_service(web::to(no_such_route));
    cfg.service(scope);
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use serde_json::Value;

    use super::*;

    #[actix_web::test]
    async fn only_ids_name_files() {
        let app = init_service(App::new().configure(|cfg| configure(cfg, Cors::with_keys()))).await;
        for uri in ["/files/none/file-preview", "/files/workspaces/none/webapp-logo", "/files/none"] {
            let response = call_service(&app, TestRequest::get().uri(uri).to_request()).await;
            assert_eq!(response.status().as_u16(), 404, "{uri}");
            let body: Value = read_body_json(response).await;
            assert_eq!(body["code"], "not_found", "{uri}");
        }
    }

    #[actix_web::test]
    async fn a_link_must_be_signed() {
        let app = init_service(App::new().configure(|cfg| configure(cfg, Cors::with_keys()))).await;
        for kind in ["file-preview", "image-preview"] {
            let uri = format!("/files/7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a/{kind}?timestamp=1&nonce=0");
            let response = call_service(&app, TestRequest::get().uri(&uri).to_request()).await;
            assert_eq!(response.status().as_u16(), 400, "{uri}");
            let body: Value = read_body_json(response).await;
            assert_eq!(body["code"], "invalid_param", "{uri}");
        }
    }
}
