//! Callers of published apps.

use std::ops::Deref;

use crate::client::{Answer, Client};

/// A program that calls the Service API; paths begin below `/v1`.
#[derive(Clone)]
pub struct ServiceClient {
    client: Client,
}

impl ServiceClient {
    /// `base` is a server's root.
    pub fn new(base: &str, key: &str) -> Self {
        Self { client: Client::new(format!("{base}/v1")).with_bearer(key) }
    }
}

impl Deref for ServiceClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// A visitor of a site; paths begin below `/api`.
#[derive(Clone)]
pub struct WebClient {
    client: Client,
    passport: String,
}

impl WebClient {
    pub(crate) async fn enter(base: &str, code: &str) -> Self {
        let client = Client::new(format!("{base}/api")).with_header("X-App-Code", code);
        let passport: Answer = client.get("/passport").await.expect(200);
        let passport = passport.text_at("/access_token");
        Self { client: client.with_header("X-App-Passport", passport.as_str()), passport }
    }

    pub fn passport(&self) -> &str {
        &self.passport
    }
}

impl Deref for WebClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
