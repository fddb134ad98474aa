//! What a request waited for, told to its caller (W3C Server Timing).

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use server_timing::{Account, measured};

pub(crate) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Whether callers are told; app data of a server. It shows outsiders how a system is built and how busy it is, so that
/// operators have to want it.
#[derive(Debug, Clone, Copy)]
pub struct TellsTimes(pub bool);

/// Middleware: tells how long the answer waited for the database, for Redis and for upstreams. A stream has the times
/// until its first byte.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn tell_times<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    if !request.app_data::<web::Data<TellsTimes>>().is_some_and(|tells| tells.0) {
        return next.call(request).await;
    }
    let begun = Instant::now();
    let account = Account::default();
    let mut response = measured(account.clone(), next.call(request)).await?;
    if let Ok(times) = HeaderValue::from_str(&account.header(begun.elapsed())) {
        response.headers_mut().insert(SERVER_TIMING, times);
    }
    Ok(response)
}
