//! The guarded client.

use std::sync::{Arc, OnceLock};

use reqwest::redirect;
use url::Url;

use crate::error::{EgressError, Refusal};
use crate::patience::PatienceLayer;
use crate::policy::Policy;
use crate::request::RequestBuilder;
use crate::resolver::GuardedResolver;
use crate::tls::install_crypto_provider;
use crate::{Method, Response};

/// The guarded HTTP client: cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: Clients,
    /// Built when the first request asks for it.
    unverified: Arc<OnceLock<Clients>>,
    policy: Arc<Policy>,
}

/// Whether a server has to prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certificates {
    Verified,
    Any,
}

/// The redirect policy belongs to a client, not to a request: there is one for each, with a connection pool of its own.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    /// Follows redirects anywhere; drops `Authorization` and cookies on the way to another origin.
    pub(crate) anywhere: reqwest::Client,
    /// Refuses redirects to another origin: for requests with secrets in headers that only their sender knows.
    pub(crate) same_origin: reqwest::Client,
}

impl Client {
    /// Builds the client; also makes sure that the process has a TLS implementation.
    pub fn new(policy: Policy) -> Result<Self, EgressError> {
        install_crypto_provider();
        let policy = Arc::new(policy);
        let http = Clients::build(&policy, Certificates::Verified)?;
        Ok(Self { http, unverified: Arc::default(), policy })
    }

    /// The clients that take any certificate. Two requests that ask at the same time may both build them; one pair
    /// stays.
    pub(crate) fn unverified(&self) -> Result<Clients, EgressError> {
        if let Some(clients) = self.unverified.get() {
            return Ok(clients.clone());
        }
        let built = Clients::build(&self.policy, Certificates::Any)?;
        Ok(self.unverified.get_or_init(|| built).clone())
    }

    pub(crate) const fn verified(&self) -> &Clients {
        &self.http
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Starts a request; the URL is checked here, its name when the connection is made.
    pub fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, EgressError> {
        let url = self.check(url)?;
        Ok(RequestBuilder::new(self.clone(), method, url))
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
        tracing::info!(server.address = %host, "refused a request to this host");
    }
    error
}

impl Clients {
    fn build(policy: &Arc<Policy>, certificates: Certificates) -> Result<Self, EgressError> {
        let build = |reach| build(policy, redirect_policy(Arc::clone(policy), reach), certificates);
        Ok(Self { anywhere: build(Reach::Anywhere)?, same_origin: build(Reach::SameOrigin)? })
    }
}

fn build(
    policy: &Arc<Policy>,
    redirects: redirect::Policy,
    certificates: Certificates,
) -> Result<reqwest::Client, EgressError> {
    #[expect(clippy::disallowed_methods, reason = "this is the guarded client itself")]
    let mut builder = reqwest::Client::builder()
        .connect_timeout(policy.connect_timeout)
        .user_agent(policy.user_agent.as_str())
        .redirect(redirects)
        .dns_resolver(Arc::new(GuardedResolver::new(Arc::clone(policy))))
        .connector_layer(PatienceLayer)
        .referer(false)
        .tcp_nodelay(true)
        .http2_adaptive_window(true)
        // Proxies from the environment would resolve names behind the guard's back.
        .no_proxy();
    if certificates == Certificates::Any {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if let Some(proxy) = &policy.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(setup)?);
    }
    builder.build().map_err(setup)
}

/// Where redirects may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Anywhere,
    SameOrigin,
}

fn redirect_policy(policy: Arc<Policy>, reach: Reach) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > policy.max_redirects {
            return attempt.error(Refusal::TooManyRedirects);
        }
        if let Err(refusal) = policy.check_url(attempt.url()) {
            return attempt.error(refusal);
        }
        let stays = attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
        if reach == Reach::SameOrigin && !stays {
            let host = attempt.url().host_str().unwrap_or_default().to_owned();
            return attempt.error(Refusal::SecretRedirect { host });
        }
        attempt.follow()
    })
}

fn setup(error: reqwest::Error) -> EgressError {
    EgressError::Setup { message: error.without_url().to_string() }
}
