//! What becomes of an answer: status, text, file, limits.

use super::{SHOWN, node, ok, request, setup};
use crate::bench::MemoryFiles;
use crate::bench::graph;
use crate::bench::run;
use crate::http_server::Reply;
use crate::http_server::Server;
use crate::http_server::response;
use core_workflow::Limits;
use core_workflow::RunSetup;
use core_workflow::event::RunStatus;
use core_workflow::value::Value;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn an_answer_that_is_no_success_fails_only_those_who_are_prepared() {
    let server = Server::saying(response("404 Not Found", &["content-type: text/plain"], b"gone")).await;
    let plain = request(json!({"url": server.url("/")})).await;
    assert_eq!((plain.status(), &plain.outputs()["status_code"]), (RunStatus::Succeeded, &json!(404)));
    assert_eq!(plain.outputs()["body"], "gone");
    let retry = json!({"retry_enabled": true, "max_retries": 2, "retry_interval": 1});
    let ran = request(json!({"url": server.url("/"), "retry_config": retry})).await;
    assert_eq!(ran.failure(), ("Request failed with status code 404", "HTTPResponseCodeError"));
    assert_eq!((ran.retries(), ran.status()), (vec![1, 2], RunStatus::Failed));
    assert!(ran.process_data()["request"].as_str().unwrap().starts_with("GET / HTTP/1.1"));
    let default = json!([{"key": "body", "type": "string", "value": "instead"}]);
    let ran =
        request(json!({"url": server.url("/"), "error_strategy": "default-value", "default_value": default})).await;
    assert_eq!(ran.status(), RunStatus::PartialSucceeded);
    assert_eq!(ran.node().outputs["body"], Value::from("instead"));
    assert_eq!(ran.node().outputs["error_type"], Value::from("HTTPResponseCodeError"));
}

#[tokio::test]
async fn a_retried_request_can_succeed_and_a_failed_one_can_branch() {
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let server = Server::start(move |_| {
        let earlier = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Reply::Bytes(if earlier < 2 { response("500 No", &[], b"") } else { ok("at last") })
    })
    .await;
    let retry = json!({"retry_enabled": true, "max_retries": 3, "retry_interval": 1});
    let ran = request(json!({"url": server.url("/"), "retry_config": retry})).await;
    assert_eq!((ran.retries(), &ran.outputs()["body"]), (vec![1, 2], &json!("at last")));
    assert_eq!(ran.status(), RunStatus::PartialSucceeded);

    let mut branching = graph(node(json!({"url": "http://127.0.0.1:1/", "error_strategy": "fail-branch"})), &["body"]);
    let outputs = json!([{"variable": "why", "value_selector": ["n", "error_type"]}]);
    branching["nodes"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": "failed", "data": {"type": "end", "outputs": outputs}}));
    let edge = json!({"source": "n", "target": "failed", "sourceHandle": "fail-branch"});
    branching["edges"].as_array_mut().unwrap().push(edge);
    let ran = run(&branching, setup()).await;
    assert_eq!(ran.status(), RunStatus::PartialSucceeded);
    assert_eq!(ran.end().outputs["why"], Value::from("HttpRequestNodeError"));
    assert!(ran.node().failure.as_ref().unwrap().message.starts_with("cannot connect:"));
}

#[tokio::test]
async fn texts_and_files_have_their_limits() {
    let limits = Limits { max_http_text: 2048, max_http_file: 4096, ..Limits::default() };
    let chunked = |length: usize, kind: &str| {
        let body = "x".repeat(length);
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n").into_bytes()
    };
    let cases = [
        (response("200 OK", &["content-type: text/plain"], &[b'x'; 2048]), None),
        (
            response("200 OK", &["content-type: text/plain"], &[b'x'; 2049]),
            Some("Text size is too large, max size is 0.00 MB, but current size is 2.00 KB."),
        ),
        (chunked(2048, "text/plain"), None),
        (chunked(9000, "text/plain"), Some("Text size is too large")),
        (response("200 OK", &["content-type: image/png"], &[b'x'; 4096]), None),
        (chunked(5000, "image/png"), Some("File size is too large")),
        (response("200 OK", &["content-type: image/png"], &[b'x'; 5000]), Some("File size is too large")),
    ];
    for (answer, expected) in cases {
        let server = Server::saying(answer).await;
        let graph = graph(node(json!({"url": server.url("/")})), &SHOWN);
        let ran = run(&graph, RunSetup { limits: limits.clone(), ..setup() }).await;
        match expected {
            None => assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end()),
            Some(message) => {
                let (text, kind) = ran.failure();
                assert!(text.starts_with(message), "{text}");
                assert_eq!(kind, "ResponseSizeError");
            }
        }
    }
    // A body without end is given up when its limit is reached, not when the server is tired.
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n";
    let server = Server::start(move |_| Reply::Hang([head.as_slice(), &[b'x'; 4000]].concat())).await;
    let graph = graph(node(json!({"url": server.url("/")})), &SHOWN);
    let ran = run(&graph, RunSetup { limits, ..setup() }).await;
    assert_eq!(ran.failure().1, "ResponseSizeError");
}

#[tokio::test]
async fn the_default_limit_is_shown_in_megabytes() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1572864\r\n\r\n";
    let server = Server::start(move |_| Reply::Hang([head.as_slice(), &[b'x'; 2000]].concat())).await;
    let ran = request(json!({"url": server.url("/")})).await;
    assert_eq!(ran.failure().0, "Text size is too large, max size is 1.00 MB, but current size is 1.50 MB.");
}

#[tokio::test]
async fn files_are_kept_and_named() {
    let png = "content-type: image/png";
    let cases = [
        ("/pics/cat.png?x=1", vec![png], "cat.png", "image/png"),
        ("/", vec![png], "file.png", "image/png"),
        (
            "/x",
            vec![png, "content-disposition: attachment; filename=\"../../etc/report.pdf\""],
            "report.pdf",
            "application/pdf",
        ),
        ("/x", vec!["content-type: text/plain", "content-disposition: attachment"], "x", "text/plain"),
        ("/data.zip", vec!["content-disposition: inline; filename*=UTF-8''n%C3%A4me"], "näme", "application/zip"),
    ];
    for (path, headers, name, mime_type) in cases {
        let server = Server::saying(response("200 OK", &headers, b"\x00\xff")).await;
        let files = MemoryFiles::with(&[]);
        let mut setup = setup();
        setup.capabilities.files = Some(Arc::clone(&files) as _);
        let ran = run(&graph(node(json!({"url": server.url(path)})), &SHOWN), setup).await;
        let outputs = ran.outputs();
        assert_eq!(outputs["body"], "");
        assert_eq!(
            (&outputs["files"][0]["filename"], &outputs["files"][0]["mime_type"]),
            (&json!(name), &json!(mime_type))
        );
        assert_eq!(files.stored.lock()[0].bytes.as_ref(), b"\x00\xff");
    }
}

#[tokio::test]
async fn texts_are_decoded() {
    let cases: [(&str, &[u8], &str); 4] = [
        ("text/plain; charset=iso-8859-1", b"caf\xe9", "café"),
        ("text/plain", "€".as_bytes(), "€"),
        ("text/plain; charset=\"gbk\"", b"\xc4\xe3\xba\xc3", "你好"),
        ("text/plain", b"na\xefve caf\xe9, d\xe9j\xe0 vu", "naïve café, déjà vu"),
    ];
    for (kind, body, expected) in cases {
        let server = Server::saying(response("200 OK", &[&format!("content-type: {kind}")], body)).await;
        assert_eq!(request(json!({"url": server.url("/")})).await.outputs()["body"], expected, "{kind}");
    }
}

#[tokio::test]
async fn the_answer_to_head_has_no_body() {
    let server =
        Server::saying(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 99999999\r\n\r\n".to_vec())
            .await;
    let outputs = request(json!({"url": server.url("/"), "method": "HEAD"})).await.outputs();
    assert_eq!((&outputs["body"], &outputs["files"]), (&json!(""), &json!([])));
}
