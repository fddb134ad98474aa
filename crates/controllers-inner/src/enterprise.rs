//! Who may manage the installation from outside: whoever holds its inner key.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, ResponseError, web};
use config::AuthSettings;
use controllers_common::auth::SetUp;
use controllers_common::envelope::no_such_route;
use controllers_common::error::ApiError;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

const KEY_HEADER: &str = "X-Inner-Api-Key";

/// Middleware: proves the key before anything else is read, then that the installation is set up. Without a configured
/// key there is nothing here.
pub(crate) async fn enterprise_only<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match check(&request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(refusal) => Ok(request.into_response(refusal.error_response()).map_into_right_body()),
    }
}

async fn check(request: &ServiceRequest) -> Result<(), ApiError> {
    let settings = request.app_data::<web::Data<AuthSettings>>();
    let Some(key) = settings.and_then(|settings| settings.inner_api_key.as_ref()) else {
        return no_such_route().await.map(drop);
    };
    let shown = request.headers().get(KEY_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    if !bool::from(shown.ct_eq(key.expose_secret().as_bytes())) {
        return Err(ApiError::unauthorized("API key is invalid."));
    }
    SetUp::extract(request.request()).await.map(drop)
}
