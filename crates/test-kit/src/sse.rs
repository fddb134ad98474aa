//! Event streams, byte for byte.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::time::timeout;

use crate::client::Answer;

/// A stream of which nothing comes for so long, not even a ping, hangs.
const SILENCE: Duration = Duration::from_secs(60);

/// What stands between two blank lines.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    Ping,
    Event {
        value: Value,
        /// Only on streams that were asked to number their frames.
        id: Option<String>,
    },
    /// Neither of them: a fault of the server.
    Odd(Bytes),
}

impl Frame {
    /// `raw` is without the blank line.
    fn parse(raw: &[u8]) -> Self {
        if raw == b"event: ping" {
            return Self::Ping;
        }
        let text = std::str::from_utf8(raw).unwrap_or_default();
        let (id, data) = match text.strip_prefix("id: ").and_then(|rest| rest.split_once('\n')) {
            Some((id, rest)) => (Some(id.to_owned()), rest),
            None => (None, text),
        };
        match data.strip_prefix("data: ").filter(|data| !data.contains('\n')).map(serde_json::from_str) {
            Some(Ok(value @ Value::Object(_))) => Self::Event { value, id },
            _ => Self::Odd(Bytes::copy_from_slice(raw)),
        }
    }

    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Event { value, .. } => Some(value),
            Self::Ping | Self::Odd(_) => None,
        }
    }

    /// The `event` of an event.
    pub fn event(&self) -> Option<&str> {
        self.value()?.get("event")?.as_str()
    }
}

/// A stream that is being read.
pub struct SseStream {
    response: Response,
    status: u16,
    headers: HeaderMap,
    raw: BytesMut,
    read: usize,
    frames: Vec<Frame>,
}

impl SseStream {
    /// For requests that need more than a path and a body.
    pub fn read(response: Response) -> Self {
        Self::new(response)
    }

    pub(crate) fn new(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { response, status, headers, raw: BytesMut::new(), read: 0, frames: Vec::new() }
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    /// The next frame; `None` at the end of the body, however it ended.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            let unread = self.raw.get(self.read..).unwrap_or_default();
            if let Some(length) = unread.windows(2).position(|pair| pair == b"\n\n") {
                let frame = Frame::parse(unread.get(..length).unwrap_or_default());
                self.read += length + 2;
                self.frames.push(frame.clone());
                return Some(frame);
            }
            match timeout(SILENCE, self.response.chunk()).await.expect("the stream does not hang") {
                Ok(Some(chunk)) => self.raw.extend_from_slice(&chunk),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// The next event of this name; events before it are kept in the transcript.
    pub async fn until(&mut self, event: &str) -> Value {
        while let Some(frame) = self.next().await {
            if frame.event() == Some(event)
                && let Some(value) = frame.value()
            {
                return value.clone();
            }
        }
        panic!("the stream ended without `{event}`: {:?}", String::from_utf8_lossy(&self.raw));
    }

    /// Reads on to the end.
    pub async fn rest(mut self) -> Transcript {
        while self.next().await.is_some() {}
        let Self { status, headers, raw, frames, .. } = self;
        Transcript { status, headers, raw: raw.freeze(), frames }
    }
}

/// A stream that was read to its end.
#[derive(Debug, Clone)]
pub struct Transcript {
    pub status: u16,
    pub headers: HeaderMap,
    /// Everything as it came.
    pub raw: Bytes,
    /// Pings included.
    pub frames: Vec<Frame>,
}

impl Transcript {
    /// The payloads, in order.
    pub fn events(&self) -> impl Iterator<Item = &Value> {
        self.frames.iter().filter_map(Frame::value)
    }

    /// The names of the payloads, in order.
    pub fn names(&self) -> Vec<&str> {
        self.frames.iter().filter_map(Frame::event).collect()
    }

    /// All events of one name.
    pub fn named(&self, event: &str) -> Vec<&Value> {
        self.events().filter(|value| value.get("event").and_then(Value::as_str) == Some(event)).collect()
    }

    /// The only event of a name.
    #[track_caller]
    pub fn only(&self, event: &str) -> &Value {
        let found = self.named(event);
        assert_eq!(found.len(), 1, "one `{event}` in {:?}", self.names());
        found.first().expect("it was counted")
    }

    /// The text that a chat or completion app answered.
    pub fn answer(&self) -> String {
        let pieces = self.events().filter(|value| {
            let event = value.get("event").and_then(Value::as_str);
            matches!(event, Some("message" | "agent_message" | "text_chunk"))
        });
        pieces.filter_map(|value| value.get("answer").or_else(|| value.pointer("/data/text"))?.as_str()).collect()
    }

    pub fn pings(&self) -> usize {
        self.frames.iter().filter(|frame| matches!(frame, Frame::Ping)).count()
    }

    /// The transcript, if it is a stream whose every byte is `(data: {json}\n\n|event: ping\n\n)*`.
    #[track_caller]
    pub fn well_framed(self) -> Self {
        self.framed(|id| id.is_none())
    }

    /// The transcript, if it is framed as it should be and each event has an `id:` line.
    #[track_caller]
    pub fn well_framed_with_ids(self) -> Self {
        self.framed(|id| id.is_some())
    }

    #[track_caller]
    fn framed(self, id_fits: impl Fn(Option<&String>) -> bool) -> Self {
        let shown = String::from_utf8_lossy(&self.raw);
        assert_eq!(self.status, 200, "not a stream: {shown}");
        let kind = self.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(kind.starts_with("text/event-stream"), "the content type is {kind}");
        assert!(self.raw.is_empty() || self.raw.ends_with(b"\n\n"), "the last frame is cut off: {shown}");
        for frame in &self.frames {
            match frame {
                Frame::Ping => {}
                Frame::Event { value, id } => assert!(id_fits(id.as_ref()), "the id line of {value}: {id:?}"),
                Frame::Odd(raw) => panic!("an odd frame: {:?} in {shown}", String::from_utf8_lossy(raw)),
            }
        }
        self
    }

    /// As a whole answer, for requests that were refused before a stream began.
    pub fn refused(self) -> Answer {
        let json = serde_json::from_slice(&self.raw).unwrap_or_default();
        Answer { status: self.status, headers: self.headers, body: self.raw, json }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let event = |id: Option<&str>| Frame::Event { value: json!({"event": "message"}), id: id.map(str::to_owned) };
        assert_eq!(Frame::parse(b"event: ping"), Frame::Ping);
        assert_eq!(Frame::parse(b"data: {\"event\":\"message\"}"), event(None));
        assert_eq!(Frame::parse(b"id: 1-0\ndata: {\"event\":\"message\"}"), event(Some("1-0")));
        for odd in ["data: [1]", "data: {", "data:{}", "\ndata: {}", "data: {}\n", "event: message", ": comment", ""] {
            assert!(matches!(Frame::parse(odd.as_bytes()), Frame::Odd(_)), "{odd:?}");
        }
    }
}
