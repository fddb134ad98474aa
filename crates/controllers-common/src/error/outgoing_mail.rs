//! Faults of mails that other programs have sent.

use actix_web::http::StatusCode;
use services::outgoing_mail::OutgoingMailError;

use crate::error::ApiError;

impl From<OutgoingMailError> for ApiError {
    fn from(e: OutgoingMailError) -> Self {
        match e {
            OutgoingMailError::NotConfigured => {
                Self::new(StatusCode::BAD_REQUEST, "mail_not_configured", e.to_string())
            }
            OutgoingMailError::Receivers | OutgoingMailError::NoAddress(_) => Self::invalid_field("to", e.to_string()),
            OutgoingMailError::Subject => Self::invalid_field("subject", e.to_string()),
            OutgoingMailError::TooLong | OutgoingMailError::Template(_) => Self::invalid_field("body", e.to_string()),
            OutgoingMailError::Post(_) | OutgoingMailError::Db(_) => Self::internal(&e),
        }
    }
}
