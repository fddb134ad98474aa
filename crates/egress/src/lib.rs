//! The one HTTP client for every URL that a user can influence: model endpoints, webhooks, remote files, tools.
//!
//! A request passes three gates: the URL itself (scheme, no credentials in it, a literal address must be public),
//! the name resolver (addresses that are not public are dropped, and the connection uses exactly the addresses that
//! were checked, so a second, different DNS answer has no effect), and the redirect policy (every hop is checked
//! like the first URL; one that leaves the origin is refused when the request has a secret header). With a proxy the proxy resolves names; the URL and redirect gates stay.
//!
//! Whatever the reason, a refusal surfaces as [`EgressError::Forbidden`].

mod address;
mod client;
mod error;
mod fetch;
mod paced;
mod patience;
mod policy;
mod request;
mod resolver;
mod tls;

pub use client::Client;
pub use error::EgressError;
pub use fetch::{Fetched, next_chunk};
pub use patience::Patience;
pub use policy::Policy;
pub use request::RequestBuilder;
pub use reqwest::header;
pub use reqwest::{Body, Method, Response, StatusCode, multipart};
pub use tls::install_crypto_provider;
