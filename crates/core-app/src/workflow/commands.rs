//! What a run is told from outside, as Dify's engines read it.

use core_workflow::event::StopCause;
use core_workflow::value::Value;
use core_workflow::{Command, Definition, Selector};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(tag = "command_type", rename_all = "snake_case")]
enum Told {
    Abort {
        #[serde(default)]
        reason: Option<String>,
    },
    Pause {
        #[serde(default)]
        reason: Option<String>,
    },
    UpdateVariables {
        #[serde(default)]
        updates: Vec<Update>,
    },
}

#[derive(Debug, Deserialize)]
struct Update {
    value: Definition,
}

/// The reason of the API's stop; whoever stops that way is told so in its own words.
const STOPPED_BY_USER: &str = "User requested stop";
const NO_ABORT_REASON: &str = "User requested abort";
const NO_PAUSE_REASON: &str = "unknown reason";

/// A command, or `None` (and a line in the log) for what is none.
pub(super) fn read(text: &str) -> Option<Command> {
    let told = serde_json::from_str(text)
        .inspect_err(|error| tracing::warn!(error = %error, "a command for a run cannot be read and is skipped"));
    Some(match told.ok()? {
        Told::Abort { reason } => {
            let reason = given(reason, NO_ABORT_REASON);
            let cause = if reason == STOPPED_BY_USER { StopCause::User } else { StopCause::Command };
            Command::Stop { cause, reason }
        }
        Told::Pause { reason } => Command::Pause { reason: given(reason, NO_PAUSE_REASON) },
        Told::UpdateVariables { updates } => {
            Command::UpdateVariables(updates.into_iter().filter_map(|update| variable(&update.value)).collect())
        }
    })
}

fn given(reason: Option<String>, otherwise: &str) -> String {
    reason.filter(|reason| !reason.is_empty()).unwrap_or_else(|| otherwise.to_owned())
}

/// Without a place or with a value of another type it is ignored.
fn variable(definition: &Definition) -> Option<(Selector, Value)> {
    let selector = Selector::new(definition.selector.iter().map(String::as_str));
    let value = definition.typed();
    match (selector, value) {
        (Some(selector), Ok(value)) => Some((selector, value)),
        (None, _) => {
            tracing::warn!(name = definition.name, "a variable without a selector is not updated");
            None
        }
        (_, Err(error)) => {
            tracing::warn!(error = %error, "a variable is not updated");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_their_reasons_and_defaults() {
        let stop = |cause, reason: &str| Some(Command::Stop { cause, reason: reason.to_owned() });
        let pause = |reason: &str| Some(Command::Pause { reason: reason.to_owned() });
        for (text, expected) in [
            (r#"{"command_type":"abort","reason":"too dear","payload":null}"#, stop(StopCause::Command, "too dear")),
            (r#"{"command_type":"abort"}"#, stop(StopCause::Command, "User requested abort")),
            (
                r#"{"command_type":"abort","reason":"User requested stop"}"#,
                stop(StopCause::User, "User requested stop"),
            ),
            (r#"{"command_type":"pause","reason":null}"#, pause("unknown reason")),
            (r#"{"command_type":"dance"}"#, None),
            ("no json", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn variables_without_a_place_or_of_another_type_are_left_out() {
        let text = r#"{"command_type":"update_variables","updates":[
            {"value":{"name":"a","value_type":"string","value":"x","selector":["n","a"]}},
            {"value":{"name":"b","value_type":"string","value":"x","selector":["b"]}},
            {"value":{"name":"c","value_type":"number","value":"x","selector":["n","c"]}},
            {"value":{"name":"d","value_type":"array[string]","value":["y"],"selector":["n","d"]}}
        ]}"#;
        let Some(Command::UpdateVariables(updates)) = read(text) else { panic!("no updates") };
        let names: Vec<_> = updates.iter().map(|(selector, _)| selector.dotted()).collect();
        assert_eq!(names, ["n.a", "n.d"]);
    }
}
