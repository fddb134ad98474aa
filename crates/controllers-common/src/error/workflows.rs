//! Faults of building workflows.

use actix_web::http::StatusCode;
use services::draft_variables::DraftVariableError;
use services::workflow_history::HistoryError;
use services::workflows::WorkflowError;

use crate::error::ApiError;

impl From<WorkflowError> for ApiError {
    fn from(e: WorkflowError) -> Self {
        match e {
            WorkflowError::NoDraft => Self::new(StatusCode::NOT_FOUND, "draft_workflow_not_exist", e.to_string()),
            WorkflowError::NotInSync => Self::new(StatusCode::CONFLICT, "draft_workflow_not_sync", e.to_string()),
            WorkflowError::NotFound => Self::not_found(e.to_string()),
            WorkflowError::Unreadable { part, .. } => Self::invalid_field(part, e.to_string()),
            WorkflowError::Graph(_) => Self::invalid_field("graph", e.to_string()),
            WorkflowError::Features(_) => Self::invalid_field("features", e.to_string()),
            WorkflowError::NothingToPublish | WorkflowError::Variable(_) => Self::invalid_param(e.to_string()),
            WorkflowError::InUse(text) => Self::bad_request(text),
            WorkflowError::Model(e) => e.into(),
            WorkflowError::Secrets(_) | WorkflowError::Db(_) | WorkflowError::Interrupted(_) => Self::internal(&e),
        }
    }
}

impl From<HistoryError> for ApiError {
    fn from(e: HistoryError) -> Self {
        match &e {
            HistoryError::NoLastRun | HistoryError::NoRun | HistoryError::NoNode => {
                Self::new(StatusCode::NOT_FOUND, "not_found", e.to_string())
            }
            HistoryError::NoAccount(_) => Self::invalid_param(e.to_string()),
            HistoryError::Db(error) => Self::internal(error),
        }
    }
}

impl From<DraftVariableError> for ApiError {
    fn from(e: DraftVariableError) -> Self {
        match e {
            DraftVariableError::NoDraft => Self::new(StatusCode::NOT_FOUND, "draft_workflow_not_exist", e.to_string()),
            DraftVariableError::NotFound => Self::not_found(e.to_string()),
            DraftVariableError::NoNode(_) => Self::new(StatusCode::BAD_REQUEST, "invalid_argument", e.to_string()),
            DraftVariableError::BadName | DraftVariableError::NameTaken => Self::invalid_field("name", e.to_string()),
            DraftVariableError::BadValue(_) => Self::invalid_field("value", e.to_string()),
            DraftVariableError::NotEditable | DraftVariableError::NotResettable => Self::bad_request(e.to_string()),
            DraftVariableError::Named(e) => e.into(),
            DraftVariableError::File(e) => e.into(),
            DraftVariableError::Damaged(e) => Self::internal(&e),
            DraftVariableError::Db(e) => Self::internal(&e),
        }
    }
}
