//! Answers that are spoken while they are made: text is cut into sentences, sentences are spoken in batches, and the
//! sound goes out among the frames of the answer, and after its last one.
//!
//! The run knows nothing of it: what is read here are its frames. Sound is for whoever listens now; clients that come
//! back later get the frames of the run alone.

mod sentences;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use core_model_runtime::ModelType;
use futures::StreamExt as _;
use models::TenantId;
use runs::Cursor;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::app_config::ConfigDocument;
use crate::engine::{Engine, EngineParts};
use crate::event::{Envelope, StreamEvent};
use crate::generation::{Frame, Generation};
use sentences::Batches;

/// Batches that wait for their turn to be spoken; a batch that finds no place joins the next one.
const WAITING_BATCHES: usize = 16;
/// Pieces of sound that wait for their client.
const WAITING_SOUNDS: usize = 32;
/// For how long the end waits for sound that does not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// How an app speaks by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoPlay {
    /// The model's own where it is missing.
    voice: Option<String>,
}

impl AutoPlay {
    /// `None` unless the app is configured to speak.
    pub fn of(document: &ConfigDocument) -> Option<Self> {
        let feature = document.get("text_to_speech")?;
        let text = |key: &str| feature.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let on = feature.get("enabled").and_then(Value::as_bool) == Some(true) && text("autoPlay") == Some("enabled");
        on.then(|| Self { voice: text("voice").map(str::to_owned) })
    }
}

impl Engine {
    /// The same generation, spoken by the workspace's default model. Where that fails, nothing is heard, and the answer
    /// goes on.
    pub fn spoken(&self, tenant: TenantId, how: AutoPlay, generation: Generation) -> Generation {
        let (out, frames) = mpsc::channel(crate::engine::FRAMES_IN_FLIGHT);
        let Generation { envelope, frames: answer } = generation;
        let listener = Listener { out, envelope: envelope.clone(), at: Cursor::START };
        let (batches, queue) = mpsc::channel(WAITING_BATCHES);
        let (sounds, heard) = mpsc::channel(WAITING_SOUNDS);
        let parts = Arc::clone(self.shared_arc());
        self.spawn_background(async move { speak(&parts, tenant, how, queue, sounds).await });
        self.spawn_background(listener.follow(answer, batches, heard));
        Generation { envelope, frames }
    }
}

/// Speaks batch after batch, until there are no more or nobody listens.
async fn speak(
    parts: &EngineParts,
    tenant: TenantId,
    how: AutoPlay,
    mut queue: mpsc::Receiver<String>,
    sounds: mpsc::Sender<Bytes>,
) {
    let Some(first) = queue.recv().await else { return };
    let model = match parts.models.default_model(tenant, ModelType::Tts).await {
        Ok(model) => model,
        Err(error) => {
            tracing::warn!(error = %error, "an answer is not spoken: no model");
            return;
        }
    };
    let mut next = Some(first);
    while let Some(batch) = next {
        let mut sound = match parts.runtime.speak(&model, &batch, how.voice.as_deref()).await {
            Ok(sound) => sound,
            Err(error) => {
                tracing::warn!(error = %error, "an answer is no longer spoken");
                return;
            }
        };
        while let Some(piece) = sound.next().await {
            let Ok(piece) = piece.inspect_err(|error| tracing::warn!(error = %error, "speech broke off")) else {
                return;
            };
            if !piece.is_empty() && sounds.send(piece).await.is_err() {
                return;
            }
        }
        next = queue.recv().await;
    }
}

/// As much of a frame as is spoken.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    event: std::borrow::Cow<'a, str>,
    answer: Option<String>,
    data: Option<SaidData>,
}

#[derive(Deserialize)]
struct SaidData {
    text: Option<String>,
}

/// The text that a frame adds to the answer.
fn text_of(json: &[u8]) -> Option<String> {
    let said: Said<'_> = serde_json::from_slice(json).ok()?;
    match said.event.as_ref() {
        "message" | "agent_message" => said.answer,
        "text_chunk" => said.data?.text,
        _ => None,
    }
}

/// Hands frames on, and sound among them.
struct Listener {
    out: mpsc::Sender<Frame>,
    envelope: Envelope,
    /// Where the answer is: sound has no place of its own among the run's events.
    at: Cursor,
}

impl Listener {
    async fn follow(
        mut self,
        mut answer: mpsc::Receiver<Frame>,
        batches: mpsc::Sender<String>,
        mut heard: mpsc::Receiver<Bytes>,
    ) {
        let mut text = Batches::default();
        let mut silent = false;
        let end = loop {
            tokio::select! {
                biased;
                frame = answer.recv() => match frame {
                    Some(Frame::Event(json, at)) => {
                        self.at = at;
                        if let Some(delta) = text_of(&json) {
                            text.push(&delta, |batch| batches.try_send(batch).map_err(mpsc::error::TrySendError::into_inner));
                        }
                        if self.out.send(Frame::Event(json, at)).await.is_err() {
                            return;
                        }
                    }
                    Some(Frame::Last(json, at, end)) => {
                        self.at = at;
                        if self.out.send(Frame::Event(json, at)).await.is_err() {
                            return;
                        }
                        break end;
                    }
                    None => return,
                },
                piece = heard.recv(), if !silent => match piece {
                    Some(piece) => if self.sound(&piece).await.is_err() { return },
                    None => silent = true,
                },
            }
        };
        // The rest is said at once, however full the queue is: nothing else happens any more.
        let rest = text.rest();
        let said = async {
            if let Some(rest) = rest {
                // Nobody speaks any more: then there is nothing to wait for either.
                let _ = batches.send(rest).await;
            }
            drop(batches);
        };
        let heard_out = async {
            while let Ok(Some(piece)) = tokio::time::timeout(PATIENCE, heard.recv()).await {
                if self.sound(&piece).await.is_err() {
                    return;
                }
            }
            heard.close();
        };
        tokio::join!(said, heard_out);
        let last = StreamEvent::Speech { audio: "", is_last: true }.frame(&self.envelope);
        // A client that is gone hears nothing.
        let _ = self.out.send(Frame::Last(last, self.at, end)).await;
    }

    async fn sound(&self, piece: &[u8]) -> Result<(), mpsc::error::SendError<Frame>> {
        let audio = STANDARD.encode(piece);
        let frame = StreamEvent::Speech { audio: &audio, is_last: false }.frame(&self.envelope);
        self.out.send(Frame::Event(frame, self.at)).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn apps_speak_when_all_says_so() {
        let of = |feature: Value| {
            let mut document = Map::new();
            document.insert("text_to_speech".to_owned(), feature);
            AutoPlay::of(&ConfigDocument(document))
        };
        let voiced = of(json!({"enabled": true, "autoPlay": "enabled", "voice": "echo"}));
        assert_eq!(voiced, Some(AutoPlay { voice: Some("echo".to_owned()) }));
        assert_eq!(of(json!({"enabled": true, "autoPlay": "enabled", "voice": ""})), Some(AutoPlay { voice: None }));
        for silent in [
            json!({"enabled": true, "autoPlay": "disabled"}),
            json!({"enabled": false, "autoPlay": "enabled"}),
            json!({"enabled": true}),
            json!(null),
        ] {
            assert_eq!(of(silent), None);
        }
    }

    #[test]
    fn what_is_said_is_read_off_frames() {
        let text = |frame: Value| text_of(frame.to_string().as_bytes());
        assert_eq!(text(json!({"event": "message", "answer": "a\"b"})).as_deref(), Some("a\"b"));
        assert_eq!(text(json!({"event": "agent_message", "answer": "c"})).as_deref(), Some("c"));
        assert_eq!(text(json!({"event": "text_chunk", "data": {"text": "d"}})).as_deref(), Some("d"));
        assert_eq!(text(json!({"event": "node_finished", "data": {"outputs": {"text": "e"}}})), None);
    }
}
