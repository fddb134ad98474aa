//! A person's own account, and what goes by mail.

use actix_web::web::{ServiceConfig, get, post};

use super::resource;
use crate::{
    account, account_deletion, code_login, email_change, invitations, owner_transfer, password_reset, registration,
};

pub(super) fn account_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/account/profile").route(get().to(account::profile)))
        .service(resource("/account/init").route(post().to(account::init)))
        .service(resource("/account/name").route(post().to(account::set_name)))
        .service(resource("/account/avatar").route(post().to(account::set_avatar)))
        .service(resource("/account/interface-language").route(post().to(account::set_language)))
        .service(resource("/account/interface-theme").route(post().to(account::set_theme)))
        .service(resource("/account/timezone").route(post().to(account::set_timezone)))
        .service(resource("/account/password").route(post().to(account::set_password)))
        .service(resource("/account/integrates").route(get().to(account::integrations)));
}

/// What goes by mail. Before the members: their ids would swallow some of these names.
pub(super) fn mailed_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/forgot-password").route(post().to(password_reset::ask)))
        .service(resource("/reset-password").route(post().to(password_reset::ask_alias)))
        .service(resource("/forgot-password/validity").route(post().to(password_reset::prove)))
        .service(resource("/forgot-password/resets").route(post().to(password_reset::reset)))
        .service(resource("/email-code-login").route(post().to(code_login::ask)))
        .service(resource("/email-code-login/validity").route(post().to(code_login::sign_in)))
        .service(resource("/email-register/send-email").route(post().to(registration::ask)))
        .service(resource("/email-register/validity").route(post().to(registration::prove)))
        .service(resource("/email-register").route(post().to(registration::register)))
        .service(resource("/workspaces/current/members/invite-email").route(post().to(invitations::invite)))
        .service(resource("/activate/check").route(get().to(invitations::check)))
        .service(resource("/activate").route(post().to(invitations::activate)))
        .service(resource("/account/change-email").route(post().to(email_change::ask)))
        .service(resource("/account/change-email/validity").route(post().to(email_change::prove)))
        .service(resource("/account/change-email/reset").route(post().to(email_change::change)))
        .service(resource("/account/change-email/check-email-unique").route(post().to(email_change::check_unused)))
        .service(
            resource("/workspaces/current/members/send-owner-transfer-confirm-email")
                .route(post().to(owner_transfer::ask)),
        )
        .service(resource("/workspaces/current/members/owner-transfer-check").route(post().to(owner_transfer::prove)))
        .service(
            resource("/workspaces/current/members/{member_id}/owner-transfer")
                .route(post().to(owner_transfer::transfer)),
        )
        .service(resource("/account/delete/verify").route(get().to(account_deletion::ask)))
        .service(resource("/account/delete").route(post().to(account_deletion::delete)))
        .service(resource("/account/delete/feedback").route(post().to(account_deletion::feedback)));
}
