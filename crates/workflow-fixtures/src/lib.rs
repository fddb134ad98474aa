//! Workflow files with what they must produce.
//!
//! A folder holds workflow files and one `cases.json`. A case names a file, inputs, what stands in for some of its nodes
//! (mocks), and what has to come out: status, outputs, streamed text, counts, events. [`run`](run::run) runs a case
//! through the engine and writes down what happened; [`compare`](compare::compare) says where that differs from what was
//! expected.

pub mod case;
pub mod check;
pub mod compare;
pub mod import;
pub mod mock;
pub mod run;
pub mod transcript;
