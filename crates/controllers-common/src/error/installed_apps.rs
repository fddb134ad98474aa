//! Faults of apps on a workspace's explore page.

use services::installed_apps::InstalledAppError;

use crate::error::ApiError;

impl From<InstalledAppError> for ApiError {
    fn from(e: InstalledAppError) -> Self {
        match e {
            InstalledAppError::NotFound | InstalledAppError::NoSuchApp => Self::not_found(e.to_string()),
            InstalledAppError::NotPublic => Self::forbidden(e.to_string()),
            InstalledAppError::OwnApp => Self::bad_request(e.to_string()),
            InstalledAppError::Access(cause) => cause.into(),
            InstalledAppError::Db(cause) => Self::internal(&cause),
        }
    }
}
