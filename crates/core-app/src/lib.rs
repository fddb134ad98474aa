//! Turning a question into an answer: one generator per app mode and the pipeline behind them.
//!
//! [`Engine::start`] prepares a turn (configuration, inputs, conversation, model; faults here are ordinary errors),
//! writes its message row, and spawns its task. The task asks whether the question may be answered, looks for an answer
//! that a person wrote, else asks the app's extensions and datasets and streams from the model; it sends frames into a bounded channel and to the run's event stream, writes the
//! message once more when it ends, and sends the last frame. The receiver is a [`Generation`]: a client reads it as a
//! stream, or folded into one [`Answer`].
//!
//! What must stay true: a client that goes away does not end a run; a run always ends with a saved message and a
//! terminal outcome; no database connection is held while a model works.

mod annotation_reply;
pub mod app_config;
mod engine;
mod error;
mod event;
mod extensions;
mod external_data;
mod files;
mod generation;
mod inputs;
pub mod knowledge;
mod memory;
mod moderation;
pub mod naming;
mod ports;
pub mod prompt;
mod request;
pub mod speech;
pub mod suggested_questions;
pub mod workflow;

pub use annotation_reply::AnnotationMatcher;
pub use engine::prepare::name as conversation_name;
pub use engine::{Engine, EngineParts, EngineSettings};
pub use error::{GenerateError, WireError};
pub use event::{Envelope, Metadata, StreamEvent};
pub use extensions::{Extension, ExtensionFault, ExtensionSource, Extensions};
pub use files::{FileReference, Files, StorageRest};
pub use generation::{Answer, End, Frame, Generation, PausedAnswer, Reply, WorkflowResult};
pub use inputs::Inputs;
pub use ports::ModelSource;
pub use request::{AppSnapshot, Request};
