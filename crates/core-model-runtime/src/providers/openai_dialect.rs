//! The OpenAI dialect, spoken by many vendors: where an endpoint is and how it differs is data, the rest is shared.

mod audio;
mod chat;
mod decode;
mod embedding;
mod endpoint;
mod map;
mod moderation;
mod ping;
mod rerank;
mod wire;

pub(crate) use audio::{DialectSpeechToText, DialectTextToSpeech};
pub(crate) use chat::DialectChat;
pub(crate) use embedding::{DialectEmbedding, EmbeddingTasks, VectorEncoding};
pub(crate) use endpoint::{Endpoint, LengthLimit, ToolStyle};
pub(crate) use moderation::DialectModeration;
pub(crate) use ping::{list_models, ping};
pub(crate) use rerank::DialectRerank;
