//! The guarded client over real sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use egress::{Client, EgressError, Policy};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

const LIMIT: Duration = Duration::from_secs(5);

/// A server that answers by path, and counts its connections.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// `answer` gets the request target and returns the whole response.
    async fn start(answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::after(Duration::ZERO, answer).await
    }

    /// Thinks before it answers.
    async fn slow(pause: Duration) -> Self {
        Self::after(pause, |target| Some(ok(target))).await
    }

    async fn after(pause: Duration, answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (counter, answer) = (Arc::clone(&connections), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    let mut socket = BufReader::new(socket);
                    let (mut target, mut line) = (String::new(), String::new());
                    while socket.read_line(&mut line).await.is_ok_and(|read| read > 2) {
                        if target.is_empty() {
                            target = line.split(' ').nth(1).unwrap_or_default().to_owned();
                        }
                        line.clear();
                    }
                    tokio::time::sleep(pause).await;
                    match answer(&target) {
                        Some(response) => socket.write_all(response.as_bytes()).await.unwrap_or_default(),
                        None => std::future::pending().await,
                    }
                });
            }
        });
        Self { address, connections }
    }

    async fn plain() -> Self {
        Self::start(|target| Some(ok(target))).await
    }

    fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/x", self.address.port())
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

fn strict() -> Client {
    Client::new(Policy::default()).unwrap()
}

/// The name is trusted, so the test's own server can be reached; addresses are not.
fn trusting_localhost() -> Client {
    Client::new(Policy { allow_hosts: vec!["localhost".to_owned()], ..Policy::default() }).unwrap()
}

fn lenient() -> Client {
    Client::new(Policy { allow_private: true, ..Policy::default() }).unwrap()
}

fn forbidden(result: Result<impl Sized, EgressError>) -> String {
    match result {
        Err(EgressError::Forbidden { host }) => host,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("the request was made"),
    }
}

#[tokio::test]
async fn literal_addresses_never_reach_the_socket() {
    let server = Server::plain().await;
    for host in ["127.0.0.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"] {
        forbidden(strict().open(&server.url(host)).await);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn names_are_checked_after_resolution() {
    let server = Server::plain().await;
    assert_eq!(forbidden(strict().open(&server.url("localhost")).await), "localhost");
    assert_eq!(server.connections(), 0);
    assert!(trusting_localhost().open(&server.url("localhost")).await.is_ok());
    assert!(lenient().open(&server.url("localhost")).await.is_ok());
    let cidr = Policy { allow_cidrs: vec!["127.0.0.0/8".parse().unwrap()], ..Policy::default() };
    assert!(Client::new(cidr).unwrap().open(&server.url("127.0.0.1")).await.is_ok());
}

#[tokio::test]
async fn every_hop_is_checked() {
    let inner = Server::plain().await;
    for target in [inner.url("127.0.0.1"), "http://169.254.169.254/latest/meta-data".to_owned()] {
        let outer = Server::start(move |_| Some(redirect(&target))).await;
        forbidden(trusting_localhost().open(&outer.url("localhost")).await);
        assert_eq!(outer.connections(), 1);
    }
    assert_eq!(inner.connections(), 0);
    let outer = Server::start(|_| Some(redirect("ftp://localhost/x"))).await;
    // A scheme the client cannot speak is not followed, whoever notices first.
    match trusting_localhost().open(&outer.url("localhost")).await {
        Ok(response) => assert_eq!(response.status(), 302),
        Err(error) => assert!(matches!(error, EgressError::InvalidUrl { .. }), "{error:?}"),
    }
}

#[tokio::test]
async fn redirects_are_followed_but_not_for_ever() {
    let server = Server::start(|target| Some(if target == "/x" { redirect("/end") } else { ok(target) })).await;
    let fetched = lenient().fetch_limited(&server.url("127.0.0.1"), 100, LIMIT).await.unwrap();
    assert_eq!((&*fetched.bytes, fetched.url.path()), (b"/end".as_slice(), "/end"));
    assert_eq!(fetched.content_type.as_deref(), Some("text/plain"));
    let endless = Server::start(|_| Some(redirect("/x"))).await;
    let error = lenient().open(&endless.url("127.0.0.1")).await.unwrap_err();
    assert!(matches!(error, EgressError::TooManyRedirects), "{error:?}");
    assert_eq!(endless.connections(), 6);
}

#[tokio::test]
async fn secrets_do_not_follow_redirects_to_another_origin() {
    let key = egress::header::HeaderName::from_static("x-api-key");
    let other = Server::plain().await;
    let target = other.url("127.0.0.1");
    let outer = Server::start(move |_| Some(redirect(&target))).await;
    let request = || lenient().get(&outer.url("127.0.0.1")).unwrap();
    assert_eq!(forbidden(request().secret_header(key.clone(), "secret").send().await), "127.0.0.1");
    let mut secret = egress::header::HeaderValue::from_static("secret");
    secret.set_sensitive(true);
    forbidden(request().headers([(key.clone(), secret)].into_iter().collect()).send().await);
    assert_eq!(other.connections(), 0);
    // Nothing secret, or only what is dropped on the way: the redirect is followed.
    assert!(request().header(key.clone(), "public").send().await.is_ok());
    assert!(request().bearer_auth("token").send().await.is_ok());
    assert_eq!(other.connections(), 2);
    let own = Server::start(|path| Some(if path == "/x" { redirect("/end") } else { ok(path) })).await;
    let answer = lenient().get(&own.url("127.0.0.1")).unwrap().secret_header(key, "secret").send().await.unwrap();
    assert_eq!(answer.url().path(), "/end");
}

#[tokio::test]
async fn downloads_are_limited() {
    let server = Server::start(|target| match target {
        "/x?announced" => Some(ok(&"x".repeat(1000))),
        "/x?chunked" => Some(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e8\r\n{}\r\n0\r\n\r\n",
            "x".repeat(1000)
        )),
        "/x?missing" => Some("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned()),
        _ => None,
    })
    .await;
    let fetch = async |query: &str, limit: Duration| {
        let url = format!("{}?{query}", server.url("127.0.0.1"));
        lenient().fetch_limited(&url, 999, limit).await.unwrap_err()
    };
    assert!(matches!(fetch("announced", LIMIT).await, EgressError::TooLarge { limit: 999 }));
    assert!(matches!(fetch("chunked", LIMIT).await, EgressError::TooLarge { limit: 999 }));
    assert!(matches!(fetch("missing", LIMIT).await, EgressError::Status { status: 404 }));
    assert!(matches!(fetch("silent", Duration::from_millis(100)).await, EgressError::Timeout));
}

#[tokio::test]
async fn failures_have_names() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = lenient().open(&format!("http://{free}/")).await.unwrap_err();
    assert!(matches!(refused, EgressError::Connect { .. }), "{refused:?}");
    let unknown = lenient().open("http://no-such-host.invalid/").await.unwrap_err();
    assert!(matches!(unknown, EgressError::Resolve { .. }), "{unknown:?}");
    let nonsense = lenient().open("not a url").await.unwrap_err();
    assert!(matches!(nonsense, EgressError::InvalidUrl { .. }), "{nonsense:?}");
    let broken = Server::start(|_| Some("nonsense\r\n\r\n".to_owned())).await;
    let error = lenient().open(&broken.url("127.0.0.1")).await.unwrap_err();
    assert!(matches!(error, EgressError::Transfer { .. }), "{error:?}");
    let request = lenient().post(&broken.url("127.0.0.1")).unwrap();
    let invalid = request.secret_header(egress::header::AUTHORIZATION, "a\nb").send().await.unwrap_err();
    assert!(matches!(invalid, EgressError::Request { .. }), "{invalid:?}");
}

#[tokio::test]
async fn a_proxy_is_used_and_literals_stay_checked() {
    let proxy = Server::start(|target| Some(ok(target))).await;
    // The proxy is private itself, and reachable because the operator named it.
    let url = format!("http://localhost:{}/", proxy.address.port()).parse().unwrap();
    let client = Client::new(Policy { proxy: Some(url), ..Policy::default() }).unwrap();
    let fetched = client.fetch_limited("http://example.test/page", 100, LIMIT).await.unwrap();
    assert_eq!(&*fetched.bytes, b"http://example.test/page");
    forbidden(client.open("http://10.0.0.1/").await);
    assert_eq!(proxy.connections(), 1);
}

/// A server whose certificate nobody has signed, for a name that is not its own.
async fn unsigned_server() -> SocketAddr {
    egress::install_crypto_provider();
    let certificate = include_bytes!("certificate/certificate.der").to_vec().into();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(include_bytes!("certificate/key.der").to_vec()).into();
    let config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let mut head = [0; 1024];
            let _ = socket.read(&mut head).await;
            socket.write_all(ok("sealed").as_bytes()).await.unwrap_or_default();
            let _ = socket.shutdown().await;
        }
    });
    address
}

#[tokio::test]
async fn a_certificate_is_checked_unless_the_request_says_not_to() {
    let url = format!("https://{}/", unsigned_server().await);
    let client = lenient();
    let error = client.open(&url).await.unwrap_err();
    assert!(matches!(error, EgressError::Connect { .. }), "{error:?}");
    let answer = client.get(&url).unwrap().any_certificate().send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "sealed");
    // The next request is checked again, and addresses are checked whatever the certificate.
    assert!(client.open(&url).await.is_err());
    assert!(strict().get(&url).is_err());
}

#[tokio::test]
async fn the_first_two_stages_have_their_own_limits() {
    let short = Duration::from_millis(150);
    let patience = |connect, head| egress::Patience { connect, write: LIMIT, head };
    let timed_out = async |url: &str, patience| {
        let began = std::time::Instant::now();
        let error = lenient().get(url).unwrap().patience(patience).send().await.unwrap_err();
        assert!(matches!(error, EgressError::Timeout), "{error:?}");
        assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    };
    // A server that is silent after the connection is made, and one that does not even say hello.
    let silent = Server::start(|_| None).await;
    timed_out(&silent.url("127.0.0.1"), patience(LIMIT, short)).await;
    timed_out(&silent.url("127.0.0.1").replace("http", "https"), patience(short, LIMIT)).await;
    // A slow answer is awaited, however short connecting may take.
    let slow = Server::slow(short * 2).await;
    let request = lenient().get(&slow.url("127.0.0.1")).unwrap().patience(patience(short, short * 10));
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "/x");
    let redirecting = Server::start(|target| Some(if target == "/x" { redirect("/end") } else { ok(target) })).await;
    let request = lenient().get(&redirecting.url("127.0.0.1")).unwrap().patience(patience(LIMIT, LIMIT));
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "/end");
}

/// Connects, and reads nothing; or only so much, and then no more.
async fn reads_nothing() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            held.push(socket);
        }
    });
    address
}

/// Reads a request with a body of this many bytes slowly, and says how much came.
async fn reads_slowly(length: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut came = 0;
        let mut piece = vec![0; 512 * 1024];
        while came < length {
            came += socket.read(&mut piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        socket.write_all(ok(if came < length + 4096 { "all" } else { "more" }).as_bytes()).await.unwrap();
    });
    address
}

#[tokio::test]
async fn a_body_that_nobody_takes_is_given_up() {
    const BODY: usize = 32 * 1024 * 1024;
    let short = Duration::from_millis(400);
    let patience = egress::Patience { connect: LIMIT, write: short, head: LIMIT * 10 };
    let began = std::time::Instant::now();
    let url = format!("http://{}/", reads_nothing().await);
    let request = lenient().request(egress::Method::POST, &url).unwrap().body(vec![b'x'; BODY]).patience(patience);
    assert!(matches!(request.send().await.unwrap_err(), EgressError::Timeout));
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    // One that is taken slowly goes out, however long it takes altogether; its length is told beforehand.
    let url = format!("http://{}/", reads_slowly(BODY).await);
    let request = lenient().request(egress::Method::POST, &url).unwrap().body(vec![b'x'; BODY]).patience(patience);
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "all");
}

#[tokio::test]
async fn a_body_follows_a_redirect_that_wants_it() {
    let patience = egress::Patience { connect: LIMIT, write: LIMIT, head: LIMIT };
    for status in ["307 Temporary Redirect", "308 Permanent Redirect", "302 Found"] {
        let answer = move |target: &str| {
            let moved =
                format!("HTTP/1.1 {status}\r\nlocation: /end\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            Some(if target == "/x" { moved } else { ok(target) })
        };
        let server = Server::start(answer).await;
        let request = lenient().request(egress::Method::POST, &server.url("127.0.0.1")).unwrap();
        let answer = request.body("something").patience(patience).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "/end", "{status}");
    }
}
