//! Answers that many routes give.

use chrono::NaiveDateTime;
use serde::Serialize;
use utoipa::ToSchema;

/// `{"result": "success"}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Success {
    result: &'static str,
}

pub(crate) const SUCCESS: Success = Success { result: "success" };

/// A list in `data`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Data<T> {
    pub data: T,
}

/// Unix seconds of a stored time.
pub(crate) fn seconds(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp()
}

/// An item of a list that is always empty in this release.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) enum Nothing {}
