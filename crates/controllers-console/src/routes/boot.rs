//! What is asked before anybody is signed in, and signing in.

use actix_web::web::{ServiceConfig, get, post};

use super::resource;
use crate::{boot, oauth, session};

pub(super) fn boot_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/ping").route(get().to(boot::ping)))
        .service(resource("/setup").route(get().to(boot::setup_status)).route(post().to(boot::set_up)))
        .service(resource("/init").route(get().to(boot::init_status)).route(post().to(boot::init)))
        .service(resource("/system-features").route(get().to(boot::system_features)))
        .service(resource("/features").route(get().to(boot::features)))
        .service(resource("/version").route(get().to(boot::version)))
        .service(resource("/spec/schema-definitions").route(get().to(boot::schema_definitions)))
        .service(resource("/code-based-extension").route(get().to(boot::code_extensions)));
}

pub(super) fn session_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/login").route(post().to(session::login)))
        .service(resource("/logout").route(post().to(session::logout)))
        .service(resource("/refresh-token").route(post().to(session::refresh)))
        .service(resource("/oauth/login/{provider}").route(get().to(oauth::begin)))
        .service(resource("/oauth/authorize/{provider}").route(get().to(oauth::come_back)));
}
