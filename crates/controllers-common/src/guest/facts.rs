//! What somebody wants to know of an app before asking it.

use serde::Serialize;
use serde_json::{Map, Value};
use services::app_facts::AppFacts;
use services::files::Files;
use utoipa::ToSchema;

use super::Guest;
use crate::app_token::app_unavailable;
use crate::dto::ParametersDto;
use crate::error::ApiError;

/// The form and the features of the app.
///
/// # Errors
/// `app_unavailable` where nothing is published.
pub fn parameters(guest: &Guest, files: &Files) -> Result<ParametersDto, ApiError> {
    let config = guest.app.config.as_ref().ok_or_else(app_unavailable)?;
    Ok(ParametersDto::new(config, files.limits()))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Meta {
    /// Tool name to icon.
    #[schema(value_type = Object)]
    tool_icons: Map<String, Value>,
}

impl Meta {
    /// Icons of the app's tools.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(guest: &Guest, facts: &AppFacts) -> Result<Self, ApiError> {
        Ok(Self { tool_icons: facts.tool_icons(&guest.app).await? })
    }
}
