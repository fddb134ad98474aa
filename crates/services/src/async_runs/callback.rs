//! Telling what came of a task to the address that its caller named.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{NaiveDateTime, TimeDelta, Utc};
use egress::header::{CONTENT_TYPE, HeaderName};
use egress::{Client, EgressError, StatusCode};
use hmac::{Hmac, KeyInit, Mac};
use jobs::{Context, Failure, Handler, Job};
use models::async_task::AsyncTask;
use models::db::Pool;
use models::{AppId, TenantId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const SIGNATURE: HeaderName = HeaderName::from_static("x-ferrify-signature");
const EVENT: HeaderName = HeaderName::from_static("x-ferrify-event");
const TASK: HeaderName = HeaderName::from_static("x-ferrify-task-id");
const PURPOSE: &str = "ferrify/callbacks/v1";
/// For one call.
const PATIENCE: Duration = Duration::from_secs(30);
/// For how long somebody who does not answer is called.
const FOR: TimeDelta = TimeDelta::hours(24);

/// Tells one thing about a task.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DeliverCallback {
    pub(super) tenant: TenantId,
    pub(super) task: Uuid,
    /// What the task had come to.
    pub(super) status: String,
    pub(super) since: NaiveDateTime,
}

impl Job for DeliverCallback {
    const KIND: &'static str = "deliver_callback";
    const QUEUE: &'static str = "callbacks";
    /// Pauses of 5 s, 10 s, and so on up to an hour come to more than a day.
    const MAX_ATTEMPTS: u16 = 40;
    const TIME_LIMIT: Duration = Duration::from_secs(60);
}

/// What calls are signed with: one secret for each app, made from the installation's key.
#[derive(Clone)]
pub struct CallbackSecrets(SecretString);

impl CallbackSecrets {
    pub fn new(secret_key: &SecretString) -> Self {
        Self(secret_key.clone())
    }

    /// The secret of an app, 64 hexadecimal digits.
    pub fn of(&self, app: AppId) -> String {
        mac(self.0.expose_secret().as_bytes(), &[PURPOSE, ".", &app.to_string()])
    }

    /// `t=<unix>,v1=<hmac-sha256(secret, t.POST.path.sha256(body))>`, as requests to an app are signed.
    fn sign(&self, app: AppId, path: &str, body: &str, time: i64) -> String {
        let (time, hash) = (time.to_string(), hex::encode(Sha256::digest(body)));
        let signature = mac(self.of(app).as_bytes(), &[&time, ".POST.", path, ".", &hash]);
        format!("t={time},v1={signature}")
    }
}

fn mac(key: &[u8], parts: &[&str]) -> String {
    // Keys of any length are taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    for part in parts {
        mac.update(part.as_bytes());
    }
    hex::encode(mac.finalize().into_bytes())
}

pub(super) struct Caller {
    pub(super) pool: Pool,
    pub(super) http: Client,
    pub(super) secrets: CallbackSecrets,
}

#[async_trait]
impl Handler for Caller {
    type Job = DeliverCallback;

    async fn run(&self, job: DeliverCallback, _context: &Context) -> Result<(), Failure> {
        let task = AsyncTask::find(&mut *self.pool.get().await?, job.tenant, job.task).await?;
        // A task that has moved on is told of by a job of its own; one of a deleted app is nobody's.
        let Some(task) = task.filter(|task| task.status.to_string() == job.status) else { return Ok(()) };
        let (Some(url), Some(body)) = (&task.callback_url, &task.result) else { return Ok(()) };
        let now = Utc::now();
        if job.since + FOR < now.naive_utc() {
            return Err(Failure::hopeless("nobody took the call for a day"));
        }
        let checked = self.http.check(url).map_err(refused)?;
        let signature = self.secrets.sign(task.app_id, checked.path(), body, now.timestamp());
        let call = self.http.post(url).map_err(refused)?;
        let answer = call
            .header(CONTENT_TYPE, "application/json")
            .header(EVENT, &format!("task.{}", job.status))
            .header(TASK, &job.task.to_string())
            .secret_header(SIGNATURE, &signature)
            .timeout(PATIENCE)
            .body(body.clone())
            .send()
            .await
            .map_err(refused)?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(Failure::hopeless("whoever was to be told is gone")),
            status => Err(Failure::retry(format!("the call was answered with {}", status.as_u16()))),
        }
    }
}

/// Where nobody may go today, nobody may go tomorrow.
fn refused(error: EgressError) -> Failure {
    if matches!(error, EgressError::Forbidden { .. }) { Failure::hopeless(error) } else { Failure::retry(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_of_the_app_the_time_the_path_and_the_body() {
        let secrets = CallbackSecrets::new(&SecretString::from("key"));
        let (app, other) = (AppId(Uuid::from_u128(1)), AppId(Uuid::from_u128(2)));
        assert_eq!(secrets.of(app).len(), 64);
        let one = secrets.sign(app, "/hook", "{}", 1_700_000_000);
        let expected = mac(
            secrets.of(app).as_bytes(),
            &["1700000000.POST./hook.44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
        );
        assert_eq!(one, format!("t=1700000000,v1={expected}"));
        for different in [
            secrets.sign(other, "/hook", "{}", 1_700_000_000),
            secrets.sign(app, "/", "{}", 1_700_000_000),
            secrets.sign(app, "/hook", "{ }", 1_700_000_000),
            secrets.sign(app, "/hook", "{}", 1_700_000_001),
        ] {
            assert_ne!(different, one);
        }
    }
}
