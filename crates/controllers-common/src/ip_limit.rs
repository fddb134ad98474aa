//! A token bucket per client address, in front of everything a tier serves.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use rate_limit::{Demand, RateLimits, Rejection};

use crate::client_address::client_address;
use crate::cors::{Cors, is_preflight};
use crate::error::ApiError;

/// How fast one address may ask; a rate of zero means no limit, and then nothing is asked of Redis.
#[derive(Clone)]
pub struct IpLimit {
    pub limits: RateLimits,
    pub per_second: f64,
    pub burst: u32,
    /// What browsers are told with a refusal, by the prefix of the path.
    pub cors: Vec<(&'static str, Cors)>,
}

impl IpLimit {
    fn cors_of(&self, path: &str) -> Option<&Cors> {
        let below =
            |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.cors.iter().find(|(prefix, _)| below(prefix)).map(|(_, cors)| cors)
    }
}

/// Middleware: refuses what comes too fast.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn limit_address<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let limit = request.app_data::<web::Data<IpLimit>>().filter(|limit| limit.per_second > 0.0).cloned();
    // A browser that cannot ask would take the refusal for a broken network.
    let limit = limit.filter(|_| !is_preflight(&request));
    let (Some(limit), Some(address)) = (limit, client_address(request.request())) else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let demand =
        Demand::TokenBucket { scope: format!("ip:{address}"), rate_per_second: limit.per_second, burst: limit.burst };
    let refused = match limit.limits.admit(&[demand]).await {
        Ok(_permit) => return next.call(request).await.map(ServiceResponse::map_into_left_body),
        Err(Rejection::Limited { retry_after, .. }) => too_many().retry_after(retry_after),
        Err(Rejection::Unavailable) => too_many().retry_after(std::time::Duration::from_secs(1)),
    };
    let (request, _payload) = request.into_parts();
    let mut refused = refused.error_response();
    if let Some(cors) = limit.cors_of(request.path()) {
        cors.mark(request.headers().get(header::ORIGIN), refused.headers_mut());
    }
    Ok(ServiceResponse::new(request, refused).map_into_right_body())
}

fn too_many() -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        "Too many requests from this address. Please try again later.",
    )
}
