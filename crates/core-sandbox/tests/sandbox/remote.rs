//! The client of dify-sandbox's protocol, against a service on a real socket that runs the scripts it is sent.

use std::time::Duration;

use core_sandbox::{Language, Mode, RemoteSettings, Sandbox, SandboxError, SandboxSettings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{call, failure, javascript, python, sandbox, script};

const KEY: &str = "dify-sandbox";

/// How the service behaves.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Runs,
    Says(u16, &'static str),
    Hangs,
    HangsUp,
    Floods,
}

async fn serve(manner: Manner) -> Sandbox {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let local = sandbox();
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, manner, local.clone()));
        }
    });
    let mut remote = RemoteSettings::new(endpoint.parse().unwrap(), KEY.into());
    remote.connect_timeout = Duration::from_secs(2);
    if matches!(manner, Manner::Hangs) {
        (remote.read_timeout, remote.write_timeout) = (Duration::from_secs(1), Duration::ZERO);
    }
    Sandbox::new(SandboxSettings { mode: Mode::Http(remote), ..SandboxSettings::default() }).unwrap()
}

async fn answer(mut stream: TcpStream, manner: Manner, local: Sandbox) {
    let (head, body) = request(&mut stream).await;
    let (status, body) = match manner {
        Manner::Runs => (200, run(&head, &body, &local).await),
        Manner::Says(status, body) => (status, body.to_owned()),
        Manner::HangsUp => return,
        Manner::Floods => (200, format!("{{\"code\": 0, \"message\": \"{}\"}}", "x".repeat(40 << 20))),
        Manner::Hangs => return std::future::pending().await,
    };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    // The client may have heard enough.
    let _gone = stream.write_all((head + &body).as_bytes()).await;
}

async fn request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
            let mut body = bytes[end + 4..].to_vec();
            let missing = length.parse::<usize>().unwrap() - body.len();
            let mut rest = vec![0; missing];
            stream.read_exact(&mut rest).await.unwrap();
            body.extend(rest);
            return (head, body);
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
}

/// What dify-sandbox does with a request that is right.
async fn run(head: &str, body: &[u8], local: &Sandbox) -> String {
    let question: Value = serde_json::from_slice(body).unwrap();
    if !head.starts_with("post /v1/sandbox/run http/1.1\r\n") || !head.contains(&format!("x-api-key: {KEY}")) {
        return json!({"code": -401, "message": "Unauthorized", "data": null}).to_string();
    }
    assert_eq!((&question["preload"], &question["enable_network"]), (&json!(""), &json!(true)));
    let language = match question["language"].as_str().unwrap() {
        "python3" => Language::Python3,
        "nodejs" => Language::JavaScript,
        other => panic!("{other}"),
    };
    let output = local.run_script(script(language, question["code"].as_str().unwrap())).await.unwrap();
    json!({"code": 0, "message": "success", "data": {"stdout": output.stdout, "error": output.error}}).to_string()
}

#[tokio::test]
async fn main_is_called_elsewhere() {
    let remote = serve(Manner::Runs).await;
    let everything = json!({
        "text": "Grüße, 世界 😀 \u{0} ` ${x} ' \" \\ \n <<RESULT>> </script>", "whole": 1, "float": 1.5, "large": i64::MAX >> 11,
        "yes": true, "nothing": null, "list": [1, [2], {}],
    });
    let code = "def main(**given):\n    print('<<RESULT>>noise')\n    return given  # no line end";
    assert_eq!(python(&remote, code, everything.clone()).await.unwrap().value, everything);
    let code = "function main(given) { console.log('<<RESULT>>'); return given } // no line end";
    assert_eq!(javascript(&remote, code, everything.clone()).await.unwrap().value, everything);
    let code = "const main = async ({a}) => { await null; return a }";
    assert_eq!(javascript(&remote, code, json!({"a": 1})).await.unwrap().value, json!(1));
    let code = "from __future__ import annotations\njson = base64 = None\ndef main() -> dict:\n    return [json, 1.0]";
    assert_eq!(python(&remote, code, json!({})).await.unwrap().value, json!([null, 1.0]));
}

#[tokio::test]
async fn what_scripts_did_wrong_is_reported() {
    let remote = serve(Manner::Runs).await;
    let thrown = failure(python(&remote, "def main():\n    return 1 / 0", json!({})).await);
    assert!(thrown.contains("ZeroDivisionError"), "{thrown}");
    let thrown = failure(javascript(&remote, "function main() { throw new TypeError('no') }", json!({})).await);
    assert!(thrown.contains("TypeError: no"), "{thrown}");
    assert!(failure(javascript(&remote, "function main() {}", json!({})).await).contains("TypeError"));
    assert!(failure(python(&remote, "", json!({})).await).contains("'main' is not defined"));
    let ended = python(&remote, "import os\ndef main():\n    os._exit(0)", json!({})).await;
    assert!(matches!(ended, Err(SandboxError::ResultNotJson { .. })), "{ended:?}");
    let output = remote.run_script(script(Language::Python3, "print(1)\nnothing")).await.unwrap();
    assert_eq!(output.stdout, "1\n");
    assert!(output.error.contains("NameError"), "{}", output.error);
}

#[tokio::test]
async fn what_the_service_does_wrong_is_not_the_scripts_fault() {
    for (manner, unavailable) in [
        (Manner::Says(503, "busy"), true),
        (Manner::Says(401, "{}"), true),
        (Manner::Hangs, true),
        (Manner::HangsUp, true),
        (Manner::Says(500, "oops"), false),
        (Manner::Says(200, "not json"), false),
        (Manner::Says(200, "{\"code\": 0, \"data\""), false),
        (Manner::Says(200, "{\"code\": 0, \"message\": \"success\", \"data\": null}"), false),
        (Manner::Says(200, "{\"code\": -500, \"message\": \"panicked\", \"data\": null}"), false),
    ] {
        let remote = serve(manner).await;
        let error =
            remote.call_main(call(Language::Python3, "def main():\n    return 1", json!({}))).await.unwrap_err();
        assert_eq!(matches!(error, SandboxError::Unavailable { .. }), unavailable, "{manner:?}: {error:?}");
        assert!(!error.is_scripts_fault(), "{manner:?}: {error:?}");
        assert!(!error.to_string().contains(KEY), "{error}");
    }
    let flooded = python(&serve(Manner::Floods).await, "def main():\n    return 1", json!({})).await;
    assert!(matches!(flooded, Err(SandboxError::OutputTooLarge { .. })), "{flooded:?}");
}

#[tokio::test]
async fn nobody_at_the_address_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mode = Mode::Http(RemoteSettings::new(endpoint.parse().unwrap(), KEY.into()));
    let remote = Sandbox::new(SandboxSettings { mode, ..SandboxSettings::default() }).unwrap();
    let error = python(&remote, "def main():\n    return 1", json!({})).await.unwrap_err();
    assert!(matches!(error, SandboxError::Unavailable { .. }), "{error:?}");
    let mode = Mode::Http(RemoteSettings::new("data:x".parse().unwrap(), KEY.into()));
    assert!(Sandbox::new(SandboxSettings { mode, ..SandboxSettings::default() }).is_err());
}
