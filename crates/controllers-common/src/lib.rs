//! What all tiers share of HTTP: who calls, what a body must look like, how an answer and an error go out.
//!
//! A handler's arguments prove everything before its first line runs: an extractor proves who calls ([`app_token`],
//! [`passport`], [`auth`]), another that the body has its shape ([`valid`]). Errors of services become wire errors in
//! [`error`] and nowhere else.

pub mod answer;
pub mod app_token;
pub mod archive;
pub mod audio;
pub mod auth;
pub mod client_address;
pub mod cookies;
pub mod cors;
mod data;
pub mod dataset_fields;
pub mod dataset_token;
pub mod download;
pub mod dto;
pub mod envelope;
pub mod error;
pub mod full_page;
pub mod generation;
pub mod guest;
pub mod headers;
pub mod idempotency;
pub mod indexing_fields;
pub mod ip_limit;
pub mod limits;
pub mod links;
pub mod paging;
pub mod passport;
#[cfg(test)]
mod properties;
pub mod query;
pub mod rules;
pub mod sse;
pub mod system_features;
pub mod upload;
pub mod valid;
