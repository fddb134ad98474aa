//! Answers about an app that are remembered beside it, so that giving them again costs neither a statement nor a hash.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use serde::Serialize;
use services::directory::{KeptAnswer, LiveApp};

use crate::error::ApiError;

/// Mark on an answer whose content has been named already.
#[derive(Debug, Clone)]
pub(super) struct Named(pub(super) String);

/// An answer that was given before; `None` since the app was loaded.
pub fn known(app: &LiveApp, about: &'static str) -> Option<HttpResponse> {
    app.answers.get(about).map(told)
}

/// Gives an answer, and remembers it for as long as the app is remembered.
///
/// # Errors
/// When it cannot be serialised.
pub fn keep(app: &LiveApp, about: &'static str, answer: &impl Serialize) -> Result<HttpResponse, ApiError> {
    let body = serde_json::to_vec(answer).map_err(|error| ApiError::internal(&error))?;
    Ok(told(app.answers.keep(about, body.into())))
}

fn told(KeptAnswer { body, tag }: KeptAnswer) -> HttpResponse {
    let mut response = HttpResponse::Ok().insert_header(ContentType::json()).body(body);
    response.extensions_mut().insert(Named(tag));
    response
}
