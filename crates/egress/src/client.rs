//! The guarded client.

use std::sync::Arc;

use reqwest::redirect;
use url::Url;

use crate::error::{EgressError, Refusal};
use crate::policy::Policy;
use crate::request::RequestBuilder;
use crate::resolver::GuardedResolver;
use crate::tls::install_crypto_provider;
use crate::{Method, Response};

/// The guarded HTTP client: one connection pool, cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    policy: Arc<Policy>,
}

impl Client {
    /// Builds the client; also makes sure that the process has a TLS implementation.
    pub fn new(policy: Policy) -> Result<Self, EgressError> {
        install_crypto_provider();
        let policy = Arc::new(policy);
        #[expect(clippy::disallowed_methods, reason = "this is the guarded client itself")]
        let mut builder = reqwest::Client::builder()
            .connect_timeout(policy.connect_timeout)
            .user_agent(policy.user_agent.as_str())
            .redirect(redirect_policy(Arc::clone(&policy)))
            .dns_resolver(Arc::new(GuardedResolver::new(Arc::clone(&policy))))
            .referer(false)
            .tcp_nodelay(true)
            .http2_adaptive_window(true)
            // Proxies from the environment would resolve names behind the guard's back.
            .no_proxy();
        if let Some(proxy) = &policy.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(setup)?);
        }
        Ok(Self { http: builder.build().map_err(setup)?, policy })
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Starts a request; the URL is checked here, its name when the connection is made.
    pub fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, EgressError> {
        let url = self.check(url)?;
        Ok(RequestBuilder::new(self.http.request(method, url)))
    }

    pub fn get(&self, url: &str) -> Result<RequestBuilder, EgressError> {
        self.request(Method::GET, url)
    }

    pub fn post(&self, url: &str) -> Result<RequestBuilder, EgressError> {
        self.request(Method::POST, url)
    }

    /// Parses a URL and says whether a request to it may start. Its name has not been resolved yet.
    pub fn check(&self, url: &str) -> Result<Url, EgressError> {
        let url = Url::parse(url.trim()).map_err(|error| EgressError::InvalidUrl { reason: error.to_string() })?;
        match self.policy.check_url(&url) {
            Ok(()) => Ok(url),
            Err(refusal) => Err(counted(EgressError::from(&refusal))),
        }
    }

    /// Convenience for a plain `GET` whose body the caller streams itself.
    pub async fn open(&self, url: &str) -> Result<Response, EgressError> {
        self.get(url)?.send().await
    }
}

/// Counts a refusal before it is handed on.
pub(crate) fn counted(error: EgressError) -> EgressError {
    if let EgressError::Forbidden { host } = &error {
        metrics::counter!("ferrify_egress_refused_total").increment(1);
        tracing::info!(server.address = %host, "refused a request to a protected address");
    }
    error
}

fn redirect_policy(policy: Arc<Policy>) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > policy.max_redirects {
            return attempt.error(Refusal::TooManyRedirects);
        }
        match policy.check_url(attempt.url()) {
            Ok(()) => attempt.follow(),
            Err(refusal) => attempt.error(refusal),
        }
    })
}

fn setup(error: reqwest::Error) -> EgressError {
    EgressError::Setup { message: error.without_url().to_string() }
}
