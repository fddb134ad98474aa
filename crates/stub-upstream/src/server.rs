//! The listening side: scripts, records and the accept loop.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::connection;
use crate::http::Request;
use crate::reply::{self, Protocol};
use crate::script::Script;

/// Thousands of connections may come at once; the usual queue would make the rest wait for a second and more.
const BACKLOG: u32 = 8192;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// `null` when the body is not JSON.
    pub body: Value,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone, Copy)]
pub struct StubOptions {
    /// 0 picks a free one.
    pub port: u16,
    /// How many of the latest requests are kept; 0 for measurements.
    pub keep_requests: usize,
}

impl Default for StubOptions {
    fn default() -> Self {
        Self { port: 0, keep_requests: 1000 }
    }
}

/// A running stub; it stops when dropped.
pub struct StubUpstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: DropGuard,
}

/// A script with its rendered replies.
pub(crate) struct Prepared {
    pub script: Script,
    events: [OnceLock<Vec<Vec<u8>>>; 5],
}

impl Prepared {
    fn new(script: Script) -> Arc<Self> {
        Arc::new(Self { script, events: Default::default() })
    }

    pub(crate) fn events(&self, protocol: Protocol) -> &[Vec<u8>] {
        let [chat, completion, anthropic, ollama_chat, ollama_generate] = &self.events;
        let cell = match protocol {
            Protocol::Chat => chat,
            Protocol::Completion => completion,
            Protocol::Anthropic => anthropic,
            Protocol::OllamaChat => ollama_chat,
            Protocol::OllamaGenerate => ollama_generate,
        };
        cell.get_or_init(|| reply::events(&self.script, protocol))
    }
}

pub(crate) struct Shared {
    /// The front one is next; the last one stays.
    scripts: RwLock<HashMap<String, VecDeque<Arc<Prepared>>>>,
    fallback: Arc<Prepared>,
    recorded: Mutex<VecDeque<Recorded>>,
    keep: usize,
    cancelled: AtomicUsize,
    pub stop: CancellationToken,
}

impl StubUpstream {
    /// Listens on a free port of the loopback interface.
    #[expect(clippy::expect_used, reason = "a test without its upstream cannot go on")]
    pub async fn start() -> Self {
        std::future::ready(Self::start_with(StubOptions::default()))
            .await
            .expect("the loopback interface has a free port")
    }

    /// Must be called inside a runtime.
    pub fn start_with(options: StubOptions) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, options.port).into())?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            scripts: RwLock::default(),
            fallback: Prepared::new(Script::default()),
            recorded: Mutex::default(),
            keep: options.keep_requests,
            cancelled: AtomicUsize::new(0),
            stop: stop.clone(),
        });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, _stop: stop.drop_guard() })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For `openai_api_base` and `endpoint_url`.
    pub fn openai_base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// For `anthropic_api_url`.
    pub fn anthropic_base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// For `base_url` of Cohere and Ollama; Jina's is that of the OpenAI dialect.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What requests with this API key, or for this model, get from now on.
    pub fn script(&self, model_or_key: &str, script: Script) {
        self.script_sequence(model_or_key, vec![script]);
    }

    /// One script after the other; the last one stays.
    pub fn script_sequence(&self, model_or_key: &str, scripts: Vec<Script>) {
        let scripts = scripts.into_iter().map(Prepared::new).collect();
        self.shared.scripts.write().insert(model_or_key.to_owned(), scripts);
    }

    /// The latest requests, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.recorded.lock().iter().cloned().collect()
    }

    /// How many clients went away in the middle of a reply.
    pub fn cancelled(&self) -> usize {
        self.shared.cancelled.load(Ordering::Relaxed)
    }
}

impl Shared {
    pub(crate) fn choose(&self, request: &Request, body: &Value) -> Arc<Prepared> {
        let model = body.get("model").and_then(Value::as_str);
        for name in [request.key(), model].into_iter().flatten() {
            let known = self.scripts.read().get(name).map(|queue| (queue.len(), queue.front().cloned()));
            match known {
                Some((1, Some(only))) => return only,
                Some(_) => {
                    if let Some(next) = self.take(name) {
                        return next;
                    }
                }
                None => {}
            }
        }
        Arc::clone(&self.fallback)
    }

    fn take(&self, name: &str) -> Option<Arc<Prepared>> {
        let mut scripts = self.scripts.write();
        let queue = scripts.get_mut(name)?;
        if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() }
    }

    pub(crate) fn record(&self, request: &Request, body: &Value) {
        if self.keep == 0 {
            return;
        }
        let mut recorded = self.recorded.lock();
        if recorded.len() == self.keep {
            recorded.pop_front();
        }
        recorded.push_back(Recorded {
            method: request.method.clone(),
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: body.clone(),
        });
    }

    pub(crate) fn client_left(&self) {
        self.cancelled.fetch_add(1, Ordering::Relaxed);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => return,
        };
        // Out of descriptors, for example: the next one may work.
        let Ok((socket, _peer)) = accepted else { continue };
        tokio::spawn(connection::serve(socket, Arc::clone(&shared)));
    }
}
