//! HTTP nodes that are sent where they must not go.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{AROUND, around, blank, comes_to, deploy, outcome, unharmed};

fn request(url: &str) -> Value {
    json!({"type": "http-request", "method": "get", "url": url, "authorization": {"type": "no-auth"},
        "headers": "", "params": "", "body": {"type": "none"}, "timeout": {"connect": 2, "read": 2, "write": 2}})
}

/// Says these bytes to whoever connects; where it listens, and how often somebody has.
async fn server(head: String) -> (std::net::SocketAddr, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let head = head.clone();
            tokio::spawn(async move {
                let mut seen = [0; 4096];
                let _ = socket.read(&mut seen).await;
                let _ = socket.write_all(head.as_bytes()).await;
                let _ = socket.shutdown().await;
            });
        }
    });
    (address, asked)
}

fn redirect(status: &str, to: &str) -> String {
    format!("HTTP/1.1 {status}\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_not_asked() {
    let flow = blank("workflow", &[("FERRIFY_EGRESS_ALLOW_PRIVATE", "false")]).await;
    let (secret, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret".to_owned()).await;
    let port = secret.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "127.0.0.1.",
        "127。0。0。1",
    ] {
        let node = request(&format!("http://{host}:{port}/"));
        comes_to(&flow, around(node, "body"), &AROUND, json!({}), Err("")).await;
    }
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/",
        "http://metadata.google.internal/",
        "http://10.0.0.1/",
        "http://192.168.0.1/",
        "http://172.16.0.1/",
        "http://100.64.0.1/",
        "http://[fe80::1]/",
        "http://user:password@127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "http://",
        "http:///",
        "http://[",
        "http://\u{0}/",
        "http://a b/",
        "javascript:1",
        "",
    ] {
        comes_to(&flow, around(request(url), "body"), &AROUND, json!({}), Err("")).await;
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 0, "somebody was asked");
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_to_private_addresses_are_not_followed() {
    let settings = [("FERRIFY_EGRESS_ALLOW_PRIVATE", "false"), ("FERRIFY_EGRESS_ALLOW", "127.0.0.1/32")];
    let flow = blank("workflow", &settings).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        for to in [
            "http://169.254.169.254/latest/meta-data/",
            "http://127.0.0.2/",
            "http://[::1]/",
            "http://10.0.0.1/",
            "http://2130706434/",
        ] {
            let (address, asked) = server(redirect(status, to)).await;
            let node = request(&format!("http://{address}/"));
            comes_to(&flow, around(node, "body"), &AROUND, json!({}), Err("is not allowed")).await;
            assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1, "{to}: the server was asked");
        }
        // What cannot be followed is a fault, or the answer that it is.
        for to in ["file:///etc/passwd", "ftp://127.0.0.1/", "http://user:password@127.0.0.1/", "http://[", "\u{1}"] {
            let (address, asked) = server(redirect(status, to)).await;
            deploy(&flow, around(request(&format!("http://{address}/")), "body"), &AROUND).await;
            let data = outcome(&flow, json!({})).await;
            let known = data["status"] == "failed" || data["outputs"]["out"] == "";
            assert!(known, "{to}: {data}");
            assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1, "{to}: the server was asked");
        }
    }
    let (circle, _) = server(redirect("302 Found", "/again")).await;
    let node = request(&format!("http://{circle}/"));
    comes_to(&flow, around(node, "body"), &AROUND, json!({}), Err("redirect")).await;
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_misbehave() {
    let flow = blank("workflow", &[]).await;
    let endless = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned()
        + &format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20)).repeat(4);
    for head in [
        "no HTTP at all".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\n{}: x\r\ncontent-length: 0\r\n\r\n", "h".repeat(2_000_000)),
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope".to_owned(),
        endless,
        String::new(),
    ] {
        let (address, _) = server(head).await;
        comes_to(&flow, around(request(&format!("http://{address}/")), "body"), &AROUND, json!({}), Err("")).await;
    }
    // Bytes that are no text, and NUL, become text that can be stored.
    let (address, _) =
        server("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\na\0b".to_owned()).await;
    deploy(&flow, around(request(&format!("http://{address}/")), "body"), &AROUND).await;
    let data = outcome(&flow, json!({})).await;
    assert_eq!(data["status"], json!("succeeded"), "{data}");
    // Nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let begun = std::time::Instant::now();
    let node = request(&format!("http://{}/", silent.local_addr().unwrap()));
    comes_to(&flow, around(node, "body"), &AROUND, json!({}), Err("timed out")).await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    unharmed(&flow.server).await;
}
