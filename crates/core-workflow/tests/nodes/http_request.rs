//! `http-request` over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use core_workflow::event::RunStatus;
use core_workflow::value::{FileKind, Value};
use core_workflow::{Capabilities, Limits, Registry, RunSetup, Workflow};
use egress::{Client, Policy};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::bench::{MemoryFiles, Ran, file, graph, run, values};
use crate::http_server::{Reply, Server, response};

const SHOWN: [&str; 4] = ["status_code", "body", "headers", "files"];

fn lenient() -> Client {
    Client::new(Policy { allow_private: true, ..Policy::default() }).unwrap()
}

fn setup() -> RunSetup {
    let files = MemoryFiles::with(&[("a.txt", b"text of a"), ("b.bin", &[0, 255, 1]), ("big", &[7; 3000])]);
    let capabilities = Capabilities { http: Some(lenient()), files: Some(files), ..Capabilities::default() };
    RunSetup { capabilities, ..RunSetup::default() }
}

fn node(fields: Json) -> Json {
    let mut node = json!({
        "type": "http-request", "method": "get", "url": "", "authorization": {"type": "no-auth", "config": null},
        "headers": "", "params": "", "body": {"type": "none", "data": []}, "timeout": {},
    });
    let (Json::Object(node_fields), Json::Object(fields)) = (&mut node, fields) else { panic!("not objects") };
    node_fields.extend(fields);
    node
}

async fn request(fields: Json) -> Ran {
    run(&graph(node(fields), &SHOWN), setup()).await
}

async fn request_with(fields: Json, inputs: Json) -> Ran {
    run(&graph(node(fields), &SHOWN), RunSetup { inputs: values(inputs), ..setup() }).await
}

fn ok(body: &str) -> Vec<u8> {
    response("200 OK", &["content-type: text/plain"], body.as_bytes())
}

#[tokio::test]
async fn every_part_is_filled_in_and_sent() {
    let server =
        Server::saying(response("201 Created", &["X-Made: yes", "content-type: application/json"], b"{}")).await;
    let ran = request_with(
        json!({
            "method": "POST",
            "url": server.url("/a?fixed=1"),
            "headers": "X-Name: {{#start.name#}}\nX-Empty:\n\n  x-name : last  ",
            "params": "q: {{#start.name#}}\nq:two words\n: nameless\nbare",
            "body": {"type": "raw-text", "data": [{"type": "text", "value": "Hello {{#start.name#}}"}]},
        }),
        json!({"name": "Ada"}),
    )
    .await;
    let got = server.only();
    assert!(got.head.starts_with("POST "), "{}", got.head);
    assert_eq!(got.target(), "/a?fixed=1&q=Ada&q=two+words&bare=");
    assert_eq!(got.header("x-name"), ["last"]);
    assert_eq!(got.header("x-empty"), [""]);
    assert_eq!(got.header("content-type"), ["text/plain"]);
    assert_eq!(got.body(), "Hello Ada");
    let outputs = ran.outputs();
    assert_eq!(outputs["status_code"], 201);
    assert_eq!((&outputs["body"], &outputs["headers"]["x-made"]), (&json!("{}"), &json!("yes")));
    assert_eq!(outputs["files"], json!([]));
    let raw = ran.process_data()["request"].as_str().unwrap().to_owned();
    let expected = format!(
        "POST /a?fixed=1&q=Ada&q=two+words&bare= HTTP/1.1\r\nHost: {}\r\nX-Empty: \r\nx-name: last\r\n\
         Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nHello Ada",
        server.address
    );
    assert_eq!(raw, expected);
}

#[tokio::test]
async fn bodies_are_what_their_type_says() {
    let cases = [
        (
            json!({"type": "json", "data": [{"value": "{\"a\": {{#start.n#}}, 'b': {{#start.t#}},}"}]}),
            "application/json",
            "{\"a\":7,\"b\":\"hi there\"}",
        ),
        (
            json!({"type": "json", "data": "{\"big\": 12345678901234567890123, \"f\": 1.0}"}),
            "application/json",
            "{\"big\":12345678901234567890123,\"f\":1.0}",
        ),
        (
            json!({"type": "x-www-form-urlencoded", "data": [{"key": "a b", "value": "{{#start.t#}}&"}, {"key": "c", "value": "é"}]}),
            "application/x-www-form-urlencoded",
            "a+b=hi+there%26&c=%C3%A9",
        ),
        (
            json!({"type": "x-www-form-urlencoded", "data": "a:1\nb: {{#start.t#}}"}),
            "application/x-www-form-urlencoded",
            "a=1&b=hi+there",
        ),
        (json!({"type": "raw-text", "data": "old {{#start.t#}}"}), "text/plain", "old hi there"),
    ];
    for (body, kind, expected) in cases {
        let server = Server::saying(ok("")).await;
        let fields = json!({"method": "put", "url": server.url("/"), "body": body});
        let ran = request_with(fields, json!({"n": 7, "t": "hi there"})).await;
        assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
        let got = server.only();
        assert_eq!((got.header("content-type"), got.body()), (vec![kind], expected));
    }
}

#[tokio::test]
async fn a_content_type_that_is_set_stays() {
    let server = Server::saying(ok("")).await;
    let body = json!({"type": "json", "data": [{"value": "{}"}]});
    request(
        json!({"method": "post", "url": server.url("/"), "headers": "content-type: application/x-own", "body": body}),
    )
    .await;
    assert_eq!(server.only().header("content-type"), ["application/x-own"]);
}

#[tokio::test]
async fn forms_carry_texts_and_files() {
    let server = Server::saying(ok("")).await;
    let body = json!({"type": "form-data", "data": [
        {"key": "name", "type": "text", "value": "{{#start.t#}}"},
        {"key": "one", "type": "file", "value": "", "file": ["start", "one"]},
        {"key": "many", "type": "file", "value": "", "file": ["start", "many"]},
        {"key": "none", "type": "file", "value": "", "file": ["start", "missing"]},
    ]});
    let fields = json!({
        "method": "post", "url": server.url("/"), "body": body,
        "headers": "Content-Type: multipart/form-data\nContent-Length: 3\nTransfer-Encoding: chunked",
    });
    let (a, b) = (file("a.txt", "text/plain", FileKind::Document), file("b.bin", "not a type", FileKind::Custom));
    let inputs = json!({"t": "é\r\nx", "one": a.to_json(), "many": [a.to_json(), b.to_json()]});
    let ran = request_with(fields, inputs).await;
    assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
    let got = server.only();
    let kind = got.header("content-type")[0].to_owned();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = String::from_utf8_lossy(&got.body).into_owned();
    let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 6, "{body}");
    assert_eq!(parts[1], "\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\né\r\nx\r\n");
    assert_eq!(
        parts[2],
        "\r\nContent-Disposition: form-data; name=\"one\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\ntext of a\r\n"
    );
    assert!(parts[3].contains("name=\"many\"; filename=\"a.txt\""), "{}", parts[3]);
    assert!(
        parts[4].contains("name=\"many\"; filename=\"b.bin\"\r\nContent-Type: application/octet-stream"),
        "{}",
        parts[4]
    );
    assert!(got.body.windows(3).any(|window| window == [0, 255, 1]));
    let raw = ran.process_data()["request"].as_str().unwrap().to_owned();
    assert!(raw.contains("filename=\"b.bin\"\r\n\r\n<file b.bin>") && !raw.contains("text of a"), "{raw}");
}

#[tokio::test]
async fn a_file_can_be_the_body() {
    let server = Server::saying(ok("")).await;
    let body = json!({"type": "binary", "data": [{"key": "", "type": "file", "value": "", "file": ["start", "f"]}]});
    let fields = json!({"method": "post", "url": server.url("/"), "body": body});
    let inputs = json!({"f": file("b.bin", "x/y", FileKind::Custom).to_json()});
    assert_eq!(request_with(fields.clone(), inputs).await.status(), RunStatus::Succeeded);
    assert_eq!(server.only().body, [0, 255, 1]);
    let ran = request_with(fields.clone(), json!({"f": "no file"})).await;
    assert_eq!(ran.failure(), ("cannot fetch file with selector ['start', 'f']", "FileFetchError"));
    let gone = json!({"f": file("gone", "x/y", FileKind::Custom).to_json()});
    assert_eq!(request_with(fields.clone(), gone).await.failure(), ("no file `gone`", "FileFetchError"));
    // Files of one request together have a limit.
    let limits = Limits { max_file_bytes: 5000, ..Limits::default() };
    let many = json!({"type": "form-data", "data": [{"key": "k", "type": "file", "file": ["start", "f"]}]});
    let big = file("big", "x/y", FileKind::Custom).to_json();
    let inputs = values(json!({"f": [big, big]}));
    let graph = graph(node(json!({"method": "post", "url": server.url("/"), "body": many})), &SHOWN);
    let ran = run(&graph, RunSetup { inputs, limits, ..setup() }).await;
    assert_eq!(ran.failure(), ("`big` is larger than 2000 bytes", "FileFetchError"));
}

#[tokio::test]
async fn keys_are_sent_and_never_shown() {
    let cases = [
        (json!({"type": "bearer", "api_key": "{{#env.KEY#}}"}), "authorization", "Bearer sk-1:234567890"),
        (json!({"type": "basic", "api_key": "{{#env.KEY#}}"}), "authorization", "Basic c2stMToyMzQ1Njc4OTA="),
        (json!({"type": "basic", "api_key": "dXNlcg=="}), "authorization", "Basic dXNlcg=="),
        (json!({"type": "custom", "api_key": "{{#env.KEY#}}", "header": "X-{{#start.h#}}"}), "x-key", "sk-1:234567890"),
        (json!({"type": "bearer", "api_key": "k", "header": ""}), "authorization", "Bearer k"),
    ];
    for (config, name, value) in cases {
        let server = Server::saying(ok("")).await;
        let fields = json!({
            "url": server.url("/?k={{#env.KEY#}}"), "method": "post", "headers": "Y: 1",
            "body": {"type": "json", "data": "{\"k\": \"{{#env.KEY#}}\"}"},
            "authorization": {"type": "api-key", "config": config},
        });
        let environment = [("KEY".to_owned(), Value::Secret("sk-1:234567890".into()))].into_iter().collect();
        let setup = RunSetup { inputs: values(json!({"h": "Key"})), environment, ..setup() };
        let ran = run(&graph(node(fields), &SHOWN), setup).await;
        assert_eq!(ran.status(), RunStatus::Succeeded, "{:?}", ran.end());
        let got = server.only();
        assert_eq!(got.header(name), [value]);
        assert_eq!(got.body(), "{\"k\":\"sk-1:234567890\"}");
        let raw = ran.process_data()["request"].as_str().unwrap().to_ascii_lowercase();
        assert!(raw.contains(&format!("{name}: {}\r\n", "*".repeat(value.len()))), "{raw}");
        assert!(!raw.contains("234567890") && raw.contains("y: 1"), "{raw}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_says_why() {
    let text_body = |kind: &str, count: usize| json!({"type": kind, "data": vec![json!({"value": "x"}); count]});
    let key = |api_key: &str| json!({"type": "api-key", "config": {"type": "bearer", "api_key": api_key}});
    let no_key = "API key is required for authorization but was empty. Please provide a valid API key.";
    let url = "http://127.0.0.1:9/";
    let cases = [
        (json!({"url": " {{#start.empty#}} "}), "url is required", "InvalidURLError"),
        (json!({"url": "ftp://x/"}), "url should start with http:// or https://", "InvalidURLError"),
        (json!({"url": "example.com"}), "url should start with http:// or https://", "InvalidURLError"),
        (json!({"url": "http://"}), "invalid URL: empty host", "InvalidURLError"),
        (json!({"url": url, "method": "options"}), "Invalid http method options", "InvalidHttpMethodError"),
        (json!({"url": url, "authorization": key(" ")}), no_key, "AuthorizationConfigError"),
        (json!({"url": url, "authorization": key("{{#start.empty#}}")}), no_key, "AuthorizationConfigError"),
        (
            json!({"url": url, "body": text_body("json", 2)}),
            "json body type should have exactly one item",
            "RequestBodyError",
        ),
        (
            json!({"url": url, "body": text_body("json", 0)}),
            "json body type should have exactly one item",
            "RequestBodyError",
        ),
        (
            json!({"url": url, "body": text_body("raw-text", 2)}),
            "raw-text body type should have exactly one item",
            "RequestBodyError",
        ),
        (
            json!({"url": url, "body": text_body("binary", 0)}),
            "binary body type should have exactly one item",
            "RequestBodyError",
        ),
        (json!({"url": url, "body": text_body("json", 1)}), "Failed to parse JSON: x", "RequestBodyError"),
        (
            json!({"url": url, "headers": "A: {{#start.lines#}}"}),
            "the value of header `A` contains a line break",
            "HttpRequestNodeError",
        ),
        (
            json!({"url": url, "headers": "{{#start.lines#}}: x"}),
            "`1\\r\\nB: 2` is not a valid header name",
            "HttpRequestNodeError",
        ),
        (
            json!({"url": url, "headers": "A: {{#start.nul#}}"}),
            "the value of header `A` contains control characters",
            "HttpRequestNodeError",
        ),
        (
            json!({"url": url, "authorization": key("k\r\nX: 1")}),
            "the value of header `Authorization` contains control characters",
            "HttpRequestNodeError",
        ),
        (
            json!({"url": "http://no-such-host.invalid/"}),
            "cannot resolve `no-such-host.invalid`",
            "HttpRequestNodeError",
        ),
    ];
    for (fields, message, kind) in cases {
        let ran = request_with(fields.clone(), json!({"empty": "", "lines": "1\r\nB: 2", "nul": "a\u{0}b"})).await;
        assert_eq!(ran.failure(), (message, kind), "{fields}");
        assert_eq!(ran.status(), RunStatus::Failed);
    }
    // Drawn wrongly: the workflow is not made ready.
    for fields in
        [json!({"method": "brew"}), json!({"body": {"type": "soup"}}), json!({"authorization": {"type": "api-key"}})]
    {
        assert!(Workflow::compile(&graph(node(fields.clone()), &SHOWN), &Registry::standard()).is_err(), "{fields}");
    }
}

#[tokio::test]
async fn a_variable_may_be_all_headers_or_end_with_a_line_break() {
    let server = Server::saying(ok("")).await;
    let fields = json!({"url": server.url("/"), "headers": "{{#start.all#}}\nC: {{#start.c#}}"});
    request_with(fields, json!({"all": "A: 1\r\nB: 2", "c": "3\n"})).await;
    let got = server.only();
    assert_eq!((got.header("a"), got.header("b"), got.header("c")), (vec!["1"], vec!["2"], vec!["3"]));
}

#[tokio::test]
async fn a_name_in_the_address_becomes_a_header() {
    let server = Server::saying(ok("")).await;
    let url = server.url("/x").replace("http://", "http://us%3Aer:p@");
    let ran = request(json!({"url": url})).await;
    assert_eq!(server.only().header("authorization"), ["Basic dXM6ZXI6cA=="]);
    assert!(!ran.process_data()["request"].as_str().unwrap().contains("dXM6"));
}

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
    let certificate = include_bytes!("../../../egress/tests/certificate/certificate.der").to_vec().into();
    let key = include_bytes!("../../../egress/tests/certificate/key.der").to_vec();
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
