//! A part of a list that is read by going on from its last or first item.

use serde::Serialize;
use services::conversations::Page;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct Scroll<T> {
    /// As asked for.
    pub limit: usize,
    pub has_more: bool,
    pub data: Vec<T>,
}

impl<T> Scroll<T> {
    /// A page of a service, each item as its response.
    pub fn of<V>(limit: usize, page: Page<V>, response: impl FnMut(V) -> T) -> Self {
        Self { limit, has_more: page.has_more, data: page.items.into_iter().map(response).collect() }
    }

    pub const fn empty(limit: usize) -> Self {
        Self { limit, has_more: false, data: Vec::new() }
    }
}
