//! The request as it will be sent: all templates filled in, all parts checked.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use egress::Method;
use egress::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use url::Url;

use super::HttpRequest;
use super::fields::{BodySpec, Credential, FormValue, HeaderLine, Scheme};
use crate::node::NodeError;
use crate::pool::Variables;
use crate::selector::Selector;
use crate::template::Template;
use crate::tolerant_json;
use crate::value::{File, Value};

/// A request, ready but for the bytes of its files.
#[derive(Debug)]
pub(super) struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<Header>,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub(super) struct Header {
    /// As it was written; the wire has it in small letters.
    pub name: String,
    pub value: String,
    /// Never shown, never sent to another origin.
    pub secret: bool,
}

#[derive(Debug)]
pub(super) enum Content {
    None,
    Text(String),
    Form(Vec<(String, String)>),
    Multipart { texts: Vec<(String, String)>, files: Vec<(String, Arc<File>)> },
    File(Arc<File>),
}

/// Faults of the node's own making; the classes are those of Dify.
pub(super) fn fault(kind: &'static str, message: impl Into<String>) -> NodeError {
    NodeError::new(kind, message)
}

/// Everything that fails on the way.
pub(super) const GENERAL: &str = "HttpRequestNodeError";
const BODY: &str = "RequestBodyError";
const FILE: &str = "FileFetchError";
const URL: &str = "InvalidURLError";

impl HttpRequest {
    pub(super) fn request(&self, variables: &Variables<'_>) -> Result<Request, NodeError> {
        let mut headers = Vec::new();
        let credential = self.credential.as_ref().map(|credential| authorization(credential, variables)).transpose()?;
        let (url, in_url) = self.url(variables)?;
        for line in &self.headers {
            add_line(&mut headers, line, variables)?;
        }
        if let Some(header) = credential.or_else(|| in_url.filter(|_| !has(&headers, AUTHORIZATION.as_str()))) {
            set(&mut headers, header);
        }
        let content = content(&self.body, variables)?;
        let own_type = match &self.body {
            BodySpec::None | BodySpec::Binary(_) => None,
            BodySpec::RawText(_) => Some("text/plain"),
            BodySpec::Json(_) => Some("application/json"),
            BodySpec::UrlEncoded(_) => Some("application/x-www-form-urlencoded"),
            BodySpec::FormData(_) => {
                // The boundary is known when the form is written.
                headers.retain(|header| !header.name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
                None
            }
        };
        if let Some(kind) = own_type.filter(|_| !has(&headers, CONTENT_TYPE.as_str())) {
            headers.push(Header { name: "Content-Type".to_owned(), value: kind.to_owned(), secret: false });
        }
        // Both follow from what is sent; another length would cut the connection's messages at the wrong place.
        headers.retain(|header| {
            ![CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|own| header.name.eq_ignore_ascii_case(own.as_str()))
        });
        let method = self.method()?;
        let request = Request { method, url, headers, content };
        request.header_map()?;
        Ok(request)
    }

    fn method(&self) -> Result<Method, NodeError> {
        let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
        methods
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(&self.method))
            .ok_or_else(|| fault("InvalidHttpMethodError", format!("Invalid http method {}", self.method)))
    }

    /// The address with its parameters; a name and password in it become a header.
    fn url(&self, variables: &Variables<'_>) -> Result<(Url, Option<Header>), NodeError> {
        let text = self.url.render(variables);
        let text = text.trim();
        if text.is_empty() {
            return Err(fault(URL, "url is required"));
        }
        let is_http = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        if !is_http("http://") && !is_http("https://") {
            return Err(fault(URL, "url should start with http:// or https://"));
        }
        let mut url = Url::parse(text).map_err(|e| fault(URL, format!("invalid URL: {e}")))?;
        let mut credential = None;
        if !url.username().is_empty() || url.password().is_some() {
            let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
            let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
            let value = format!("Basic {}", STANDARD.encode(pair));
            credential = Some(Header { name: "Authorization".to_owned(), value, secret: true });
            // Only addresses without a host refuse this, and HTTP's have one.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        if !self.params.is_empty() {
            let mut query = url.query_pairs_mut();
            for (key, value) in &self.params {
                query.append_pair(&key.render(variables), &value.render(variables));
            }
        }
        Ok((url, credential))
    }
}

impl Request {
    /// The headers as they are sent.
    pub(super) fn header_map(&self) -> Result<HeaderMap, NodeError> {
        let mut map = HeaderMap::with_capacity(self.headers.len());
        for header in &self.headers {
            let name = HeaderName::from_bytes(header.name.as_bytes())
                .map_err(|_invalid| fault(GENERAL, format!("`{}` is not a valid header name", shown(&header.name))))?;
            let mut value = HeaderValue::from_bytes(header.value.as_bytes()).map_err(|_invalid| {
                fault(GENERAL, format!("the value of header `{}` contains control characters", header.name))
            })?;
            value.set_sensitive(header.secret);
            map.insert(name, value);
        }
        Ok(map)
    }
}

/// A name that may hold anything, for a message.
fn shown(name: &str) -> String {
    name.chars().take(100).flat_map(char::escape_debug).collect()
}

fn authorization(credential: &Credential, variables: &Variables<'_>) -> Result<Header, NodeError> {
    let key = credential.key.render(variables);
    let key = key.trim();
    if key.is_empty() {
        return Err(fault(
            "AuthorizationConfigError",
            "API key is required for authorization but was empty. Please provide a valid API key.",
        ));
    }
    let name = credential.header.render(variables);
    let name = if name.trim().is_empty() { "Authorization".to_owned() } else { name.trim().to_owned() };
    let value = match credential.scheme {
        Scheme::Bearer => format!("Bearer {key}"),
        Scheme::Basic if key.contains(':') => format!("Basic {}", STANDARD.encode(key)),
        Scheme::Basic => format!("Basic {key}"),
        Scheme::Custom => key.to_owned(),
    };
    Ok(Header { name, value, secret: true })
}

fn has(headers: &[Header], name: &str) -> bool {
    headers.iter().any(|header| header.name.eq_ignore_ascii_case(name))
}

/// Of two headers with one name the later counts.
fn set(headers: &mut Vec<Header>, header: Header) {
    headers.retain(|earlier| !earlier.name.eq_ignore_ascii_case(&header.name));
    headers.push(header);
}

fn add_line(headers: &mut Vec<Header>, line: &HeaderLine, variables: &Variables<'_>) -> Result<(), NodeError> {
    match line {
        HeaderLine::Pair(name, value) => {
            let (text, secret) = (value.render(variables), holds_secret(value, variables));
            add(headers, &name.render(variables), &text, secret)
        }
        HeaderLine::Whole(template) => {
            let (text, secret) = (template.render(variables), holds_secret(template, variables));
            for line in text.lines() {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                add(headers, name, value, secret)?;
            }
            Ok(())
        }
    }
}

fn holds_secret(template: &Template, variables: &Variables<'_>) -> bool {
    template.selectors().filter_map(|selector| variables.get(selector)).any(|v| matches!(v.as_ref(), Value::Secret(_)))
}

/// A value with a line break inside would be a second header, written by whoever filled the variable.
fn add(headers: &mut Vec<Header>, name: &str, value: &str, secret: bool) -> Result<(), NodeError> {
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() {
        return Ok(());
    }
    if value.contains(['\r', '\n']) {
        return Err(fault(GENERAL, format!("the value of header `{}` contains a line break", shown(name))));
    }
    set(headers, Header { name: name.to_owned(), value: value.to_owned(), secret });
    Ok(())
}

fn content(body: &BodySpec, variables: &Variables<'_>) -> Result<Content, NodeError> {
    let single = |template: &Option<Template>, kind: &str| match template {
        Some(template) => Ok(template.render(variables)),
        None => Err(fault(BODY, format!("{kind} body type should have exactly one item"))),
    };
    Ok(match body {
        BodySpec::None => Content::None,
        BodySpec::RawText(text) => Content::Text(single(text, "raw-text")?),
        BodySpec::Json(text) => {
            let text = single(text, "json")?;
            match tolerant_json::repair(&text) {
                Some(json) => Content::Text(json),
                None => return Err(fault(BODY, format!("Failed to parse JSON: {text}"))),
            }
        }
        BodySpec::Binary(Err(_count)) => return Err(fault(BODY, "binary body type should have exactly one item")),
        BodySpec::Binary(Ok(selector)) => {
            let file = selector.as_ref().and_then(|selector| variables.get(selector)?.as_file().map(Arc::clone));
            let missing = || {
                let name = selector.as_ref().map_or_else(|| "[]".to_owned(), ToString::to_string);
                fault(FILE, format!("cannot fetch file with selector {name}"))
            };
            Content::File(file.ok_or_else(missing)?)
        }
        BodySpec::UrlEncoded(items) => {
            Content::Form(items.iter().map(|(key, value)| (key.render(variables), value.render(variables))).collect())
        }
        BodySpec::FormData(items) => {
            let (mut texts, mut files) = (Vec::new(), Vec::new());
            for item in items {
                let key = item.key.render(variables);
                match &item.value {
                    FormValue::Text(text) => texts.push((key, text.render(variables))),
                    FormValue::File(selector) => {
                        let found = found_files(selector.as_ref(), variables);
                        files.extend(found.into_iter().map(|file| (key.clone(), file)));
                    }
                }
            }
            Content::Multipart { texts, files }
        }
    })
}

/// Files of a form that lead nowhere are left out, as a form in a browser would.
fn found_files(selector: Option<&Selector>, variables: &Variables<'_>) -> Vec<Arc<File>> {
    let value = selector.and_then(|selector| variables.get(selector));
    value.map(|value| value.files()).unwrap_or_default()
}
