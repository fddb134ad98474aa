//! How long a request may take until its answer begins, and its body until it has come.
//!
//! What [asks a model](AsksModel) is left alone: runs have limits of their own. So are streams, whose answer has begun, and requests with
//! an `Idempotency-Key`, which may wait for another one. The rule stands at each resource, inside of what marks answers for
//! browsers, so that refusals are marked, too.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Bytes, Data};
use actix_web::{Error, HttpMessage as _, Resource, ResponseError};
use config::TimeLimitSettings;
use futures::{Stream, StreamExt as _};
use tokio::time::{Instant, Sleep};

use crate::error::ApiError;

/// Whose times apply: data of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    Console,
    Service,
    Web,
    Files,
    Mcp,
    Inner,
}

impl Tier {
    const fn name(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Service => "service",
            Self::Web => "web",
            Self::Files => "files",
            Self::Mcp => "mcp",
            Self::Inner => "inner",
        }
    }
}

/// Mark on resources that ask a model, which takes as long as it takes: data of a resource.
#[derive(Debug, Clone, Copy)]
pub struct AsksModel;

/// Between two pieces of a body.
const MOST_IDLE: Duration = Duration::from_secs(30);
/// For what is not limited: longer than any process lives.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What applies to one request.
struct Limits {
    tier: Tier,
    request: Option<Duration>,
    body: Option<Duration>,
}

impl Limits {
    fn of(settings: &TimeLimitSettings, tier: Tier, request: &ServiceRequest) -> Self {
        let limit = match tier {
            Tier::Console => settings.console,
            Tier::Service => settings.service,
            Tier::Web => settings.web,
            Tier::Files => settings.files,
            Tier::Mcp => None,
            Tier::Inner => settings.inner,
        };
        let declared =
            request.headers().get(header::CONTENT_TYPE).map(header::HeaderValue::as_bytes).unwrap_or_default();
        let is_form = declared.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"));
        let (limit, body) = if is_form { (settings.upload, settings.upload) } else { (limit, settings.body) };
        let has_key = request.method() == Method::POST && request.headers().contains_key("idempotency-key");
        let asks = request.app_data::<AsksModel>().is_some();
        Self { tier, request: limit.filter(|_| !asks && !has_key), body }
    }
}

/// A resource whose requests have their time.
pub fn timed(
    path: &str,
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<EitherBody<BoxBody>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    web::resource(path).wrap(from_fn(in_time))
}

/// Middleware of each resource. Not of a scope: while it keeps a request, no parts of its path can be noted there.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn in_time<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let settings = request.app_data::<Data<TimeLimitSettings>>().map(|settings| *settings.get_ref());
    let (Some(settings), Some(tier)) = (settings, request.app_data::<Tier>().copied()) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let limits = Limits::of(&settings, tier, &request);
    let late = watch(&mut request, limits.body.unwrap_or(FOR_EVER));
    let asked = request.request().clone();
    let answered = match limits.request {
        Some(limit) => tokio::time::timeout(limit, next.call(request)).await,
        None => Ok(next.call(request).await),
    };
    let refusal = match answered {
        Ok(answered) if !late.get() => return Ok(answered?.map_into_left_body()),
        Ok(_without_a_body) => {
            let message = "The body of the request did not come in time.";
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message)
        }
        Err(_elapsed) => {
            let message = "The request took too long and was given up.";
            ApiError::new(StatusCode::GATEWAY_TIMEOUT, "gateway_timeout", message)
        }
    };
    let route = asked.match_pattern().unwrap_or_default();
    let labels = [("tier", limits.tier.name().to_owned()), ("route", route), ("code", refusal.code().to_owned())];
    metrics::counter!("ferrify_http_timed_out_total", &labels).increment(1);
    let mut response = refusal.error_response();
    // What else comes over this connection would be the rest of that body.
    response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    Ok(ServiceResponse::new(asked, response).map_into_right_body())
}

/// Has the body come within a time; whether it was too late.
fn watch(request: &mut ServiceRequest, whole: Duration) -> Rc<Cell<bool>> {
    let late = Rc::new(Cell::new(false));
    let payload: Payload = match request.take_payload() {
        Payload::None => Payload::None,
        payload @ (Payload::H1 { .. } | Payload::H2 { .. } | Payload::Stream { .. }) => {
            let now = Instant::now();
            let timer = Box::pin(tokio::time::sleep(MOST_IDLE.min(whole)));
            let watched = Watched { payload, timer, end: now + whole, late: Rc::clone(&late) };
            Payload::Stream { payload: Box::pin(watched) }
        }
    };
    request.set_payload(payload);
    late
}

struct Watched {
    payload: Payload,
    timer: Pin<Box<Sleep>>,
    end: Instant,
    late: Rc<Cell<bool>>,
}

impl Stream for Watched {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.payload.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(bytes))) if Instant::now() < self.end => {
                let next = (Instant::now() + MOST_IDLE).min(self.end);
                self.timer.as_mut().reset(next);
                return Poll::Ready(Some(Ok(bytes)));
            }
            Poll::Ready(Some(Ok(_too_late))) => {}
            Poll::Ready(end) => return Poll::Ready(end),
            Poll::Pending => match self.timer.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) => {}
            },
        }
        self.late.set(true);
        Poll::Ready(Some(Err(PayloadError::Io(std::io::ErrorKind::TimedOut.into()))))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use actix_web::{App, HttpResponse};
    use serde_json::Value;

    use super::*;

    #[actix_web::test]
    async fn each_tier_has_its_time() {
        let limit = |millis| Some(Duration::from_millis(millis));
        let settings =
            TimeLimitSettings { console: limit(20), web: limit(20), upload: limit(20), ..Default::default() };
        let slow = || {
            web::to(async || {
                tokio::time::sleep(Duration::from_millis(80)).await;
                HttpResponse::Ok().finish()
            })
        };
        let at = |path: &str| timed(path).route(slow());
        let console = web::scope("/console/api").app_data(Tier::Console).service(at("/apps"));
        let service = web::scope("/v1").app_data(Tier::Service).service(at("/site"));
        let web = web::scope("/api").app_data(Tier::Web).service(at("/site"));
        let web = web.service(at("/chat-messages").app_data(AsksModel));
        let app = App::new().app_data(Data::new(settings)).service(console).service(service).service(web);
        let app = init_service(app).await;
        for (path, status) in
            [("/console/api/apps", 504), ("/api/site", 504), ("/v1/site", 200), ("/api/chat-messages", 200)]
        {
            let answer = call_service(&app, TestRequest::post().uri(path).to_request()).await;
            assert_eq!(answer.status().as_u16(), status, "{path}");
            if status == 504 {
                let body: Value = read_body_json(answer).await;
                assert_eq!((&body["code"], &body["status"]), (&"gateway_timeout".into(), &504.into()));
            }
        }
        let with_key = TestRequest::post().uri("/api/site").insert_header(("Idempotency-Key", "k"));
        assert_eq!(call_service(&app, with_key.to_request()).await.status(), 200);
        let form =
            TestRequest::post().uri("/v1/site").insert_header(("Content-Type", "multipart/form-data; boundary=x"));
        assert_eq!(call_service(&app, form.to_request()).await.status(), 504);
    }
}
