//! `Idempotency-Key` on the routes of the Console: every POST of somebody who is signed in, but for those below.
//!
//! What a route answered is kept for a day, and a hash of what it was asked. So whatever tells a secret, or is told one that
//! can be guessed, is left out: a key on it changes nothing.

use std::collections::HashSet;
use std::sync::LazyLock;

use actix_web::Error;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use controllers_common::idempotency::idempotent;

use crate::rights::without_expressions;
use crate::routes::PREFIX;

/// Paths below the prefix whose POST is done anew each time.
pub(crate) const LEFT_OUT: &[&str] = &[
    // Keys and secrets, told once.
    "/apps/{app_id}/api-keys",
    "/apps/{app_id}/call-rules/signing-secret",
    "/datasets/api-keys",
    "/datasets/{dataset_id}/api-keys",
    // Addresses that let in whoever knows them.
    "/apps/{app_id}/server",
    "/apps/{app_id}/site",
    "/apps/{app_id}/site/access-token-reset",
    "/workspaces/current/members/invite-email",
    // Tokens of steps that prove who somebody is, and codes.
    "/account/change-email",
    "/account/change-email/reset",
    "/account/change-email/validity",
    "/account/delete",
    "/workspaces/current/members/owner-transfer-check",
    "/workspaces/current/members/send-owner-transfer-confirm-email",
    "/workspaces/current/members/{member_id}/owner-transfer",
    // Passwords.
    "/account/password",
    // Only read: an archive that is made again each time.
    "/datasets/{dataset_id}/documents/download-zip",
];

static PATTERNS: LazyLock<HashSet<String>> =
    LazyLock::new(|| LEFT_OUT.iter().map(|path| format!("{PREFIX}{path}")).collect());

/// Middleware of the whole scope, within the gate, so that a replay needs the same rights as the work.
pub(crate) async fn once<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let pattern = request.match_pattern().map(|pattern| without_expressions(&pattern));
    // What is at no route does nothing.
    if pattern.is_none_or(|pattern| PATTERNS.contains(&pattern)) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    idempotent(request, next).await
}

#[cfg(test)]
mod tests;
