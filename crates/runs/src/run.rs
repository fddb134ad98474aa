//! The words of this crate: ids, owners, ends.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The id of one generation; on the wire it is the `task_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub Uuid);

impl RunId {
    /// A new id.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Who may stop a run. The text form is the value of Dify's ownership key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Someone signed in: debugger, explore.
    Account(Uuid),
    /// Someone behind an API key or a web app.
    EndUser(Uuid),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account-{id}"),
            Self::EndUser(id) => write!(f, "end-user-{id}"),
        }
    }
}

impl FromStr for Owner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || format!("`{text}` is no owner");
        let id = |text: &str| text.parse::<Uuid>().map_err(|_cause| unknown());
        if let Some(rest) = text.strip_prefix("account-") {
            return id(rest).map(Self::Account);
        }
        text.strip_prefix("end-user-").map_or_else(|| Err(unknown()), |rest| id(rest).map(Self::EndUser))
    }
}

/// A run about to start.
#[derive(Debug, Clone)]
pub struct NewRun {
    pub id: RunId,
    pub tenant: Uuid,
    pub app: Uuid,
    pub owner: Owner,
    /// Another id by which it can be found: that of a workflow's run.
    pub alias: Option<Uuid>,
    /// The app's mode, such as `chat`; a metric label.
    pub mode: String,
    /// What whoever cleans up after a crash has to know, such as `{"message_id": ..}`. Never user text.
    pub subject: Value,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    Failed,
    Stopped,
    /// It waits for somebody, and may be started again under the same id.
    Paused,
}

impl Outcome {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
        }
    }
}

/// Where a run is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    Live,
    Ended(Outcome),
}

impl RunState {
    pub(crate) const LIVE: &'static str = "live";

    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            Self::LIVE => Some(Self::Live),
            "finished" => Some(Self::Ended(Outcome::Finished)),
            "failed" => Some(Self::Ended(Outcome::Failed)),
            "stopped" => Some(Self::Ended(Outcome::Stopped)),
            "paused" => Some(Self::Ended(Outcome::Paused)),
            _ => None,
        }
    }
}

/// A run as any process sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    pub id: RunId,
    pub tenant: Uuid,
    pub app: Uuid,
    pub owner: Owner,
    pub mode: String,
    pub subject: Value,
    pub state: RunState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_survive_their_text() {
        for owner in [Owner::Account(Uuid::new_v4()), Owner::EndUser(Uuid::new_v4())] {
            assert_eq!(owner.to_string().parse(), Ok(owner));
        }
        assert!("somebody-else".parse::<Owner>().is_err());
        assert!(Owner::EndUser(Uuid::nil()).to_string().starts_with("end-user-0000"));
    }

    #[test]
    fn states_survive_their_text() {
        for outcome in [Outcome::Finished, Outcome::Failed, Outcome::Stopped, Outcome::Paused] {
            assert_eq!(RunState::parse(outcome.as_str()), Some(RunState::Ended(outcome)));
        }
        assert_eq!(RunState::parse("live"), Some(RunState::Live));
    }
}
