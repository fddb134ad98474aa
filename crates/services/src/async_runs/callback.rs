//! Telling what came of a task to the address that its caller named.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{NaiveDateTime, TimeDelta, Utc};
use egress::header::{CONTENT_TYPE, HeaderName};
use egress::{Client, EgressError, StatusCode};
use hmac::Mac as _;
use jobs::{Context, Failure, Handler, Job};
use models::async_task::AsyncTask;
use models::db::Pool;
use models::{AppId, TenantId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::signature::{Signature, SignedRequest, hmac_sha256};

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
        hex::encode(hmac_sha256(&self.0, &format!("{PURPOSE}.{app}")).finalize().into_bytes())
    }

    /// Signed as requests to an app are.
    fn sign(&self, app: AppId, path: &str, body: &str, time: i64) -> Signature {
        let call = SignedRequest { method: "POST", target: path, body: body.as_bytes() };
        Signature::new(&SecretString::from(self.of(app)), call, time)
    }
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
            .secret_header(SIGNATURE, &signature.to_string())
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

    const SECRET: &str = "acaa408af5da9e70a09428d97a320092f35bb9eef0fd591808988345fe7c53fe";
    const SIGNED: &str = "t=1700000000,v1=aeb4c0479efe897d8bba76e52236b095d94fc1cbf674b40e44ce71d8fc0228b3";

    #[test]
    fn signatures_are_of_the_app_the_time_the_path_and_the_body() {
        let secrets = CallbackSecrets::new(&SecretString::from("key"));
        let (app, other) = (AppId(Uuid::from_u128(1)), AppId(Uuid::from_u128(2)));
        assert_eq!(secrets.of(app).len(), 64);
        let one = secrets.sign(app, "/hook", "{}", 1_700_000_000);
        // As `printf '<text>' | openssl dgst -sha256 -hmac <key>` makes them.
        assert_eq!(secrets.of(app), SECRET);
        assert_eq!(one.to_string(), SIGNED);
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
