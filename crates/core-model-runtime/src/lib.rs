//! Calling AI models of many providers through one interface.
//!
//! A call flows like this: [`Runtime::stream_chat`] looks up the model's schema, filters the parameters, asks the
//! circuit breaker, hands the request to the provider's adapter (`providers/*`), which translates it to the vendor's
//! wire format, and gets back a stream of small deltas. The runtime merges tool calls, wraps reasoning, prices the
//! tokens and yields [`ChatChunk`]s, one per upstream event, without buffering.
//!
//! What must stay true: vendor JSON never leaves a provider's folder; every upstream byte goes through `egress`;
//! dropping a stream cancels its upstream request; secrets are never logged. This crate knows no database, no Redis
//! and no HTTP server.

mod assemble;
mod capability;
mod chat;
mod credentials;
mod decimal;
mod error;
mod id;
mod message;
mod model_type;
mod parameters;
mod providers;
mod registry;
mod runtime;
mod schema;
mod tokens;
mod transport;
mod usage;

pub use capability::{
    AudioStream, ChatCall, ChatModel, Delta, DeltaStream, Embedded, EmbeddingInput, ModelProvider, Moderation, Picture,
    Recording, Rerank, RerankedDocument, SpeechToText, TextEmbedding, TextToSpeech, ToolCallPart,
};
pub use chat::{ChatChunk, ChatRequest, ChatResult, ChatStream, FinishReason, ModelRef};
pub use credentials::{Credentials, CredentialsError, FieldProblem};
pub use error::InvokeError;
pub use id::{ProviderId, ProviderIdError};
pub use message::{ContentPart, ImageDetail, Media, MediaSource, MessageContent, PromptMessage, Role, Tool, ToolCall};
pub use model_type::ModelType;
pub use registry::{BuiltinOptions, CatalogueError, RegisteredProvider, Registry};
pub use runtime::{EmbeddingResult, EmbeddingUsage, Limits, Runtime, Seat};
pub use schema::{
    AiModel, CredentialSchema, Feature, FetchFrom, FormOption, FormSchema, FormType, Help, I18n, ModelCredentialSchema,
    ModelField, ModelMode, ModelProperties, ParameterRule, ParameterType, PriceConfig, ProviderEntity, ShowOn,
    Template, Voice,
};
pub use transport::Upstream;
pub use usage::{TokenCount, Usage};
