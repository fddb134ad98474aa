//! The caller of the Service API: an app key, and the person whom the caller names.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, ResponseError, dev, web};
use models::end_user::EndUser;
use models::{AppMode, Caller, InvokeFrom};
use serde_json::Value;
use services::directory::{AccessError, DatasetScope, Directory, LiveApp};
use services::end_users::EndUsers;
use services::generate::Asker;

use crate::error::ApiError;
use crate::rules::callers::{check_address, check_signature};

/// The app behind the request's key.
#[derive(Debug, Clone)]
pub struct AppToken(pub Arc<LiveApp>);

/// What the request's dataset key opens.
#[derive(Debug, Clone, Copy)]
pub struct DatasetToken(pub DatasetScope);

impl Deref for AppToken {
    type Target = LiveApp;
    fn deref(&self) -> &LiveApp {
        &self.0
    }
}

impl AppToken {
    /// # Errors
    /// `not_chat_app` unless the app has conversations.
    pub fn require_chat(&self) -> Result<(), ApiError> {
        if self.app.mode.is_chat_family() {
            return Ok(());
        }
        Err(ApiError::new(
            actix_web::http::StatusCode::BAD_REQUEST,
            "not_chat_app",
            "Please check if your app mode matches the right API route.",
        ))
    }

    /// # Errors
    /// `app_unavailable` unless it is a completion app.
    pub fn require_completion(&self) -> Result<(), ApiError> {
        if self.app.mode == AppMode::Completion {
            return Ok(());
        }
        Err(app_unavailable())
    }

    /// # Errors
    /// `not_workflow_app` unless it is a workflow.
    pub fn require_workflow(&self) -> Result<(), ApiError> {
        if self.app.mode == AppMode::Workflow {
            return Ok(());
        }
        Err(ApiError::new(
            actix_web::http::StatusCode::BAD_REQUEST,
            "not_workflow_app",
            "Please check if your app mode matches the right API route.",
        ))
    }

    /// The person whom the caller names. `user` may be any JSON value; missing and empty are the same.
    ///
    /// # Errors
    /// When the person can be neither found nor made.
    pub async fn end_user(&self, end_users: &EndUsers, user: Option<&str>) -> Result<Arc<EndUser>, ApiError> {
        Ok(end_users.of_service(&self.app, user.filter(|u| !u.is_empty())).await?)
    }
}

/// The fault of an app without a usable configuration.
pub fn app_unavailable() -> ApiError {
    ApiError::new(
        actix_web::http::StatusCode::BAD_REQUEST,
        "app_unavailable",
        "App unavailable, please check your app configurations.",
    )
}

/// A `user` argument as text: it may be any JSON value.
pub fn user_text(user: Option<&Value>) -> Option<String> {
    match user? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|t| !t.is_empty()),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => Some(other.to_string()),
    }
}

/// The `user` argument where it is mandatory.
///
/// # Errors
/// `invalid_param` when it is missing or empty.
pub fn required_user(user: Option<&Value>) -> Result<String, ApiError> {
    user_text(user).ok_or_else(|| ApiError::invalid_field("user", "Arg user must be provided."))
}

/// An end user of the Service API as somebody who asks questions.
pub fn asker(end_user: &EndUser) -> Asker {
    Asker {
        caller: Caller::EndUser(end_user.id),
        session: end_user.session_id.clone(),
        invoke_from: InvokeFrom::ServiceApi,
    }
}

impl FromRequest for AppToken {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        let token = bearer(request);
        let directory = directory(request);
        Box::pin(async move {
            if let Some(known) = known {
                return Ok(known);
            }
            Ok(Self(directory?.app_by_key(&token?).await?))
        })
    }
}

/// Middleware: proves the key before any argument of the handler is read, so that a wrong key is reported rather than a
/// wrong body.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn keys_only<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match admitted(&mut request).await {
        Ok(token) => {
            request.extensions_mut().insert(token);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(refusal) => Ok(request.into_response(refusal.error_response()).map_into_right_body()),
    }
}

/// The app behind the key, if it takes a request like this one.
async fn admitted(request: &mut ServiceRequest) -> Result<AppToken, ApiError> {
    let token = AppToken::extract(request.request()).await?;
    check_address(&token, request.request())?;
    check_signature(&token, request).await?;
    Ok(token)
}

impl FromRequest for DatasetToken {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let token = bearer(request);
        let directory = directory(request);
        Box::pin(async move { Ok(Self(directory?.scope_of_dataset_key(&token?).await?)) })
    }
}

fn directory(request: &HttpRequest) -> Result<web::Data<Directory>, ApiError> {
    let missing = || ApiError::internal(&AccessError::Internal("this tier has no app directory".into()));
    request.app_data::<web::Data<Directory>>().cloned().ok_or_else(missing)
}

fn bearer(request: &HttpRequest) -> Result<String, ApiError> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let Some((scheme, token)) = header.trim().split_once(' ') else {
        return Err(ApiError::unauthorized("Authorization header must be provided and start with 'Bearer'"));
    };
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(ApiError::unauthorized("Authorization header must be provided and start with 'Bearer'"));
    }
    Ok(token.trim().to_owned())
}
