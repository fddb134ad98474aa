//! Every route of this tier: one. No page calls it, so there are no CORS headers.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, post, scope};
use controllers_common::envelope::{envelope, no_such_route, path_config};
use controllers_common::rules::time_limits::{Tier, timed};

use crate::server;

pub const PREFIX: &str = "/mcp";

/// Mounts everything under [`PREFIX`].
pub fn configure(cfg: &mut ServiceConfig) {
    let scope = scope(PREFIX)
        .wrap(from_fn(envelope))
        .app_data(path_config())
        .app_data(Tier::Mcp)
        .service(timed("/server/{server_code}/mcp").route(post().to(server::answer)))
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
    async fn there_are_no_streams_and_no_sessions() {
        let app = init_service(App::new().configure(configure)).await;
        for (request, status, code) in [
            (TestRequest::get().uri("/mcp/server/x/mcp"), 405, "method_not_allowed"),
            (TestRequest::delete().uri("/mcp/server/x/mcp"), 405, "method_not_allowed"),
            (TestRequest::post().uri("/mcp/server/x"), 404, "not_found"),
        ] {
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), status);
            assert!(!response.headers().contains_key("access-control-allow-origin"));
            let body: Value = read_body_json(response).await;
            assert_eq!(body["code"], code);
        }
    }
}
