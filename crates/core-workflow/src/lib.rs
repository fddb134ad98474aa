#![doc = include_str!("../README.md")]

pub mod capabilities;
mod definition;
pub mod dsl;
pub mod event;
pub mod graph;
mod limits;
mod node;
mod node_type;
pub mod nodes;
pub mod pool;
mod problems;
mod registry;
mod run;
mod selector;
mod signal;
mod template;
mod tolerant_json;
mod usage;
pub mod value;
mod workflow;
mod workflow_file;

pub use capabilities::Capabilities;
pub use definition::{Definition, DefinitionError};
pub use event::Event;
pub use limits::{CodeLimits, Limits};
pub use node::{Failure, Metadata, Node, NodeError, Outcome, PauseReason, Step, Trace, Visit, Write};
pub use node_type::NodeType;
pub use problems::{Problem, problems};
pub use registry::{Body, Build, Registry};
pub use run::{Checkpoint, CheckpointError, Command, Run, RunContext, RunHandle, RunSetup};
pub use selector::Selector;
pub use signal::Signals;
pub use template::{Segment, Template};
pub use usage::Usage;
pub use workflow::Workflow;
pub use workflow_file::{FileError, WorkflowFile};
