//! Pages of datasets: any number is taken, and what is out of range is brought into it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Most rows of a page, whatever was asked for.
const MOST: i64 = 100;

/// `page` and `limit` as they were asked for.
#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    pub page: i64,
    pub limit: i64,
}

impl Default for Paging {
    fn default() -> Self {
        Self { page: 1, limit: 20 }
    }
}

impl Paging {
    /// Numbers that cannot be read count as missing.
    #[must_use]
    pub fn lenient(page: Option<&str>, limit: Option<&str>) -> Self {
        let number = |text: Option<&str>, default| text.and_then(|text| text.trim().parse().ok()).unwrap_or(default);
        Self { page: number(page, 1), limit: number(limit, 20) }
    }

    /// Rows that are read.
    pub fn rows(self) -> i64 {
        self.limit.clamp(0, MOST)
    }

    /// Rows that are left out before them.
    pub fn offset(self) -> i64 {
        (self.page.max(1) - 1).saturating_mul(self.rows())
    }
}

/// `has_more` says that the page is full, not that there is a next one.
#[derive(Debug, Serialize, ToSchema)]
pub struct FullPage<T> {
    pub data: Vec<T>,
    pub has_more: bool,
    pub limit: i64,
    pub total: i64,
    pub page: i64,
}

impl<T> FullPage<T> {
    /// As it was asked for, with what was found.
    pub fn new(paging: Paging, total: i64, data: Vec<T>) -> Self {
        let full = i64::try_from(data.len()).unwrap_or(i64::MAX) == paging.limit;
        Self { data, has_more: full, limit: paging.limit, total, page: paging.page }
    }
}
