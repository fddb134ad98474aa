//! An object store that keeps objects in memory, in as much of the protocols of S3 and Azure as plain reads, writes
//! and deletions need. Whether requests are signed is for the test to check: all of them are kept.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::http::{self, Request};

/// A request to the store.
#[derive(Debug, Clone)]
pub struct BucketRequest {
    pub method: String,
    /// With the query, as it was sent.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl BucketRequest {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Vec<u8>>,
    requests: Vec<BucketRequest>,
}

/// A running store; it stops when dropped.
pub struct StubBucket {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    _stop: DropGuard,
}

impl StubBucket {
    /// Listens on a free port of the loopback interface.
    #[expect(clippy::expect_used, reason = "a test without its store cannot go on")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (kept, stop) = (Arc::<Mutex<Kept>>::default(), CancellationToken::new());
        let shared = Arc::clone(&kept);
        let accepting = async move {
            while let Ok((socket, _peer)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&shared)));
            }
        };
        tokio::spawn(stop.clone().run_until_cancelled_owned(accepting));
        Self { address, kept, _stop: stop.drop_guard() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `host:port`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Paths (with the bucket, without the query) and contents.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.kept.lock().objects.clone()
    }

    /// All requests, oldest first.
    pub fn requests(&self) -> Vec<BucketRequest> {
        self.kept.lock().requests.clone()
    }
}

/// Errors end the connection; the client sees that and nobody else needs to.
async fn serve(socket: TcpStream, kept: Arc<Mutex<Kept>>) {
    let (reader, mut writer) = socket.into_split();
    let mut reader = BufReader::new(reader);
    while let Ok(Some(request)) = http::read(&mut reader).await {
        let reply = answer(request, &kept);
        if write(&mut writer, &reply).await.is_err() {
            return;
        }
    }
}

async fn write(writer: &mut (impl AsyncWriteExt + Unpin), reply: &[u8]) -> io::Result<()> {
    writer.write_all(reply).await?;
    writer.flush().await
}

fn answer(request: Request, kept: &Mutex<Kept>) -> Vec<u8> {
    let azure = request.header("x-ms-version").is_some();
    let path = request.path.split('?').next().unwrap_or_default().to_owned();
    let mut kept = kept.lock();
    let (status, body) = match request.method.as_str() {
        "PUT" => {
            kept.objects.insert(path, request.body.clone());
            (if azure { 201 } else { 200 }, None)
        }
        "DELETE" => match kept.objects.remove(&path) {
            Some(_) => (if azure { 202 } else { 204 }, None),
            // S3 does not mind.
            None => (if azure { 404 } else { 204 }, None),
        },
        _ => match kept.objects.get(&path) {
            Some(object) => (200, Some(object.clone())),
            None => (404, None),
        },
    };
    let head_only = request.method == "HEAD";
    kept.requests.push(BucketRequest {
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: request.body,
    });
    let body = body.unwrap_or_default();
    let extra = [
        ("etag".to_owned(), "\"stub\"".to_owned()),
        ("last-modified".to_owned(), "Wed, 01 Jan 2025 00:00:00 GMT".to_owned()),
    ];
    let mut reply = http::head(status, "application/octet-stream", &extra, Some(body.len()));
    if !head_only {
        reply.extend_from_slice(&body);
    }
    reply
}
