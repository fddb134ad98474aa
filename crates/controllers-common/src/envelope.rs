//! Faults that no handler saw, in the contract's shape: unknown paths, wrong methods, unreadable path parts.

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};

use crate::error::ApiError;

const NOT_FOUND: &str = "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.";
const WRONG_METHOD: &str = "The method is not allowed for the requested URL.";

/// Path parts that cannot be read, such as an id that is none: there is no such route.
pub fn path_config() -> web::PathConfig {
    web::PathConfig::default().error_handler(|_unreadable, _request| ApiError::not_found(NOT_FOUND).into())
}

/// Answers what no route takes.
///
/// # Errors
/// Always.
pub async fn no_such_route() -> Result<actix_web::HttpResponse, ApiError> {
    std::future::ready(Err(ApiError::not_found(NOT_FOUND))).await
}

/// Answers a method that no route of a path takes.
pub fn no_such_method() -> ApiError {
    bare(StatusCode::METHOD_NOT_ALLOWED)
}

/// Middleware: gives an empty error answer of the framework its body.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn envelope<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let is_bare = response.response().body().size() == BodySize::Sized(0)
        && !response.headers().contains_key(header::CONTENT_TYPE);
    if !(status.is_client_error() || status.is_server_error()) || !is_bare {
        return Ok(response.map_into_left_body());
    }
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut fault = bare(status).error_response();
    if let Some(allow) = allow {
        fault.headers_mut().insert(header::ALLOW, allow);
    }
    let (request, _bare) = response.into_parts();
    Ok(ServiceResponse::new(request, fault).map_into_right_body())
}

fn bare(status: StatusCode) -> ApiError {
    match status {
        StatusCode::NOT_FOUND => ApiError::not_found(NOT_FOUND),
        StatusCode::METHOD_NOT_ALLOWED => ApiError::new(status, "method_not_allowed", WRONG_METHOD),
        other => {
            let reason = other.canonical_reason().unwrap_or("Error");
            ApiError::new(other, reason.to_ascii_lowercase().replace(' ', "_"), reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use actix_web::{App, HttpResponse};
    use serde_json::Value;

    use super::*;

    #[actix_web::test]
    async fn faults_of_the_framework_have_the_shape() {
        let number = async |_: web::Path<u32>| HttpResponse::Ok().finish();
        let app = App::new()
            .wrap(from_fn(envelope))
            .app_data(path_config())
            .default_service(web::to(no_such_route))
            .service(web::resource("/{number}").route(web::get().to(number)));
        let app = init_service(app).await;
        for (request, status, code) in [
            (TestRequest::get().uri("/none/such"), 404, "not_found"),
            (TestRequest::get().uri("/x"), 404, "not_found"),
            (TestRequest::post().uri("/1"), 405, "method_not_allowed"),
        ] {
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), status);
            let body: Value = read_body_json(response).await;
            assert_eq!((&body["code"], &body["status"]), (&Value::from(code), &Value::from(status)));
        }
    }
}
