//! One client connection.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::http::{self, Request};
use crate::others;
use crate::reply::{self, Protocol};
use crate::script::Misbehave;
use crate::server::{Prepared, Shared};

/// Whether the connection can take another request.
enum After {
    KeepAlive,
    Close,
}

struct Connection {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    shared: Arc<Shared>,
}

/// Errors end the connection; the client sees that and nobody else needs to.
pub(crate) async fn serve(socket: TcpStream, shared: Arc<Shared>) {
    if socket.set_nodelay(true).is_err() {
        return;
    }
    let (reader, writer) = socket.into_split();
    let stop = shared.stop.clone();
    let mut connection = Connection { reader: BufReader::new(reader), writer, shared };
    let requests = async {
        while let Ok(Some(request)) = http::read(&mut connection.reader).await {
            match connection.answer(request).await {
                Ok(After::KeepAlive) => {}
                Ok(After::Close) | Err(_) => return,
            }
        }
    };
    stop.run_until_cancelled(requests).await;
}

impl Connection {
    async fn answer(&mut self, request: Request) -> io::Result<After> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        self.shared.record(&request, &body);
        let prepared = self.shared.choose(&request, &body);
        let script = &prepared.script;
        self.pause(script.first_delay).await?;
        match script.misbehave {
            Some(Misbehave::HangBeforeHeaders) => return self.hang().await,
            Some(Misbehave::CloseBeforeHeaders) => return Ok(After::Close),
            _ => {}
        }
        if let Some(body) = &script.body {
            let kind = if body.starts_with("data:") { "text/event-stream" } else { "application/json" };
            return self.whole(&prepared, kind, body.as_bytes()).await;
        }
        let path = request.path.split('?').next().unwrap_or_default();
        let protocol = match path {
            "/v1/chat/completions" | "/compatibility/v1/chat/completions" => Protocol::Chat,
            "/v1/completions" => Protocol::Completion,
            "/v1/messages" => Protocol::Anthropic,
            "/api/chat" => Protocol::OllamaChat,
            "/api/generate" => Protocol::OllamaGenerate,
            _ => {
                return match others::answer(script, path, &body) {
                    Some((content_type, body)) => self.whole(&prepared, content_type, &body).await,
                    None => {
                        let head = http::head(404, "text/plain", &[], Some(0));
                        self.writer.write_all(&head).await.map(|()| After::KeepAlive)
                    }
                };
            }
        };
        if body.get("stream").and_then(Value::as_bool).unwrap_or(protocol.streams_unasked()) {
            self.stream(&prepared, protocol).await
        } else {
            let body = reply::whole(script, protocol);
            self.whole(&prepared, "application/json", body.as_bytes()).await
        }
    }

    async fn whole(&mut self, prepared: &Prepared, content_type: &str, body: &[u8]) -> io::Result<After> {
        let script = &prepared.script;
        let mut response = http::head(script.status, content_type, &script.headers, Some(body.len()));
        match script.misbehave {
            Some(Misbehave::CutMidStream) => {
                response.extend_from_slice(body.get(..body.len() / 2).unwrap_or_default());
                self.writer.write_all(&response).await?;
                Ok(After::Close)
            }
            Some(Misbehave::Silence) => {
                self.writer.write_all(&response).await?;
                self.hang().await
            }
            _ => {
                response.extend_from_slice(body);
                self.writer.write_all(&response).await?;
                Ok(After::KeepAlive)
            }
        }
    }

    async fn stream(&mut self, prepared: &Prepared, protocol: Protocol) -> io::Result<After> {
        let script = &prepared.script;
        let events = prepared.events(protocol);
        let head = http::head(script.status, protocol.content_type(), &script.headers, None);
        if script.chunk_delay.is_zero() && script.misbehave.is_none() {
            // The cheap way for measurements: one write.
            let mut all = head;
            events.iter().for_each(|event| all.extend_from_slice(&http::chunk(event)));
            all.extend_from_slice(b"0\r\n\r\n");
            self.writer.write_all(&all).await?;
            return Ok(After::KeepAlive);
        }
        self.writer.write_all(&head).await?;
        let half = events.len() / 2;
        for (index, event) in events.iter().enumerate() {
            if index > 0 {
                self.pause(script.chunk_delay).await?;
            }
            match script.misbehave {
                Some(trouble) if index == half => {
                    if let Some(after) = self.trouble(trouble, protocol, event).await? {
                        return Ok(after);
                    }
                }
                Some(Misbehave::OneByteWrites) => self.byte_by_byte(event).await?,
                Some(Misbehave::Linger) if index + 1 == events.len() => return self.hang().await,
                Some(Misbehave::NoDone) if index + 1 == events.len() => {}
                Some(Misbehave::NoDone) if index + 2 == events.len() => {
                    let text = event.trim_ascii_end();
                    self.writer.write_all(&http::chunk(text)).await?;
                }
                Some(_) | None => self.writer.write_all(&http::chunk(event)).await?,
            }
        }
        self.writer.write_all(b"0\r\n\r\n").await?;
        Ok(After::KeepAlive)
    }

    /// What happens in the middle of the stream; `None` goes on with the rest.
    async fn trouble(&mut self, trouble: Misbehave, protocol: Protocol, event: &[u8]) -> io::Result<Option<After>> {
        match trouble {
            Misbehave::CutMidStream => {
                let part = event.get(..event.len() / 2).unwrap_or_default();
                self.writer.write_all(&http::chunk(part)).await?;
                return Ok(Some(After::Close));
            }
            Misbehave::Silence => return self.hang().await.map(Some),
            Misbehave::InvalidUtf8 => {
                let event = b"data: {\"choices\":[{\"delta\":{\"content\":\"\xff\xfe\"}}]}\n\n";
                self.writer.write_all(&http::chunk(event)).await?;
            }
            Misbehave::BrokenSse => self.writer.write_all(&http::chunk(b"data: {\"choices\":[{\n\n")).await?,
            Misbehave::CloseEarly => {
                self.writer.write_all(b"0\r\n\r\n").await?;
                return Ok(Some(After::KeepAlive));
            }
            Misbehave::ErrorEvent if protocol.streams_unasked() => {
                self.writer.write_all(&http::chunk(b"{\"error\":\"overloaded by the script\"}\n")).await?;
            }
            Misbehave::ErrorEvent => {
                let error =
                    br#"{"type":"error","error":{"message":"overloaded by the script","type":"overloaded_error"}}"#;
                let event = [b"data: ".as_slice(), error, b"\n\n"].concat();
                self.writer.write_all(&http::chunk(&event)).await?;
            }
            Misbehave::OversizeEvent(bytes) => {
                let event = [b"data: ".as_slice(), &vec![b'x'; bytes]].concat();
                self.writer.write_all(&http::chunk(&event)).await?;
            }
            Misbehave::OneByteWrites => self.byte_by_byte(event).await?,
            Misbehave::HangBeforeHeaders
            | Misbehave::CloseBeforeHeaders
            | Misbehave::CrlfAndComments
            | Misbehave::Linger
            | Misbehave::NoDone => self.writer.write_all(&http::chunk(event)).await?,
        }
        Ok(None)
    }

    async fn byte_by_byte(&mut self, event: &[u8]) -> io::Result<()> {
        for byte in event {
            self.writer.write_all(&http::chunk(&[*byte])).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Waits, but not for a client that has gone.
    async fn pause(&mut self, pause: Duration) -> io::Result<()> {
        if pause.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            gone = gone(&mut self.reader) => {
                self.shared.client_left();
                Err(gone)
            }
        }
    }

    async fn hang(&mut self) -> io::Result<After> {
        let error = gone(&mut self.reader).await;
        self.shared.client_left();
        Err(error)
    }
}

/// Resolves when the client closes its side.
async fn gone(reader: &mut BufReader<OwnedReadHalf>) -> io::Error {
    match reader.fill_buf().await {
        Ok([]) => io::ErrorKind::UnexpectedEof.into(),
        // A next request sent ahead: the client is still there.
        Ok(_) => pending().await,
        Err(error) => error,
    }
}
