#![doc = include_str!("../README.md")]

mod call;
mod error;
mod javascript;
#[cfg(target_os = "linux")]
mod python;
#[cfg(not(target_os = "linux"))]
#[path = "python_elsewhere.rs"]
mod python;
mod remote;
mod returned_json;
mod sandbox;
mod settings;

pub use call::{Call, Language, Output, Returned, Script};
pub use error::SandboxError;
pub use sandbox::Sandbox;
pub use settings::{JavaScriptSettings, Limits, Mode, PythonSettings, RemoteSettings, SandboxSettings};
