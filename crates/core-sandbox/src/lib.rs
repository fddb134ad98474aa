#![doc = include_str!("../README.md")]

mod call;
mod error;
mod javascript;
mod returned_json;
mod sandbox;
mod settings;

pub use call::{Call, Language, Output, Returned, Script};
pub use error::SandboxError;
pub use sandbox::Sandbox;
pub use settings::{JavaScriptSettings, Limits, Mode, PythonSettings, RemoteSettings, SandboxSettings};
