//! `Idempotency-Key`: what a request asked for is done once, however often and wherever it is sent.
//!
//! A key holds within a workspace and a route (and, on published pages, for one visitor; in the Console, for one
//! account). The first request with it does the work, and goes on with it although its client leaves. Others wait for
//! the first, in whatever process it is, and get its status and body; of a stream they get the events from the first
//! one on, then what follows. A request with that key that asks for something else is refused.
//!
//! What is remembered, for a day: every success, and faults that came after the work had begun (a model that failed). A
//! refusal (401, 429, a wrong argument, a full server) did nothing, so the next request with the key does the work. A
//! process that dies leaves its keys to others within seconds; of a run that it had begun to stream they get the events.
//!
//! The body of a form is hashed as it is read, without the boundaries that clients make up anew each time; it is not kept.
//! Without Redis nothing can be promised, and the answer is 503.

mod fingerprint;
mod record;

use std::time::{Duration, Instant};

use ::idempotency::{Begun, Claim, Ledger, LedgerError, Scope};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{self, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use futures::future::{Either, select};
use services::reattach::Reattach;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use self::fingerprint::{Fingerprint, Tee};
use self::record::Record;
pub(crate) use self::record::{AfterWork, StreamOf};
pub use self::record::{Retell, streams_in_own_words};
use crate::app_token::AppToken;
use crate::auth::known;
use crate::data::data;
use crate::dataset_token::DatasetCaller;
use crate::error::ApiError;
use crate::passport::Visitor;
use crate::valid;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST_KEY: usize = 255;
/// Between looks at what another request does.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What the rule needs; put into the app's data by the server.
#[derive(Clone)]
pub struct Idempotency {
    pub ledger: Ledger,
    pub reattach: Reattach,
    /// Requests that go on without their client.
    pub tasks: TaskTracker,
    /// For how long a request waits for another one's result: longer than any work takes.
    pub patience: Duration,
}

/// Whose key it is.
struct Holder {
    tenant: Uuid,
    /// Apart from others of the workspace.
    apart: String,
    /// Who else's key opens the same work is refused it.
    who: String,
}

impl Holder {
    /// Whoever was proven by the middleware around this one.
    fn of(request: &ServiceRequest) -> Option<Self> {
        let extensions = request.extensions();
        if let Some(app) = extensions.get::<AppToken>() {
            let who = format!("app {}", app.app.id);
            return Some(Self { tenant: app.app.tenant_id.0, apart: String::new(), who });
        }
        if let Some(visitor) = extensions.get::<Visitor>() {
            let apart = format!("visitor {}", visitor.end_user.id);
            return Some(Self { tenant: visitor.app.app.tenant_id.0, apart, who: String::new() });
        }
        if let Some(caller) = extensions.get::<DatasetCaller>() {
            return Some(Self { tenant: caller.tenant.0, apart: String::new(), who: "datasets".to_owned() });
        }
        // What one person was answered is not for another one of the workspace, who may have fewer rights.
        let user = known(request.request())?;
        let apart = format!("account {}", user.account_id());
        Some(Self { tenant: user.tenant_id().0, apart, who: String::new() })
    }
}

/// Middleware for what is behind a key, a passport or a session: see the module.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn idempotent<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    idempotent_in(request, next, None).await
}

/// The same for a route whose streams have frames of their own.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn idempotent_in<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
    retell: Option<Retell>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    if request.method() != Method::POST || !request.headers().contains_key(&IDEMPOTENCY_KEY) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    match once(&mut request, retell).await {
        Ok(Turn::Work(turn)) => work(request, next, *turn).await,
        Ok(Turn::Replay(mut response)) => {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(request.into_response(response).map_into_right_body())
        }
        Ok(Turn::NotOurs) => Ok(next.call(request).await?.map_into_left_body()),
        Err(refusal) => Ok(request.into_response(refusal.error_response()).map_into_right_body()),
    }
}

/// What a request with a key has to do.
enum Turn {
    Work(Box<Work>),
    Replay(HttpResponse),
    /// Nobody was proven.
    NotOurs,
}

struct Work {
    claim: Claim,
    fingerprint: Fingerprint,
    tenant: Uuid,
    rule: Idempotency,
}

async fn once(request: &mut ServiceRequest, retell: Option<Retell>) -> Result<Turn, ApiError> {
    let key = key(request)?;
    let rule = data::<Idempotency>(request.request())?.get_ref().clone();
    let Some(holder) = Holder::of(request) else { return Ok(Turn::NotOurs) };
    let action = format!("{} {}", request.method(), request.match_pattern().unwrap_or_default());
    let scope = Scope { tenant: holder.tenant, action: &action, holder: &holder.apart, key: &key };
    let mut fingerprint = Fingerprint::of(request, &holder.who);
    if !fingerprint.is_streamed() {
        let limit = valid::limit(request.request());
        let body = Bytes::from(valid::read(request.take_payload(), limit).await?);
        fingerprint.update(&body);
        request.set_payload(dev::Payload::from(body));
    }
    let known = (!fingerprint.is_streamed()).then(|| fingerprint.text());
    let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
    loop {
        match rule.ledger.begin(scope, known.as_deref()).await.map_err(unavailable)? {
            Begun::Mine(claim) => {
                let tenant = holder.tenant;
                return Ok(Turn::Work(Box::new(Work { claim, fingerprint, tenant, rule })));
            }
            Begun::Running(other) => {
                if let (Some(one), Some(other)) = (&known, other)
                    && *one != other
                {
                    return Err(conflict());
                }
                if begun.elapsed() > rule.patience {
                    return Err(in_progress());
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Begun::Done(outcome) => {
                let asked = match known {
                    Some(known) => known,
                    None => fingerprint.of_rest(request.take_payload()).await?,
                };
                if asked != outcome.fingerprint {
                    return Err(conflict());
                }
                let told = record::replay(request.request(), &rule, holder.tenant, outcome, retell);
                return told.await.map(Turn::Replay);
            }
        }
    }
}

/// Does the work on its own, so that it goes on without its client, and writes down what came of it.
async fn work<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
    Work { claim, mut fingerprint, tenant, rule }: Work,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let tee = fingerprint.is_streamed().then(|| Tee::new(request.take_payload(), fingerprint.clone()));
    if let Some(tee) = &tee {
        request.set_payload(tee.payload());
    }
    let tasks = rule.tasks.clone();
    let doing = async move {
        let response = match select(Box::pin(next.call(request)), Box::pin(claim.hold())).await {
            Either::Left((response, _)) => response,
            Either::Right((never, _)) => match never {},
        };
        let response = match response {
            Ok(response) => response,
            Err(error) => {
                give_back(claim).await;
                return Err(error);
            }
        };
        if let Some(tee) = tee {
            match tee.finish().await {
                Some(whole) => fingerprint = whole,
                // Nobody knows what was asked for.
                None => {
                    give_back(claim).await;
                    return Ok(response.map_into_left_body());
                }
            }
        }
        let (response, record) = Record::of(response, rule.ledger.config().most_bytes).await?;
        match record {
            Some(record) => write(&rule, tenant, claim, record.outcome(fingerprint.text()), record.task()).await,
            None => give_back(claim).await,
        }
        Ok(response)
    };
    match tasks.spawn_local(doing.in_current_span()).await {
        Ok(response) => response,
        Err(failed) => Err(ApiError::internal(&failed).into()),
    }
}

async fn write(
    rule: &Idempotency,
    tenant: Uuid,
    claim: Claim,
    outcome: ::idempotency::Outcome,
    stream: Option<runs::RunId>,
) {
    if let Some(task) = stream
        && let Err(error) = rule.reattach.keep(models::TenantId(tenant), task, rule.ledger.config().life).await
    {
        tracing::warn!(task.id = %task, error = %error, "the events of a stream stay for an hour only");
    }
    if let Err(error) = claim.finish(&outcome).await {
        tracing::error!(error = %error, "what was done under an idempotency key could not be noted");
    }
}

async fn give_back(claim: Claim) {
    if let Err(error) = claim.release().await {
        tracing::debug!(error = %error, "an idempotency key is free when its lease has ended");
    }
}

/// The one key of a request.
fn key(request: &ServiceRequest) -> Result<String, ApiError> {
    let malformed =
        || ApiError::invalid_field("Idempotency-Key", "Idempotency-Key must be 1 to 255 printable ASCII characters.");
    let mut keys = request.headers().get_all(&IDEMPOTENCY_KEY);
    let key = keys.next().ok_or_else(malformed)?;
    let printable = |bytes: &[u8]| bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    if keys.next().is_some() || !(1..=LONGEST_KEY).contains(&key.len()) || !printable(key.as_bytes()) {
        return Err(malformed());
    }
    key.to_str().map(str::to_owned).map_err(|_no_text| malformed())
}

fn conflict() -> ApiError {
    let message = "The Idempotency-Key was used for another request.";
    ApiError::new(StatusCode::CONFLICT, "idempotency_conflict", message)
}

fn in_progress() -> ApiError {
    let message = "The first request with this Idempotency-Key is still at work.";
    ApiError::new(StatusCode::CONFLICT, "idempotency_in_progress", message).retry_after(Duration::from_secs(10))
}

fn unavailable(error: LedgerError) -> ApiError {
    ApiError::unavailable("Redis", &error)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check(keys: &[&[u8]], fits: bool) {
        let mut request = TestRequest::post();
        for value in keys {
            request = request.append_header((IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap()));
        }
        assert_eq!(key(&request.to_srv_request()).is_ok(), fits, "{keys:?}");
    }

    proptest::proptest! {
        #[test]
        fn a_key_is_what_was_sent(bytes in proptest::collection::vec(9_u8.., 0..300)) {
            let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
            let found = key(&TestRequest::post().append_header((IDEMPOTENCY_KEY, value)).to_srv_request()).ok();
            let fits = (1..=255).contains(&bytes.len()) && bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
            proptest::prop_assert_eq!(found, fits.then(|| String::from_utf8(bytes).unwrap()));
        }
    }

    #[test]
    fn keys_are_printable_and_of_a_length() {
        check(&[b"a"], true);
        check(&[b"with blank ~"], true);
        check(&[&[b'x'; 255]], true);
        check(&[&[b'x'; 256]], false);
        check(&[b""], false);
        check(&["ü".as_bytes()], false);
        check(&[b"a\tb"], false);
        check(&[b"a", b"a"], false);
    }
}
