//! Large answers go out compressed where the caller takes that. Streams never do: an encoder would hold their frames
//! back.

use actix_http::encoding::Encoder;
use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AcceptEncoding, CONTENT_TYPE, Encoding, Header as _, HeaderMap, HeaderValue, VARY};
use actix_web::middleware::Next;
use actix_web::{Error, web};

/// Shorter answers fit into one packet anyway.
const WORTH_IT: u64 = 1024;
/// In order of preference.
const OFFERED: [Encoding; 2] = [Encoding::brotli(), Encoding::gzip()];

/// Whether answers of this server are compressed at all.
#[derive(Debug, Clone, Copy)]
pub struct Compressed(pub bool);

/// Middleware that compresses.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn compress<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<Encoder<B>, B>>, Error> {
    let switched_on = request.app_data::<web::Data<Compressed>>().is_some_and(|compressed| compressed.0);
    let accepted = if switched_on { AcceptEncoding::parse(request.request()).ok() } else { None };
    let response = next.call(request).await?;
    let chosen = accepted.and_then(|accepted| accepted.negotiate(OFFERED.iter()));
    let chosen = chosen.filter(|encoding| *encoding != Encoding::identity());
    let (Some(Encoding::Known(encoding)), true) = (chosen, is_worth_it(&response)) else {
        return Ok(response.map_into_right_body());
    };
    Ok(response
        .map_body(|head, body| {
            head.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
            Encoder::response(encoding, head, body)
        })
        .map_into_left_body())
}

fn is_worth_it<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    matches!(response.response().body().size(), BodySize::Sized(size) if size >= WORTH_IT)
        && is_text(response.headers())
}

/// Media that is not compressed already.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") && kind != "text/event-stream"
        || matches!(kind, "application/json" | "application/javascript" | "application/x-yaml" | "image/svg+xml")
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, HttpResponse};
    use bytes::Bytes;

    use super::*;

    #[actix_web::test]
    async fn large_text_alone_is_compressed() {
        let of = |kind: &'static str, size: usize| {
            web::get().to(move || async move { HttpResponse::Ok().content_type(kind).body("a".repeat(size)) })
        };
        let stream = async || {
            let frames = futures::stream::iter([Ok::<_, Error>(Bytes::from(vec![b'a'; 5000]))]);
            HttpResponse::Ok().content_type("text/event-stream").streaming(frames)
        };
        let app = |on: bool| {
            App::new()
                .app_data(web::Data::new(Compressed(on)))
                .wrap(from_fn(compress))
                .route("/large", of("application/json", 5000))
                .route("/small", of("application/json", 100))
                .route("/picture", of("image/png", 5000))
                .route("/stream", web::get().to(stream))
        };
        let (on, off) = (init_service(app(true)).await, init_service(app(false)).await);
        for (path, accepted, expected) in [
            ("/large", "gzip, br", Some("br")),
            ("/large", "gzip", Some("gzip")),
            ("/large", "identity", None),
            ("/large", "br;q=0, gzip;q=0", None),
            ("/small", "gzip", None),
            ("/picture", "gzip", None),
            ("/stream", "gzip, br", None),
        ] {
            let request = || TestRequest::get().uri(path).insert_header(("accept-encoding", accepted)).to_request();
            let response = call_service(&on, request()).await;
            let encoding = response.headers().get("content-encoding").map(|v| v.to_str().unwrap().to_owned());
            assert_eq!(encoding.as_deref(), expected, "{path} {accepted}");
            assert_eq!(response.headers().contains_key(VARY), expected.is_some());
            let length = read_body(response).await.len();
            assert_eq!(length < 100, expected.is_some(), "{path}: {length}");
            let plain = call_service(&off, request()).await;
            assert!(!plain.headers().contains_key("content-encoding"));
        }
    }
}
