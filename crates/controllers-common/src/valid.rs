//! Bodies and queries that have been read and checked before a handler runs.
//!
//! A body that is no JSON, or no object, is a `bad_request`; one with wrong or missing fields an `invalid_param` that
//! names the field; one of another content type a 415. Unknown fields are ignored. NUL characters cannot be stored in
//! Postgres and are removed from every text and from the names of fields.

use std::mem;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev, web};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use validator::Validate;

use crate::error::ApiError;

/// Largest JSON body, in bytes; put into the app's data by the server.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit(pub usize);

const DEFAULT_LIMIT: BodyLimit = BodyLimit(10 * 1024 * 1024);

/// A JSON body that must be there and be declared as JSON.
#[derive(Debug)]
pub struct Valid<T>(pub T);

/// A JSON body that may be missing, empty, or declared as anything: as the Console's frontend sends it.
#[derive(Debug)]
pub struct Lenient<T>(pub T);

impl<T> Deref for Valid<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Deref for Lenient<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Valid<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let declared = is_json(request);
        let limit = limit(request);
        let payload = payload.take();
        Box::pin(async move {
            if !declared {
                let message =
                    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";
                return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
            }
            let bytes = read(payload, limit).await?;
            checked(parse(&bytes)?).map(Self)
        })
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Lenient<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let limit = limit(request);
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read(payload, limit).await?;
            let value =
                if bytes.trim_ascii().is_empty() { Value::Object(serde_json::Map::new()) } else { parse(&bytes)? };
            checked(value).map(Self)
        })
    }
}

/// A JSON body, declared as JSON or as plain text, parts of which are taken as they were written ([`JsonObject`],
/// [`JsonList`]). A page that is being closed cannot declare more than plain text.
#[derive(Debug)]
pub struct Verbatim<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Verbatim<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let declared = is_json(request) || essence(request) == "text/plain";
        let limit = limit(request);
        let payload = payload.take();
        Box::pin(async move {
            if !declared {
                let message = "The body must be JSON, declared as application/json or text/plain.";
                return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
            }
            let bytes = read(payload, limit).await?;
            serde_json::from_slice::<JsonObject>(&bytes).map_err(|_syntax| no_json())?;
            let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
            named(serde_path_to_error::deserialize(&mut deserializer)).and_then(validated).map(Self)
        })
    }
}

macro_rules! as_written {
    ($($(#[$meta:meta])* $name:ident, $begin:literal, $what:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name(Box<RawValue>);

        impl $name {
            /// The JSON text.
            pub fn into_text(self) -> String {
                String::from(Box::<str>::from(self.0))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = Box::<RawValue>::deserialize(deserializer)?;
                if raw.get().starts_with($begin) {
                    Ok(Self(raw))
                } else {
                    Err(serde::de::Error::custom(concat!("must be ", $what)))
                }
            }
        }
    )+};
}

as_written! {
    /// An object as the client wrote it.
    JsonObject, '{', "an object";
    /// A list as the client wrote it.
    JsonList, '[', "a list";
}

/// Query parameters.
#[derive(Debug)]
pub struct ValidQuery<T>(pub T);

impl<T> Deref for ValidQuery<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for ValidQuery<T> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let parsed =
            crate::query::read::<T>(request.query_string()).map_err(|e| ApiError::invalid_param(e.to_string()));
        std::future::ready(parsed.and_then(validated).map(Self))
    }
}

pub(crate) fn limit(request: &HttpRequest) -> usize {
    request.app_data::<web::Data<BodyLimit>>().map_or(DEFAULT_LIMIT, |limit| *limit.get_ref()).0
}

fn essence(request: &HttpRequest) -> String {
    let declared = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(request: &HttpRequest) -> bool {
    let essence = essence(request);
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

pub(crate) async fn read(mut payload: dev::Payload, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|e| ApiError::bad_request(format!("The body could not be read: {e}")))?;
        if bytes.len() + piece.len() > limit {
            return Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "request_entity_too_large",
                format!("The body is larger than {limit} bytes."),
            ));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn no_json() -> ApiError {
    ApiError::bad_request(
        "The browser (or proxy) sent a request that this server could not understand: the body is no valid JSON.",
    )
}

fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    let mut value: Value = serde_json::from_slice(bytes).map_err(|_syntax| no_json())?;
    if !value.is_object() {
        return Err(ApiError::bad_request("The body must be a JSON object."));
    }
    without_nul(&mut value);
    Ok(value)
}

fn without_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', ""),
        Value::Array(items) => items.iter_mut().for_each(without_nul),
        Value::Object(object) => {
            if object.keys().any(|key| key.contains('\0')) {
                *object = mem::take(object).into_iter().map(|(key, value)| (key.replace('\0', ""), value)).collect();
            }
            object.values_mut().for_each(without_nul);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn checked<T: DeserializeOwned + Validate>(value: Value) -> Result<T, ApiError> {
    validated(named(serde_path_to_error::deserialize(value))?)
}

/// Says which field is wrong.
fn named<T, E: std::fmt::Display>(parsed: Result<T, serde_path_to_error::Error<E>>) -> Result<T, ApiError> {
    parsed.map_err(|e| {
        let path = e.path().to_string();
        let reason = e.into_inner().to_string();
        if path == "." {
            ApiError::invalid_param(reason)
        } else {
            ApiError::invalid_field(&path, format!("{path}: {reason}"))
        }
    })
}

fn validated<T: Validate>(value: T) -> Result<T, ApiError> {
    match value.validate() {
        Ok(()) => Ok(value),
        Err(errors) => Err(fault(&errors)),
    }
}

/// The first fault, by field name.
fn fault(errors: &validator::ValidationErrors) -> ApiError {
    let mut fields: Vec<_> = errors.field_errors().into_iter().collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    let Some((field, faults)) = fields.first() else { return ApiError::invalid_param("The arguments are not valid.") };
    let first = faults.first();
    let text = first
        .and_then(|f| f.message.as_deref().map(str::to_owned))
        .unwrap_or_else(|| first.map_or_else(|| "is not valid".to_owned(), describe));
    ApiError::invalid_field(field, format!("{field}: {text}"))
}

fn describe(fault: &validator::ValidationError) -> String {
    let bound = |name: &str| fault.params.get(name).map(ToString::to_string);
    match (fault.code.as_ref(), bound("min"), bound("max")) {
        ("length", Some(min), Some(max)) => format!("must have {min} to {max} characters"),
        ("length", Some(min), None) => format!("must have at least {min} characters"),
        ("length", None, Some(max)) => format!("must have at most {max} characters"),
        ("range", Some(min), Some(max)) => format!("must be between {min} and {max}"),
        (code, ..) => format!("is not valid ({code})"),
    }
}

#[cfg(test)]
mod properties;
