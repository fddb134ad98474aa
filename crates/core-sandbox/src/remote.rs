//! Code run by a sandbox service, in the protocol of dify-sandbox: `POST {endpoint}/v1/sandbox/run` with the header
//! `X-Api-Key`. The service knows no `main`: what is sent is a script that calls it and prints the result between tags.

mod wrapper;

use std::sync::Arc;
use std::time::Duration;

use egress::header::HeaderName;
use egress::{Client, EgressError, Policy, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Host;

use crate::call::{Language, Output};
use crate::error::SandboxError;
use crate::settings::{Limits, RemoteSettings};

/// Room for the answer's frame around what was printed, in bytes.
const FRAME: usize = 64 << 10;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

#[derive(Debug)]
pub(crate) struct Remote {
    client: Client,
    url: String,
    api_key: SecretString,
    /// For the whole exchange.
    patience: Duration,
    limits: Arc<Limits>,
}

#[derive(Serialize)]
struct Question<'a> {
    language: &'static str,
    code: &'a str,
    preload: &'static str,
    enable_network: bool,
}

#[derive(Deserialize)]
struct Answer {
    code: i64,
    #[serde(default)]
    message: String,
    data: Option<Printed>,
}

/// Both are `null` or missing when there is nothing.
#[derive(Deserialize)]
struct Printed {
    stdout: Option<String>,
    error: Option<String>,
}

impl Remote {
    pub(crate) fn new(settings: RemoteSettings, limits: Arc<Limits>) -> Result<Self, SandboxError> {
        let host = match settings.endpoint.host() {
            None => return Err(SandboxError::unavailable("the address of the sandbox service has no host")),
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
        };
        let policy = Policy {
            // Named by the operator; a redirect to anywhere else private is still refused.
            allow_hosts: vec![host],
            connect_timeout: settings.connect_timeout,
            ..Policy::default()
        };
        let client = Client::new(policy).map_err(|e| SandboxError::internal(e.to_string()))?;
        let url = format!("{}/v1/sandbox/run", settings.endpoint.as_str().trim_end_matches('/'));
        let patience = settings.connect_timeout + settings.write_timeout + settings.read_timeout;
        Ok(Self { client, url, api_key: settings.api_key, patience, limits })
    }

    /// The JSON text of what `main` returned.
    pub(crate) async fn call_main(
        &self,
        language: Language,
        code: &str,
        arguments: &str,
    ) -> Result<String, SandboxError> {
        let script = wrapper::calling_main(language, code, arguments);
        let output = self.run_script(language, &script).await?;
        if !output.error.is_empty() {
            return Err(SandboxError::ScriptFailed { message: output.error });
        }
        let lost = || SandboxError::ResultNotJson { message: "the script ended before `main` returned".to_owned() };
        wrapper::result(&output.stdout).map(str::to_owned).ok_or_else(lost)
    }

    pub(crate) async fn run_script(&self, language: Language, code: &str) -> Result<Output, SandboxError> {
        let language = match language {
            Language::Python3 => "python3",
            Language::JavaScript => "nodejs",
        };
        let question = Question { language, code, preload: "", enable_network: true };
        let request = self.client.post(&self.url).map_err(unreachable)?;
        let request =
            request.secret_header(API_KEY, self.api_key.expose_secret()).json(&question).timeout(self.patience);
        let response = request.send().await.map_err(unreachable)?;
        match response.status() {
            StatusCode::SERVICE_UNAVAILABLE => {
                return Err(SandboxError::unavailable("the sandbox service is unavailable"));
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(SandboxError::unavailable("the sandbox service refuses CODE_EXECUTION_API_KEY"));
            }
            status if !status.is_success() => {
                return Err(SandboxError::internal(format!("the sandbox service answered with status {status}")));
            }
            _success => {}
        }
        let body = self.read(response).await?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|e| SandboxError::internal(format!("the sandbox service's answer is not understood: {e}")))?;
        if answer.code != 0 {
            let Answer { code, message, .. } = answer;
            return Err(SandboxError::internal(format!("the sandbox service answered with code {code}: {message}")));
        }
        let printed = answer.data.ok_or_else(|| SandboxError::internal("the sandbox service's answer has no data"))?;
        Ok(Output { stdout: printed.stdout.unwrap_or_default(), error: printed.error.unwrap_or_default() })
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, SandboxError> {
        // In JSON, a printed byte may take six.
        let limit = self.limits.output.saturating_mul(6).saturating_add(FRAME);
        let mut body = Vec::new();
        while let Some(chunk) = egress::next_chunk(&mut response).await.map_err(unreachable)? {
            if body.len().saturating_add(chunk.len()) > limit {
                return Err(SandboxError::OutputTooLarge { limit: self.limits.output });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn unreachable(error: EgressError) -> SandboxError {
    SandboxError::unavailable(format!("the sandbox service cannot be reached: {error}"))
}
