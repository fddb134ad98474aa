//! A client that loses its stream after every event and comes back elsewhere, and requests that were answered before.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use egress::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use egress::{Client, Policy, Response};
use serde_json::{Value, json};

const STREAM_IDS: HeaderName = HeaderName::from_static("x-stream-ids");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// More cuts than events: something is told twice.
const MOST_CUTS: usize = 1_000;

/// What a client went through.
pub(crate) struct Cuts {
    pub(crate) cuts: usize,
    pub(crate) events: usize,
    /// From asking again to the next event, the median.
    pub(crate) back: Duration,
}

type Event = (String, Value);

/// Asks, and is cut after every event; comes back on the replicas in turn.
///
/// # Errors
/// If an event is missed or told twice.
pub(crate) async fn cut_after_every_event(ports: [u16; 2], key: &str) -> anyhow::Result<Cuts> {
    let http = Client::new(Policy { allow_private: true, ..Policy::default() })?;
    let bearer = format!("Bearer {key}");
    let body = json!({"inputs": {}, "query": "How are you?", "response_mode": "streaming", "user": "cut", "auto_generate_name": false});
    let [first, _] = ports;
    let asked = http
        .post(&format!("http://127.0.0.1:{first}/v1/chat-messages"))?
        .header(AUTHORIZATION, &bearer)
        .header(CONTENT_TYPE, "application/json")
        .header(STREAM_IDS, "true")
        .json(&body)
        .send()
        .await?;
    let mut seen: Vec<Event> = Vec::new();
    seen.extend(next_events(asked, 1).await?);
    let task = seen.first().and_then(|(_, event)| event.get("task_id")?.as_str()).context("no task")?.to_owned();
    let (mut cuts, mut waits) = (0_usize, Vec::new());
    while !seen.iter().any(|(_, event)| event.get("event").is_some_and(|name| name == "message_end")) {
        ensure!(cuts < MOST_CUTS, "the answer does not end");
        let port = ports.get(cuts % ports.len()).copied().unwrap_or(first);
        let last = seen.last().map(|(id, _)| id.clone()).unwrap_or_default();
        let begun = Instant::now();
        let back = attach(&http, port, &bearer, &task, Some(&last)).await?;
        let events = next_events(back, 1).await?;
        if events.is_empty() {
            bail!("nothing follows {last}");
        }
        waits.push(begun.elapsed());
        seen.extend(events);
        cuts += 1;
    }
    let whole = next_events(attach(&http, first, &bearer, &task, None).await?, usize::MAX).await?;
    ensure!(whole == seen, "{} events were told, the run had {}", seen.len(), whole.len());
    waits.sort_unstable();
    let back = waits.get(waits.len() / 2).copied().unwrap_or_default();
    Ok(Cuts { cuts, events: seen.len(), back })
}

async fn attach(http: &Client, port: u16, bearer: &str, task: &str, last: Option<&str>) -> anyhow::Result<Response> {
    let mut request =
        http.get(&format!("http://127.0.0.1:{port}/v1/streams/{task}?user=cut"))?.header(AUTHORIZATION, bearer);
    if let Some(last) = last {
        request = request.header(LAST_EVENT_ID, last);
    }
    let answer = request.send().await?;
    ensure!(answer.status().is_success(), "coming back was answered with {}", answer.status());
    Ok(answer)
}

/// The next events of a stream; then it is cut.
async fn next_events(mut answer: Response, most: usize) -> anyhow::Result<Vec<Event>> {
    let (mut text, mut events) = (String::new(), Vec::new());
    while let Some(piece) = answer.chunk().await? {
        text.push_str(std::str::from_utf8(&piece).context("a frame is no text")?);
        while let Some((frame, rest)) = text.split_once("\n\n") {
            if let Some((id, data)) = frame.strip_prefix("id: ").and_then(|frame| frame.split_once("\ndata: ")) {
                events.push((id.to_owned(), serde_json::from_str(data)?));
            }
            text = rest.to_owned();
            if events.len() >= most {
                return Ok(events);
            }
        }
    }
    Ok(events)
}

/// A request with a key, so that all but the first are told again what came of the first.
pub(crate) fn with_key(request: &[u8], key: &str) -> Vec<u8> {
    let end = request.windows(2).position(|pair| pair == b"\r\n").map_or(request.len(), |at| at + 2);
    let (line, rest) = request.split_at_checked(end).unwrap_or((request, &[]));
    [line, format!("Idempotency-Key: {key}\r\n").as_bytes(), rest].concat()
}
