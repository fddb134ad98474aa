//! Every route of this tier.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, post, scope};
use controllers_common::envelope::{envelope, no_such_route, path_config};
use controllers_common::rules::time_limits::{Tier, timed};

use crate::enterprise::enterprise_only;
use crate::{mail, workspace};

pub const PREFIX: &str = "/inner/api";

/// Mounts everything under [`PREFIX`].
pub fn configure(cfg: &mut ServiceConfig) {
    let enterprise = scope("/enterprise")
        .wrap(from_fn(enterprise_only))
        .service(timed("/workspace").route(post().to(workspace::create)))
        .service(timed("/workspace/ownerless").route(post().to(workspace::create_ownerless)))
        .service(timed("/mail").route(post().to(mail::enterprise)));
    let billing =
        scope("/billing").wrap(from_fn(enterprise_only)).service(timed("/mail").route(post().to(mail::billing)));
    let scope = scope(PREFIX)
        .wrap(from_fn(envelope))
        .app_data(path_config())
        .app_data(Tier::Inner)
        .service(enterprise)
        .service(billing)
        .default_service(web::to(no_such_route));
    cfg.service(scope);
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use actix_web::web::Data;
    use config::{AuthSettings, Environment};
    use serde_json::Value;

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Data<AuthSettings> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Data::new(config::Settings::read(&Environment::of_pairs(pairs)).unwrap().auth)
    }

    #[actix_web::test]
    async fn the_key_is_checked_first() {
        let on = || settings(&[("INNER_API", "true"), ("INNER_API_KEY", "right")]);
        let off = || settings(&[("INNER_API_KEY", "right")]);
        for (settings, key, status, code) in [
            (off(), Some("right"), 404, "not_found"),
            (on(), None, 401, "unauthorized"),
            (on(), Some("wrong"), 401, "unauthorized"),
            (on(), Some("righ"), 401, "unauthorized"),
            // Without services nobody can say whether the installation is set up.
            (on(), Some("right"), 500, "internal_server_error"),
        ] {
            let app = init_service(App::new().app_data(settings).configure(configure)).await;
            for path in ["enterprise/workspace", "enterprise/workspace/ownerless", "enterprise/mail", "billing/mail"] {
                let mut request = TestRequest::post().uri(&format!("/inner/api/{path}"));
                if let Some(key) = key {
                    request = request.insert_header(("X-Inner-Api-Key", key));
                }
                let response = call_service(&app, request.to_request()).await;
                assert_eq!(response.status().as_u16(), status, "{path} {key:?}");
                let body: Value = read_body_json(response).await;
                assert_eq!(body["code"], code, "{path} {key:?}");
            }
        }
    }

    #[actix_web::test]
    async fn plugins_have_nothing_to_call_back() {
        let app = init_service(App::new().configure(configure)).await;
        for path in ["/invoke/llm", "/upload/file/request", "/fetch/app/info", "/enterprise/workspace"] {
            let request = TestRequest::post().uri(&format!("{PREFIX}{path}")).to_request();
            let response = call_service(&app, request).await;
            assert_eq!(response.status().as_u16(), 404, "{path}");
            let body: Value = read_body_json(response).await;
            assert_eq!(body["code"], "not_found", "{path}");
        }
    }
}
