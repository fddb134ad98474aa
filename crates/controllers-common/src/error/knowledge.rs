//! Faults of datasets, documents and segments.

use actix_web::http::StatusCode;
use core_app::GenerateError;
use core_app::knowledge::{ExternalError, FindError};
use core_rag::retrieve::RetrieveError;
use core_rag::store::StoreError;
use services::knowledge::KnowledgeError;

use crate::error::ApiError;

impl From<KnowledgeError> for ApiError {
    fn from(e: KnowledgeError) -> Self {
        let told = e.to_string();
        let bad = |code: &'static str, told| Self::new(StatusCode::BAD_REQUEST, code, told);
        match e {
            KnowledgeError::NoSuchDataset
            | KnowledgeError::NoSuchDocument
            | KnowledgeError::NoSuchSegment
            | KnowledgeError::NotFound(_) => Self::not_found(told),
            KnowledgeError::NoPermission | KnowledgeError::ApiDisabled => Self::forbidden(told),
            KnowledgeError::NameTaken => Self::new(StatusCode::CONFLICT, "dataset_name_duplicate", told),
            KnowledgeError::InUse => Self::new(StatusCode::CONFLICT, "dataset_in_use", told),
            KnowledgeError::Invalid(_) => Self::invalid_param(told),
            KnowledgeError::InvalidAction(_) => bad("invalid_action", told),
            KnowledgeError::InvalidMetadata => bad("invalid_metadata", told),
            KnowledgeError::Archived => Self::new(StatusCode::FORBIDDEN, "archived_document_immutable", told),
            KnowledgeError::NotUnderWay | KnowledgeError::Indexing => bad("document_indexing", told),
            KnowledgeError::AlreadyFinished => bad("document_already_finished", told),
            KnowledgeError::NotInitialized => bad("dataset_not_initialized", told),
            KnowledgeError::ChildIndex(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "child_chunk_indexing_error", told)
            }
            KnowledgeError::ChildIndexDelete(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "child_chunk_delete_index_error", told)
            }
            KnowledgeError::Estimate(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "indexing_estimate_error", told)
            }
            KnowledgeError::Model(e) => e.into(),
            KnowledgeError::Store(e) => e.into(),
            KnowledgeError::Find(e) => e.into(),
            KnowledgeError::External(ExternalError::Db(e)) => Self::internal(&e),
            KnowledgeError::External(_) => Self::invalid_param(told),
            KnowledgeError::File(e) => e.into(),
            KnowledgeError::Db(e) => Self::internal(&e),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(e: StoreError) -> Self {
        GenerateError::from(e).into()
    }
}

impl From<FindError> for ApiError {
    fn from(e: FindError) -> Self {
        match e {
            FindError::Model(e) => e.into(),
            FindError::Retrieve(e) => e.into(),
            FindError::Db(e) => Self::internal(&e),
        }
    }
}

impl From<RetrieveError> for ApiError {
    fn from(e: RetrieveError) -> Self {
        GenerateError::from(e).into()
    }
}
