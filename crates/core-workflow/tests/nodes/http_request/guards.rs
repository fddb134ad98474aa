//! Servers that do not answer, addresses that are not asked, certificates.

use super::{SHOWN, lenient, node, ok, request, setup};
use crate::bench::graph;
use crate::bench::run;
use crate::http_server::Reply;
use crate::http_server::Server;
use crate::http_server::response;
use core_workflow::Capabilities;
use core_workflow::RunSetup;
use egress::Client;
use egress::Policy;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::test]
async fn silence_ends_a_request() {
    let silent = Server::start(|_| Reply::Hang(Vec::new())).await;
    let halting = Server::start(|_| {
        Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nabc".to_vec())
    })
    .await;
    for server in [silent, halting] {
        let began = Instant::now();
        let timeout = json!({"connect": 100, "read": 0.2, "write": 0});
        let ran = request(json!({"url": server.url("/"), "timeout": timeout})).await;
        assert_eq!(ran.failure(), ("the request timed out", "HttpRequestNodeError"));
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    let cut =
        Server::saying(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nabc".to_vec()).await;
    assert_eq!(request(json!({"url": cut.url("/")})).await.failure().1, "HttpRequestNodeError");
}

#[tokio::test]
async fn a_server_that_does_not_read_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let began = Instant::now();
    let body = json!({"type": "raw-text", "data": [{"type": "text", "value": "x".repeat(16 * 1024 * 1024)}]});
    let timeout = json!({"connect": 100, "read": 100, "write": 0.4});
    let ran = request(json!({"url": url, "method": "post", "body": body, "timeout": timeout})).await;
    assert_eq!(ran.failure(), ("the request timed out", "HttpRequestNodeError"));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn private_addresses_are_refused_at_once_and_after_a_redirect() {
    let inner = Server::saying(ok("secret")).await;
    let target = inner.url("/");
    let redirect = move |_: &_| Reply::Bytes(response("302 Found", &[&format!("location: {target}")], b""));
    let outer = Server::start(redirect).await;
    let client = Client::new(Policy { allow_hosts: vec!["localhost".to_owned()], ..Policy::default() }).unwrap();
    for url in [inner.url("/"), format!("http://localhost:{}/", outer.address.port())] {
        let mut setup = setup();
        setup.capabilities.http = Some(client.clone());
        let ran = run(&graph(node(json!({"url": url})), &SHOWN), setup).await;
        assert_eq!(ran.failure(), ("access to `127.0.0.1` is not allowed", "HttpRequestNodeError"));
    }
    assert_eq!((inner.got.lock().len(), outer.got.lock().len()), (0, 1));
}

#[tokio::test]
async fn a_key_does_not_follow_a_redirect_to_somebody_else() {
    let other = Server::saying(ok("other")).await;
    let target = other.url("/");
    let redirect = move |_: &_| Reply::Bytes(response("302 Found", &[&format!("location: {target}")], b""));
    let outer = Server::start(redirect).await;
    let authorization = |kind: &str| json!({"type": "api-key", "config": {"type": kind, "api_key": "k", "header": if kind == "custom" { "X-K" } else { "" }}});
    let ran = request(json!({"url": outer.url("/"), "authorization": authorization("custom")})).await;
    assert_eq!(ran.failure(), ("access to `127.0.0.1` is not allowed", "HttpRequestNodeError"));
    assert_eq!(other.got.lock().len(), 0);
    let ran = request(json!({"url": outer.url("/"), "authorization": authorization("bearer")})).await;
    assert_eq!(ran.outputs()["body"], "other");
    assert!(other.only().header("authorization").is_empty());
}

#[tokio::test]
async fn without_a_client_there_are_no_requests() {
    let ran = run(&graph(node(json!({"url": "http://x/"})), &SHOWN), RunSetup::default()).await;
    assert_eq!(ran.failure(), ("HTTP requests are not available here", "HttpRequestNodeError"));
    let server = Server::saying(response("200 OK", &["content-type: image/png"], b"x")).await;
    let capabilities = Capabilities { http: Some(lenient()), ..Capabilities::default() };
    let setup = RunSetup { capabilities, ..RunSetup::default() };
    let ran = run(&graph(node(json!({"url": server.url("/")})), &SHOWN), setup).await;
    assert_eq!(ran.failure().0, "files cannot be kept here: there is no file storage");
}

/// A server with a certificate that nobody has signed.
async fn unsigned_server() -> SocketAddr {
    egress::install_crypto_provider();
    let certificate = include_bytes!("../../../../egress/tests/certificate/certificate.der").to_vec().into();
    let key = include_bytes!("../../../../egress/tests/certificate/key.der").to_vec();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key).into();
    let config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let _ = socket.read(&mut [0; 1024]).await;
            let _ = socket.write_all(&ok("sealed")).await;
            let _ = socket.shutdown().await;
        }
    });
    address
}

#[tokio::test]
async fn certificates_are_checked_unless_the_node_says_not_to() {
    let url = format!("https://{}/", unsigned_server().await);
    for fields in
        [json!({"url": url}), json!({"url": url, "ssl_verify": true}), json!({"url": url, "ssl_verify": null})]
    {
        let ran = request(fields).await;
        assert!(ran.failure().0.starts_with("cannot connect: "), "{}", ran.failure().0);
    }
    assert_eq!(request(json!({"url": url, "ssl_verify": false})).await.outputs()["body"], "sealed");
}
