//! What goes over the wire while an answer is made: one JSON object per frame.

use bytes::Bytes;
use core_model_runtime::Usage;
use models::{AppMode, ConversationId, InvokeFrom, MessageId, WorkflowRunId};
use runs::RunId;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use crate::error::WireError;

/// What every frame of a run repeats.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub task: RunId,
    pub message: MessageId,
    pub conversation: ConversationId,
    /// Unix seconds.
    pub created_at: i64,
    pub mode: AppMode,
    pub invoke_from: InvokeFrom,
    /// The run of apps that are workflows.
    pub run: Option<WorkflowRunId>,
}

/// The closing facts of an answer.
#[derive(Debug, Clone, Serialize)]
pub struct Metadata {
    /// Inner `None` is `null` on the wire; outer `None` leaves the key out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation_reply: Option<Option<Value>>,
    pub retriever_resources: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl Metadata {
    /// All there is to know.
    pub fn full(usage: Usage) -> Self {
        Self { annotation_reply: Some(None), retriever_resources: Vec::new(), usage: Some(usage) }
    }

    /// Without what published pages do not show.
    pub fn simple(self) -> Self {
        Self { annotation_reply: None, usage: None, ..self }
    }
}

impl Envelope {
    /// Whether this origin gets every field. See the contract's "full versus simple".
    pub fn is_full(&self) -> bool {
        matches!(self.invoke_from, InvokeFrom::ServiceApi | InvokeFrom::Debugger)
    }

    /// The metadata as this origin's stream shows it: the chat family always gets all of it.
    pub fn stream_metadata(&self, metadata: Metadata) -> Metadata {
        if self.is_full() || self.mode.is_chat_family() { metadata } else { metadata.simple() }
    }

    /// The metadata as this origin's blocking answer shows it.
    pub fn blocking_metadata(&self, metadata: Metadata) -> Metadata {
        if self.is_full() { metadata } else { metadata.simple() }
    }
}

/// One event of a message stream.
#[derive(Debug)]
pub enum StreamEvent<'a> {
    Message {
        answer: &'a str,
    },
    /// The whole answer anew.
    MessageReplace {
        answer: &'a str,
        reason: &'a str,
    },
    MessageEnd {
        metadata: &'a Metadata,
    },
    /// With the files of a workflow's answer.
    WorkflowMessageEnd {
        metadata: &'a Metadata,
        files: &'a [Value],
    },
    Error(&'a WireError),
    /// A piece of sound, in base64; the last one is empty.
    Speech {
        audio: &'a str,
        is_last: bool,
    },
}

impl StreamEvent<'_> {
    /// The frame's JSON, on one line.
    pub fn frame(&self, envelope: &Envelope) -> Bytes {
        let mut json = Vec::with_capacity(320);
        // Writing strings and numbers into memory cannot fail.
        let _ = serde_json::to_writer(&mut json, &WithEnvelope { envelope, event: self });
        Bytes::from(json)
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::MessageReplace { .. } => "message_replace",
            Self::MessageEnd { .. } | Self::WorkflowMessageEnd { .. } => "message_end",
            Self::Error(_) => "error",
            Self::Speech { is_last: false, .. } => "tts_message",
            Self::Speech { is_last: true, .. } => "tts_message_end",
        }
    }
}

struct WithEnvelope<'a> {
    envelope: &'a Envelope,
    event: &'a StreamEvent<'a>,
}

impl Serialize for WithEnvelope<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Envelope { task, message, conversation, created_at, mode, run, .. } = self.envelope;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", self.event.name())?;
        if mode.is_chat_family() {
            map.serialize_entry("conversation_id", conversation)?;
        }
        if *mode == AppMode::Workflow {
            map.serialize_entry("workflow_run_id", run)?;
        } else {
            map.serialize_entry("message_id", message)?;
            map.serialize_entry("created_at", created_at)?;
        }
        if !matches!(self.event, StreamEvent::Error(_)) {
            map.serialize_entry("task_id", task)?;
        }
        match self.event {
            StreamEvent::Message { answer } => {
                map.serialize_entry("id", message)?;
                map.serialize_entry("answer", answer)?;
                map.serialize_entry("from_variable_selector", &())?;
            }
            StreamEvent::MessageReplace { answer, reason } => {
                map.serialize_entry("answer", answer)?;
                map.serialize_entry("reason", reason)?;
            }
            StreamEvent::MessageEnd { metadata } => {
                map.serialize_entry("id", message)?;
                map.serialize_entry("metadata", metadata)?;
                map.serialize_entry("files", &())?;
            }
            StreamEvent::WorkflowMessageEnd { metadata, files } => {
                map.serialize_entry("id", message)?;
                map.serialize_entry("metadata", metadata)?;
                map.serialize_entry("files", files)?;
            }
            StreamEvent::Speech { audio, is_last: _ } => map.serialize_entry("audio", audio)?,
            StreamEvent::Error(error) => {
                map.serialize_entry("code", error.code)?;
                map.serialize_entry("message", &error.message)?;
                map.serialize_entry("status", &error.status)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn envelope(mode: AppMode, invoke_from: InvokeFrom) -> Envelope {
        let id = Uuid::nil();
        Envelope {
            task: RunId(id),
            message: MessageId(id),
            conversation: ConversationId(id),
            created_at: 1_760_000_000,
            mode,
            invoke_from,
            run: None,
        }
    }

    fn json_of(event: &StreamEvent<'_>, mode: AppMode) -> Value {
        let frame = event.frame(&envelope(mode, InvokeFrom::ServiceApi));
        assert!(!frame.contains(&b'\n'));
        serde_json::from_slice(&frame).unwrap()
    }

    #[test]
    fn frames_have_the_contracts_keys() {
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(
            json_of(&StreamEvent::Message { answer: "Hel\n" }, AppMode::Chat),
            json!({"event": "message", "conversation_id": nil, "message_id": nil, "created_at": 1_760_000_000, "task_id": nil, "id": nil, "answer": "Hel\n", "from_variable_selector": null})
        );
        let end = json_of(&StreamEvent::MessageEnd { metadata: &Metadata::full(Usage::empty()) }, AppMode::Completion);
        assert_eq!(end.get("conversation_id"), None);
        assert_eq!((&end["metadata"]["annotation_reply"], &end["files"]), (&Value::Null, &Value::Null));
        assert!(end["metadata"].as_object().unwrap().contains_key("annotation_reply"));
        let error = WireError { code: "invalid_param", status: 400, message: "no".to_owned() };
        let error = json_of(&StreamEvent::Error(&error), AppMode::Chat);
        assert_eq!((error.get("task_id"), &error["status"]), (None, &json!(400)));
    }

    #[test]
    fn published_completion_pages_see_less() {
        let full = || Metadata::full(Usage::empty());
        let keys =
            |m: Metadata| serde_json::to_value(m).unwrap().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let web = |mode| envelope(mode, InvokeFrom::WebApp);
        assert_eq!(keys(web(AppMode::Completion).stream_metadata(full())), ["retriever_resources"]);
        assert_eq!(keys(web(AppMode::Chat).stream_metadata(full())).len(), 3);
        assert_eq!(keys(web(AppMode::Chat).blocking_metadata(full())), ["retriever_resources"]);
    }
}
