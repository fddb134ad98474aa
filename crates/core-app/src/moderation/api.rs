//! An extension of the workspace that judges. It may say what is to be read or shown instead.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{InputVerdict, Judge, OutputVerdict};
use crate::error::GenerateError;
use crate::extensions::ExtensionFault;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    DirectOutput,
    Overridden,
}

/// What an extension says. Only what is flagged needs an action.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply {
    flagged: bool,
    action: Option<Action>,
    preset_response: Option<String>,
    inputs: Option<Map<String, Value>>,
    query: Option<String>,
    text: Option<String>,
}

impl Reply {
    /// What is to be done about something that is flagged; `None` if it is not.
    fn read(reply: Map<String, Value>) -> Result<Option<(Action, Self)>, ExtensionFault> {
        let unreadable = |why: String| ExtensionFault::Unreadable(why);
        let reply = Self::deserialize(Value::Object(reply)).map_err(|e| unreadable(e.to_string()))?;
        if !reply.flagged {
            return Ok(None);
        }
        let action = reply.action.ok_or_else(|| unreadable("action is missing".to_owned()))?;
        Ok(Some((action, reply)))
    }

    fn preset(self, configured: &str) -> String {
        let given = self.preset_response.filter(|text| !text.is_empty());
        given.unwrap_or_else(|| configured.to_owned())
    }
}

impl Judge<'_> {
    pub(super) async fn input_by_api(
        self,
        extension: Option<Uuid>,
        preset: &str,
        inputs: &Map<String, Value>,
        query: &str,
    ) -> Result<InputVerdict, GenerateError> {
        let params = json!({"app_id": self.app, "inputs": inputs, "query": query});
        let reply = self.parts.extensions.ask(self.tenant, extension, "app.moderation.input", &params).await?;
        let read = Reply::read(reply).map_err(|fault| GenerateError::InvalidParam(fault.to_string()))?;
        Ok(match read {
            None => InputVerdict::Clean,
            Some((Action::DirectOutput, reply)) => InputVerdict::Refused(reply.preset(preset)),
            Some((Action::Overridden, reply)) => InputVerdict::Overridden { inputs: reply.inputs, query: reply.query },
        })
    }

    pub(super) async fn output_by_api(
        self,
        extension: Option<Uuid>,
        preset: &str,
        text: &str,
    ) -> Result<OutputVerdict, GenerateError> {
        let params = json!({"app_id": self.app, "text": text});
        let reply = self.parts.extensions.ask(self.tenant, extension, "app.moderation.output", &params).await?;
        let read = Reply::read(reply).map_err(|fault| GenerateError::InvalidParam(fault.to_string()))?;
        Ok(match read {
            None => OutputVerdict::Clean,
            Some((Action::DirectOutput, reply)) => OutputVerdict::Refused(reply.preset(preset)),
            Some((Action::Overridden, reply)) => {
                let missing = || GenerateError::InvalidParam("the API-based Extension gives no text".to_owned());
                OutputVerdict::Overridden(reply.text.ok_or_else(missing)?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reply: Value) -> Result<Option<Action>, String> {
        let read = Reply::read(reply.as_object().unwrap().clone());
        read.map(|flagged| flagged.map(|(action, _)| action)).map_err(|fault| fault.to_string())
    }

    #[test]
    fn only_what_is_flagged_needs_an_action() {
        assert_eq!(read(json!({})), Ok(None));
        assert_eq!(read(json!({"flagged": false, "action": null})), Ok(None));
        assert_eq!(read(json!({"flagged": true, "action": "overridden"})), Ok(Some(Action::Overridden)));
        assert_eq!(read(json!({"flagged": true, "action": "direct_output"})), Ok(Some(Action::DirectOutput)));
        for lie in [
            json!({"flagged": true}),
            json!({"flagged": "perhaps"}),
            json!({"flagged": true, "action": "shrug"}),
            json!({"flagged": true, "action": "overridden", "inputs": []}),
            json!({"flagged": true, "action": "overridden", "query": 5}),
        ] {
            assert!(read(lie.clone()).unwrap_err().contains("cannot be read"), "{lie}");
        }
    }
}
