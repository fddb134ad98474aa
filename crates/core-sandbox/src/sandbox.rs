//! The front door: which language, and whether here or elsewhere.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::call::{Call, Language, Output, Returned, Script};
use crate::error::SandboxError;
use crate::javascript::JavaScript;
use crate::python::Python;
use crate::remote::Remote;
use crate::returned_json;
use crate::settings::{Limits, Mode, SandboxSettings};

/// Runs code of unknown people. Cheap to clone; clones share places and warm interpreters.
#[derive(Debug, Clone)]
pub struct Sandbox {
    limits: Arc<Limits>,
    place: Arc<Place>,
}

#[derive(Debug)]
enum Place {
    Here { javascript: JavaScript, python: Python },
    Elsewhere(Remote),
}

impl Sandbox {
    /// Starts nothing yet: interpreters are started by the first run.
    pub fn new(settings: SandboxSettings) -> Result<Self, SandboxError> {
        let limits = Arc::new(settings.limits);
        let place = match settings.mode {
            Mode::Local => Place::Here {
                javascript: JavaScript::new(&settings.javascript, Arc::clone(&limits))?,
                python: Python::new(settings.python, Arc::clone(&limits)),
            },
            Mode::Http(remote) => Place::Elsewhere(Remote::new(remote, Arc::clone(&limits))?),
        };
        Ok(Self { limits, place: Arc::new(place) })
    }

    /// Starts the interpreters that would otherwise be started by the first runs. An error says that Python code cannot
    /// be run here; JavaScript needs no preparation.
    pub async fn warm_up(&self) -> Result<(), SandboxError> {
        match &*self.place {
            Place::Here { python, .. } => python.warm_up().await,
            Place::Elsewhere(_) => Ok(()),
        }
    }

    /// Calls the script's `main` with the arguments and gives back what it returned.
    pub async fn call_main(&self, call: Call) -> Result<Returned, SandboxError> {
        let arguments = serde_json::Value::Object(call.arguments).to_string();
        self.admit(call.code.len().saturating_add(arguments.len()))?;
        let (json, stdout) = match (&*self.place, call.language) {
            (Place::Here { javascript, .. }, Language::JavaScript) => {
                javascript.call_main(call.code, arguments).await?
            }
            (Place::Here { python, .. }, Language::Python3) => {
                let arguments = RawValue::from_string(arguments).map_err(|e| SandboxError::internal(e.to_string()))?;
                python.call_main(&call.code, &arguments).await?
            }
            (Place::Elsewhere(remote), language) => {
                (remote.call_main(language, &call.code, &arguments).await?, String::new())
            }
        };
        Ok(Returned { value: returned_json::parse(json.as_bytes())?, stdout })
    }

    /// Runs a whole script and gives its output: what the API of dify-sandbox does.
    pub async fn run_script(&self, script: Script) -> Result<Output, SandboxError> {
        self.admit(script.code.len())?;
        match (&*self.place, script.language) {
            (Place::Here { javascript, .. }, Language::JavaScript) => javascript.run_script(script.code).await,
            (Place::Here { python, .. }, Language::Python3) => python.run_script(&script.code).await,
            (Place::Elsewhere(remote), language) => remote.run_script(language, &script.code).await,
        }
    }

    fn admit(&self, size: usize) -> Result<(), SandboxError> {
        if size > self.limits.input { Err(SandboxError::InputTooLarge { limit: self.limits.input }) } else { Ok(()) }
    }
}
