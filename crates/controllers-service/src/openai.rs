//! Apps for clients that speak OpenAI's protocol: `GET /v1/models` and `POST /v1/chat/completions` with an app's key.
//!
//! The app decides about its model and everything that goes with it: of a request count its messages, its person and its
//! files. See OpenAI's API reference, "Chat Completions".

pub(crate) mod answer;
pub(crate) mod asked;
pub(crate) mod completions;
pub(crate) mod fault;
pub(crate) mod files;
pub(crate) mod models;
pub(crate) mod request;
pub(crate) mod stream;
