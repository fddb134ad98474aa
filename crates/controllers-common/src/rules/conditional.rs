//! Answers that are not sent again to whoever has them already (RFC 9110, section 13).

use actix_web::body::{self, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, ETAG, EntityTag, Header as _, HeaderValue, IF_NONE_MATCH, IfNoneMatch};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use sha2::{Digest as _, Sha256};

use super::kept::Named;

/// Only for its reader, and to be asked after each time.
const REVALIDATED: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Middleware for routes with small answers: names each answer by its content, and replies with 304 where the caller
/// names the same one.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn conditional<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<BoxBody, B>>, Error> {
    let asked = request.method() == Method::GET;
    let known = request.headers().contains_key(IF_NONE_MATCH).then(|| IfNoneMatch::parse(request.request()).ok());
    let response = next.call(request).await?;
    if !asked || response.status() != StatusCode::OK {
        return Ok(response.map_into_right_body());
    }
    let (request, response) = response.into_parts();
    let (mut head, content) = response.into_parts();
    let bytes = body::to_bytes(content).await.map_err(Into::into)?;
    let named = head.extensions().get::<Named>().map(|named| named.0.clone());
    let tag = EntityTag::new_strong(named.unwrap_or_else(|| hex::encode(Sha256::digest(&bytes))));
    let same = match known.flatten() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        None => false,
    };
    if let Ok(tag) = HeaderValue::from_str(&tag.to_string()) {
        head.headers_mut().insert(ETAG, tag);
    }
    head.headers_mut().insert(CACHE_CONTROL, REVALIDATED);
    if !same {
        return Ok(ServiceResponse::new(request, head.set_body(bytes).map_into_boxed_body()).map_into_left_body());
    }
    let mut unchanged = HttpResponse::NotModified().finish();
    for (name, value) in head.headers() {
        unchanged.headers_mut().append(name.clone(), value.clone());
    }
    unchanged.headers_mut().remove(actix_web::http::header::CONTENT_TYPE);
    Ok(ServiceResponse::new(request, unchanged).map_into_left_body())
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, web};

    use super::*;

    #[actix_web::test]
    async fn unchanged_answers_are_not_sent_again() {
        let answer = async || HttpResponse::Ok().json(serde_json::json!({"a": 1}));
        let gone = async || HttpResponse::NotFound().json(serde_json::json!({"code": "not_found"}));
        let app = init_service(
            App::new()
                .wrap(from_fn(conditional))
                .route("/", web::get().to(answer))
                .route("/", web::post().to(answer))
                .route("/gone", web::get().to(gone)),
        )
        .await;
        let first = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        let tag = first.headers().get(ETAG).unwrap().to_str().unwrap().to_owned();
        assert_eq!((first.status().as_u16(), read_body(first).await.as_ref()), (200, b"{\"a\":1}".as_slice()));
        for (known, status) in [
            (tag.clone(), 304),
            (format!("W/{tag}"), 304),
            (format!("\"other\", {tag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
            ("not a tag".to_owned(), 200),
        ] {
            let request = TestRequest::get().uri("/").insert_header((IF_NONE_MATCH, known.clone())).to_request();
            let response = call_service(&app, request).await;
            assert_eq!(response.status().as_u16(), status, "{known}");
            assert_eq!(response.headers().get(ETAG).unwrap().to_str().unwrap(), tag);
            assert_eq!(read_body(response).await.is_empty(), status == 304);
        }
        let posted = TestRequest::post().uri("/").insert_header((IF_NONE_MATCH, tag.clone())).to_request();
        assert!(!call_service(&app, posted).await.headers().contains_key(ETAG));
        let gone = call_service(&app, TestRequest::get().uri("/gone").to_request()).await;
        assert!(!gone.headers().contains_key(ETAG));
    }
}
