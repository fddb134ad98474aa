//! Faults of apps, their keys and model providers.

use actix_web::http::StatusCode;
use services::api_keys::ApiKeyError;
use services::app_files::AppFileError;
use services::apps::AppError;
use services::providers::{ProviderError, ResolveError};

use crate::error::ApiError;

impl From<AppError> for ApiError {
    fn from(e: AppError) -> Self {
        match e {
            AppError::NotFound => Self::app_not_found(),
            AppError::NoSite => Self::not_found(e.to_string()),
            AppError::CannotCopy(_) | AppError::CannotConvert(_) => Self::bad_request(e.to_string()),
            AppError::Workflow(e) => (*e).into(),
            AppError::Config(_) | AppError::NoSuchPicture => Self::invalid_param(e.to_string()),
            AppError::Providers(e) => e.into(),
            AppError::Keys(e) => e.into(),
            AppError::Db(e) => Self::internal(&e),
        }
    }
}

impl From<AppFileError> for ApiError {
    fn from(e: AppFileError) -> Self {
        match e {
            AppFileError::App(e) => (*e).into(),
            AppFileError::Workflow(e) => (*e).into(),
            AppFileError::NoDraft | AppFileError::NoConfig => Self::invalid_param(e.to_string()),
            AppFileError::NoSuchVersion => Self::not_found(e.to_string()),
            // What waits to be confirmed is in Redis only.
            AppFileError::Sessions(e) => Self::unavailable("the store of imports", &e),
            AppFileError::Secrets(_) | AppFileError::Db(_) | AppFileError::Interrupted(_) => Self::internal(&e),
        }
    }
}

impl From<ApiKeyError> for ApiError {
    fn from(e: ApiKeyError) -> Self {
        match &e {
            ApiKeyError::NotFound | ApiKeyError::NoSuchDataset => Self::not_found(e.to_string()),
            ApiKeyError::TooMany => Self::new(StatusCode::BAD_REQUEST, "max_keys_exceeded", e.to_string()),
            ApiKeyError::Secrets(_) | ApiKeyError::Db(_) => Self::internal(&e),
        }
    }
}

impl From<ProviderError> for ApiError {
    fn from(e: ProviderError) -> Self {
        match &e {
            ProviderError::Id(core_model_runtime::ProviderIdError::Empty) => Self::not_found(e.to_string()),
            ProviderError::NoSuchCredential => Self::not_found(e.to_string()),
            ProviderError::Id(_)
            | ProviderError::Unknown(_)
            | ProviderError::Credentials(_)
            | ProviderError::NameTaken(_)
            | ProviderError::NameTooLong
            | ProviderError::NoSuchModel(_)
            | ProviderError::NotActive { .. } => Self::invalid_param(e.to_string()),
            ProviderError::Secrets(_)
            | ProviderError::Db(_)
            | ProviderError::Cached(_)
            | ProviderError::CachedSecret(_) => Self::internal(&e),
        }
    }
}

impl From<ResolveError> for ApiError {
    fn from(e: ResolveError) -> Self {
        let bad = |code: &'static str| Self::new(StatusCode::BAD_REQUEST, code, e.to_string());
        match &e {
            ResolveError::ProviderNotInitialized(_) => bad("provider_not_initialize"),
            ResolveError::QuotaExceeded => bad("provider_quota_exceeded"),
            ResolveError::ModelNotSupported(_) => bad("model_currently_not_support"),
            ResolveError::Db(_) | ResolveError::Secrets(_) => Self::internal(&e),
        }
    }
}
