//! An HTTP client that keeps everything it got.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::sse::{SseStream, Transcript};

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// `null` when the body is not JSON.
    pub json: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "unexpected status; the body is {}", self.text());
        self
    }

    /// The `code` of an error body.
    pub fn code(&self) -> &str {
        self.json.get("code").and_then(Value::as_str).unwrap_or_default()
    }

    /// A text below a JSON pointer, such as `/data/0/id`.
    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> String {
        let found = self.json.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text at {pointer} of {}", self.text())).to_owned()
    }

    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("the body arrives");
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Self { status, headers, body, json }
    }
}

/// A caller with headers and cookies of its own; clones share the cookies.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: BTreeMap<String, String>,
    cookies: Option<Arc<Mutex<BTreeMap<String, String>>>>,
}

impl Client {
    /// Paths are appended to `base`, which has no slash at its end. Redirects are answers like any other: a test
    /// follows them itself, and never leaves the machine.
    pub fn new(base: impl Into<String>) -> Self {
        // An error means that another test of this process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "tests call the server under test, not what users name")]
        let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = builder.build().expect("a client can be made");
        Self { http, base: base.into(), headers: BTreeMap::new(), cookies: None }
    }

    /// Keeps cookies like a browser.
    #[must_use]
    pub fn with_cookies(mut self) -> Self {
        self.cookies = Some(Arc::default());
        self
    }

    /// Sends this header with everything.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        self.with_header("Authorization", format!("Bearer {token}"))
    }

    /// The same caller below another prefix.
    #[must_use]
    pub fn at(&self, base: impl Into<String>) -> Self {
        Self { base: base.into(), ..self.clone() }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.cookies.as_ref()?.lock().expect("no test panics while it holds the jar");
        jar.get(name).cloned()
    }

    /// A request with headers and cookies, to be completed by the caller: multipart bodies, odd headers.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(jar) = &self.cookies {
            let jar = jar.lock().expect("no test panics while it holds the jar");
            let pairs: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("Cookie", pairs.join("; "));
            // As the frontend does: the cookie again, where only a script of the same site can put it.
            if let Some(csrf) = jar.get("csrf_token") {
                request = request.header("X-CSRF-Token", csrf);
            }
        }
        request
    }

    /// Sends a request and keeps the cookies of the answer.
    pub async fn begin(&self, request: RequestBuilder) -> Response {
        let response = request.send().await.expect("the server answers");
        if let Some(jar) = &self.cookies {
            let mut jar = jar.lock().expect("no test panics while it holds the jar");
            for header in response.headers().get_all(SET_COOKIE) {
                keep_cookie(&mut jar, header.to_str().unwrap_or_default());
            }
        }
        response
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::read(self.begin(request).await).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn delete_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::DELETE, path).json(body)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn patch_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// Posts and reads the stream to its end.
    pub async fn sse(&self, path: &str, body: &Value) -> Transcript {
        self.sse_stream(path, body).await.rest().await
    }

    /// Posts and hands out the stream, to be read frame by frame, or dropped.
    pub async fn sse_stream(&self, path: &str, body: &Value) -> SseStream {
        SseStream::new(self.begin(self.request(Method::POST, path).json(body)).await)
    }

    /// A stream that is asked for with GET, for re-attaching.
    pub async fn sse_get(&self, path: &str) -> SseStream {
        SseStream::new(self.begin(self.request(Method::GET, path)).await)
    }
}

/// Of the attributes only those that end a cookie matter here.
fn keep_cookie(jar: &mut BTreeMap<String, String>, header: &str) {
    let (pair, attributes) = header.split_once(';').unwrap_or((header, ""));
    let Some((name, value)) = pair.split_once('=') else { return };
    let ended = attributes.to_ascii_lowercase().contains("max-age=0") || value.is_empty();
    if ended {
        jar.remove(name.trim());
    } else {
        jar.insert(name.trim().to_owned(), value.trim().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_come_and_go() {
        let mut jar = BTreeMap::new();
        keep_cookie(&mut jar, "a=1; Path=/; HttpOnly");
        keep_cookie(&mut jar, "b=2");
        keep_cookie(&mut jar, "a=; Max-Age=0; Path=/");
        assert_eq!(jar, BTreeMap::from([("b".to_owned(), "2".to_owned())]));
    }
}
