//! Model providers of the workspace.
//!
//! A provider id in a path is one part (`openai`) or three (`langgenius/openai/openai`).

mod credentials;
mod defaults;
mod icon;
mod list;
mod model_credentials;
mod models;
mod provider_dto;

use controllers_common::auth::{Admin, ConsoleUser};
use controllers_common::dto::model::model_type;
use controllers_common::error::ApiError;
use core_model_runtime::ModelType;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::secrets::HIDDEN;
use utoipa::ToSchema;
use validator::Validate;

pub(crate) use credentials::*;
pub(crate) use defaults::*;
pub(crate) use icon::*;
pub(crate) use list::*;
pub(crate) use model_credentials::*;
pub(crate) use models::*;

/// A model named in a body.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ModelBody {
    #[validate(length(min = 1, max = 255))]
    model: String,
    #[schema(value_type = String)]
    model_type: ModelType,
}

/// What checking credentials came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CredentialsVerdict {
    /// `success` or `error`.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl CredentialsVerdict {
    /// Refused credentials are an answer; a fault of ours is not.
    fn from(outcome: Result<(), services::providers::ProviderError>) -> Result<Self, ApiError> {
        use services::providers::ProviderError;
        match outcome {
            Ok(()) => Ok(Self { result: "success", error: None }),
            Err(refused @ ProviderError::Credentials(_)) => {
                Ok(Self { result: "error", error: Some(refused.to_string()) })
            }
            Err(other) => Err(other.into()),
        }
    }
}

/// A check sends the stored secret to whatever address the form names: only who may change it may ask for that.
fn may_check(user: &ConsoleUser, values: &Map<String, Value>) -> Result<(), ApiError> {
    if Admin::RIGHT.allows(user.role) || values.values().all(|value| value != HIDDEN) {
        return Ok(());
    }
    Err(ApiError::forbidden("Stored credentials can be checked by owners and administrators only."))
}
