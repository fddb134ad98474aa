//! Thousands of streams in which nothing happens: what they cost, and whether their pings come in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use hdrhistogram::Histogram;
use server::open_files;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};

use super::Bench;
use crate::client::{Connection, request};
use crate::load::{micros, millis};
use crate::process::{Role, SILENCE, free_port, wait_for};
use crate::report::Report;

pub(super) const NAME: &str = "streams";
/// Streams that are being opened at once.
const OPENING: usize = 64;
/// Between two pings of a stream, as the server is told.
const BEAT: Duration = Duration::from_secs(10);
/// The silence is watched for this many times the seconds of a figure: three beats.
const LASTS: u32 = 6;
const PING: &[u8] = b"event: ping\n\n";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// Files that a process needs beside its streams: the database, Redis, listeners, logs.
const OTHER_FILES: u64 = 500;

impl Bench {
    pub(super) async fn streams(&self, report: &mut Report, count: usize) -> anyhow::Result<()> {
        if count == 0 || !self.wants(NAME) {
            return Ok(());
        }
        report.heading("Open streams in which nothing happens");
        let port = free_port()?;
        let process = Role::spawn(&["serve".to_owned(), port.to_string(), "service".to_owned()], &self.patient(count))?;
        wait_for(port).await?;
        self.warm_up(port).await?;
        let (before, _) = process.memory()?;
        let (watching, watched) = watch::channel(Phase::Opening);
        let opening = Arc::new(Semaphore::new(OPENING));
        let begun = Instant::now();
        let mut clients = Vec::with_capacity(count);
        for client in 0..count {
            let permit = Arc::clone(&opening).acquire_owned().await?;
            let mut stream = Open::ask(port, &self.question(client)).await?;
            let watched = watched.clone();
            clients.push(tokio::spawn(async move {
                stream.begin().await?;
                drop(permit);
                stream.listen(watched).await
            }));
        }
        drop(opening.acquire_many(u32::try_from(OPENING)?).await?);
        let opened = begun.elapsed();
        watching.send_replace(Phase::Watching);
        // What was put off while they were opened is done after a beat.
        tokio::time::sleep(self.seconds).await;
        let (used, since) = (process.processor_time()?, Instant::now());
        tokio::time::sleep(self.seconds * LASTS).await;
        let used = (process.processor_time()? - used) / since.elapsed().as_secs_f64();
        let (held, peak) = process.memory()?;
        watching.send_replace(Phase::Over);
        let mut late = Histogram::<u64>::new_with_bounds(1, 300_000_000, 3)?;
        for client in clients {
            for lateness in client.await?? {
                late.saturating_record(micros(lateness));
            }
        }
        ensure!(
            !late.is_empty(),
            "no ping came in {} s; the beat is {} s",
            (self.seconds * (LASTS + 1)).as_secs(),
            BEAT.as_secs()
        );
        let at = |quantile: f64| millis(late.value_at_quantile(quantile));
        report.line("| streams | opened in s | KiB of memory each | MiB before | with them | at the peak | idle: % of a core | pings | late p50 ms | p99 ms | at most ms |");
        report.line("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        report.line(&format!(
            "| {count} | {:.1} | {:.1} | {before:.0} | {held:.0} | {peak:.0} | {:.1} | {} | {:.2} | {:.2} | {:.2} |",
            opened.as_secs_f64(),
            (held - before) * 1024.0 / f64::from(u32::try_from(count)?),
            used * 100.0,
            late.len(),
            at(0.5),
            at(0.99),
            millis(late.max())
        ));
        Ok(())
    }

    /// A server that waits for its model as long as is measured, and takes them all.
    fn patient(&self, count: usize) -> Vec<(String, String)> {
        let silence = (SILENCE.as_secs() * 2).to_string();
        let mut environment = self.environment.clone();
        environment.extend(
            [
                ("FERRIFY_MODEL_FIRST_TOKEN_SECONDS", silence.clone()),
                ("FERRIFY_MODEL_IDLE_SECONDS", silence.clone()),
                ("FERRIFY_MODEL_TOTAL_SECONDS", silence.clone()),
                ("APP_MAX_EXECUTION_TIME", silence),
                ("FERRIFY_PING_SECONDS", BEAT.as_secs().to_string()),
                ("FERRIFY_MAX_STREAMS", (2 * count).max(10).to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        environment
    }

    fn question(&self, client: usize) -> Vec<u8> {
        let body = format!(
            r#"{{"inputs":{{}},"query":"Think.","response_mode":"streaming","user":"stream-{client}","auto_generate_name":false}}"#
        );
        request("POST", "/v1/chat-messages", &self.keys.quiet, Some(&body))
    }

    /// What the server loads for the first answer is not counted to the streams.
    async fn warm_up(&self, port: u16) -> anyhow::Result<()> {
        let mut connection = Connection::open(port).await?;
        for _ in 0..OPENING {
            connection.exchange(&super::chat(&self.keys.fast, "streaming", 0)).await?;
        }
        Ok(())
    }
}

/// Whether the processes may open as many files as they will need: the server two for each stream, one to the client
/// and one to the model.
pub(super) fn enough_files(count: usize) -> anyhow::Result<()> {
    let needed = u64::try_from(count)?.saturating_mul(2).saturating_add(OTHER_FILES);
    let allowed = open_files::raise().context("cannot raise the limit of open files")?;
    if allowed < needed {
        bail!(
            "{count} streams need {needed} open files in the server, and this machine allows a process {allowed}: raise the hard limit (`ulimit -Hn {needed}` as root, `LimitNOFILE={needed}` of a systemd unit, `--ulimit nofile={needed}` of a container), or hold fewer with --streams"
        );
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    Watching,
    Over,
}

/// A stream as its client sees it.
struct Open {
    stream: TcpStream,
    /// When each ping came.
    pings: Vec<Instant>,
    /// When the answer began.
    head: Instant,
}

impl Open {
    async fn ask(port: u16, question: &[u8]) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        stream.write_all(question).await?;
        Ok(Self { stream, pings: Vec::new(), head: Instant::now() })
    }

    /// Waits until the answer has begun.
    async fn begin(&mut self) -> anyhow::Result<()> {
        let mut text = Vec::with_capacity(1024);
        loop {
            let mut buffer = [0_u8; 1024];
            let read = self.stream.read(&mut buffer).await?;
            text.extend_from_slice(buffer.get(..read).unwrap_or_default());
            if read == 0 || !text.starts_with(b"HTTP/1.1 200") {
                bail!("a stream was not opened: {}", String::from_utf8_lossy(&text));
            }
            if text.windows(END_OF_HEAD.len()).any(|window| window == END_OF_HEAD) {
                self.head = Instant::now();
                self.note_pings(&text);
                return Ok(());
            }
        }
    }

    fn note_pings(&mut self, text: &[u8]) {
        let pings = text.windows(PING.len()).filter(|window| *window == PING).count();
        self.pings.extend(std::iter::repeat_n(Instant::now(), pings));
    }

    /// Notes pings until all is over; how late each was that came while the silence was watched.
    async fn listen(mut self, mut phase: watch::Receiver<Phase>) -> anyhow::Result<Vec<Duration>> {
        let mut watched = None;
        let mut buffer = [0_u8; 512];
        loop {
            tokio::select! {
                changed = phase.changed() => {
                    changed?;
                    match *phase.borrow_and_update() {
                        Phase::Opening => {}
                        Phase::Watching => watched = Some(self.pings.len()),
                        Phase::Over => return Ok(lateness(self.head, &self.pings, watched.unwrap_or_default())),
                    }
                }
                read = self.stream.read(&mut buffer) => {
                    let read = read?;
                    ensure!(read > 0, "the server closed a stream");
                    self.note_pings(buffer.get(..read).unwrap_or_default());
                }
            }
        }
    }
}

/// How late pings came for a beat that began with the stream, but for the first `skipped`. When the server began it is
/// told by the earliest sign: the head, or a ping less the beats before it.
fn lateness(head: Instant, pings: &[Instant], skipped: usize) -> Vec<Duration> {
    let beats = |number: usize| BEAT * u32::try_from(number + 1).unwrap_or(u32::MAX);
    let signs = pings.iter().enumerate().filter_map(|(number, came)| came.checked_sub(beats(number)));
    let began = signs.fold(head, Instant::min);
    let late = pings.iter().enumerate().map(|(number, came)| came.duration_since(began + beats(number)));
    late.skip(skipped).collect()
}
