//! Lists by page number.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// `page` and `limit` of a list.
#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    #[validate(range(min = 1, max = 99999))]
    pub page: i64,
    #[validate(range(min = 1, max = 100))]
    pub limit: i64,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self { page: 1, limit: 20 }
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub page: i64,
    pub limit: i64,
    pub total: i64,
    pub has_more: bool,
    pub data: Vec<T>,
}

impl<T> Page<T> {
    pub fn new(query: PageQuery, total: i64, data: Vec<T>) -> Self {
        let has_more = query.page.saturating_mul(query.limit) < total;
        Self { page: query.page, limit: query.limit, total, has_more, data }
    }
}

/// A list that is no page: `{"data": [...]}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct DataList<T> {
    pub data: Vec<T>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_told_by_the_total() {
        for (page, limit, total, has_more) in
            [(1, 20, 20, false), (1, 20, 21, true), (2, 10, 15, false), (1, 5, 0, false)]
        {
            assert_eq!(Page::<u8>::new(PageQuery { page, limit }, total, Vec::new()).has_more, has_more);
        }
    }
}
