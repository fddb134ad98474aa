//! Faults of workspaces, their tags, their extensions and their plugin preferences.

use actix_web::http::StatusCode;
use services::api_extensions::ExtensionError;
use services::plugins::PluginError;
use services::tags::TagError;
use services::workspaces::WorkspaceError;

use crate::error::ApiError;

impl From<WorkspaceError> for ApiError {
    fn from(e: WorkspaceError) -> Self {
        let text = e.to_string();
        match &e {
            WorkspaceError::NotAMember => Self::new(StatusCode::FORBIDDEN, "account_not_link_tenant", text),
            WorkspaceError::Archived => Self::unauthorized(text),
            WorkspaceError::NotFound => Self::not_found(text),
            WorkspaceError::Myself => Self::new(StatusCode::BAD_REQUEST, "cannot-operate-self", text),
            WorkspaceError::NoSuchMember => Self::new(StatusCode::NOT_FOUND, "member-not-found", text),
            WorkspaceError::NotAllowed(_) => Self::forbidden(text),
            WorkspaceError::InvalidRole => Self::new(StatusCode::BAD_REQUEST, "invalid-role", text),
            WorkspaceError::SameRole => Self::invalid_param(text),
            WorkspaceError::Secrets(_) | WorkspaceError::Db(_) => Self::internal(&e),
        }
    }
}

impl From<TagError> for ApiError {
    fn from(e: TagError) -> Self {
        match &e {
            TagError::NotFound | TagError::NoSuchApp | TagError::NoSuchDataset => Self::not_found(e.to_string()),
            TagError::NameTaken => Self::invalid_param(e.to_string()),
            TagError::Db(_) => Self::internal(&e),
        }
    }
}

impl From<ExtensionError> for ApiError {
    fn from(e: ExtensionError) -> Self {
        match &e {
            ExtensionError::NotFound => Self::not_found(e.to_string()),
            ExtensionError::NoName
            | ExtensionError::NameTaken
            | ExtensionError::NoEndpoint
            | ExtensionError::TooLong(_)
            | ExtensionError::ShortKey
            | ExtensionError::KeyNeeded
            | ExtensionError::NoPong(_) => Self::invalid_param(e.to_string()),
            ExtensionError::Secrets(_) | ExtensionError::Db(_) => Self::internal(&e),
        }
    }
}

impl From<PluginError> for ApiError {
    fn from(e: PluginError) -> Self {
        match &e {
            PluginError::Db(_) => Self::internal(&e),
        }
    }
}
