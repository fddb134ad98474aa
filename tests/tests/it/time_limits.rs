//! Requests that take too long, and bodies that do not come.

use std::time::{Duration, Instant};

use serde_json::json;
use test_kit::upstream::Script;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::it::ground::{Ground, MODEL, question, streamed};

/// Says a beginning, then its pieces at pauses, until the server answers; the answer, and how long it took.
async fn trickle(base: &str, begin: &str, piece: &str, pause: Duration) -> (String, Duration) {
    let asked = Instant::now();
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).await.unwrap();
    stream.write_all(begin.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let says = async {
        while writer.write_all(piece.as_bytes()).await.is_ok() {
            tokio::time::sleep(pause).await;
        }
        std::future::pending::<()>().await;
    };
    let hears = async {
        let mut heard = Vec::new();
        let mut buffer = [0_u8; 4096];
        // A connection that is reset has said what it had to say.
        while let Ok(read @ 1..) = reader.read(&mut buffer).await {
            heard.extend_from_slice(&buffer[..read]);
        }
        String::from_utf8_lossy(&heard).into_owned()
    };
    let heard = tokio::select! { heard = hears => heard, () = says => unreachable!("never ends") };
    (heard, asked.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_trickle_are_given_up() {
    let ground = Ground::with("chat", &[("FERRIFY_BODY_SECONDS", "1"), ("FERRIFY_UPLOAD_SECONDS", "1")]).await;
    let key = ground.console.api_key(&ground.app).await;
    for (path, kind) in
        [("/v1/chat-messages", "application/json"), ("/v1/files/upload", "multipart/form-data; boundary=x")]
    {
        let begin = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nOrigin: https://pages.example\r\n\
             Content-Type: {kind}\r\nContent-Length: 5000\r\n\r\n"
        );
        let (heard, took) = trickle(ground.server.base(), &begin, "-", Duration::from_millis(100)).await;
        assert!(heard.starts_with("HTTP/1.1 408"), "{path}: {heard}");
        assert!(took > Duration::from_millis(900) && took < Duration::from_secs(10), "{took:?}");
        let lower = heard.to_lowercase();
        assert!(lower.contains("\"code\":\"request_timeout\"") && lower.contains("\"status\":408"), "{heard}");
        assert!(lower.contains("connection: close") && lower.contains("access-control-allow-origin: https://pages"));
    }
    let metrics = ground.server.client().get("/metrics").await.expect(200);
    assert!(metrics.text().contains("ferrify_http_timed_out_total"), "counted");
    // Whoever is quick is served.
    let _ = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_trickle_are_given_up() {
    let ground = Ground::of("chat").await;
    let begin = "GET /v1/parameters HTTP/1.1\r\nHost: localhost\r\nX-Long: ";
    let (heard, took) = trickle(ground.server.base(), begin, "a", Duration::from_millis(200)).await;
    assert!(heard.starts_with("HTTP/1.1 408"), "{heard}");
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_requests_end_and_slow_answers_do_not() {
    let limits = [
        ("FERRIFY_CONSOLE_REQUEST_SECONDS", "8"),
        ("FERRIFY_SERVICE_REQUEST_SECONDS", "1"),
        ("FERRIFY_BODY_SECONDS", "1"),
    ];
    let ground = Ground::with("chat", &limits).await;
    // Whether credentials are right is asked of the provider, which takes its time.
    ground.stub.script("slow-model", Script { first_delay: Duration::from_secs(60), ..Script::default() });
    let path = format!("/workspaces/current/model-providers/{}/models/credentials/validate", ground.provider);
    let body = json!({"model": "slow-model", "model_type": "llm",
        "credentials": {"api_key": "sk-x", "endpoint_url": ground.stub.openai_base_url(), "mode": "chat", "context_size": "4096", "max_tokens_to_sample": "4096"}});
    let asked = Instant::now();
    let slow = ground.console.post_json(&path, &body).await.expect(504);
    assert_eq!((slow.code(), slow.json["status"].as_u64()), ("gateway_timeout", Some(504)));
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());

    // Answers of models have the limits of runs, whole or as a stream.
    ground.stub.script(MODEL, Script { first_delay: Duration::from_millis(1500), ..Script::text(&["late"]) });
    let whole = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    assert_eq!(whole.json["answer"], "late");
    ground.stub.script(MODEL, Script::pieces(20, "slow ", Duration::from_millis(100)));
    let stream = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert_eq!(stream.answer(), "slow ".repeat(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_holds_no_tier_for_long() {
    let limits = [
        ("FERRIFY_SERVICE_REQUEST_SECONDS", "1"),
        ("FERRIFY_WEB_REQUEST_SECONDS", "1"),
        ("FERRIFY_FILES_REQUEST_SECONDS", "1"),
        ("FERRIFY_INNER_REQUEST_SECONDS", "1"),
        ("INNER_API", "true"),
        ("INNER_API_KEY", "inner-key"),
    ];
    let ground = Ground::on_lines("chat", &limits).await;
    // Whose key it is, is known from now on.
    ground.service.get("/parameters").await.expect(200);
    ground.server.lines().postgres.freeze();
    let client =
        ground.server.client().with_header("X-App-Code", "unknown").with_header("X-Inner-Api-Key", "inner-key");
    let logo = format!("/files/workspaces/{}/webapp-logo", uuid::Uuid::new_v4());
    let name = json!({"name": "Late"});
    let answers = [
        ground.service.get("/conversations?user=somebody").await,
        client.get("/api/passport").await,
        client.get(&logo).await,
        client.post_json("/inner/api/enterprise/workspace/ownerless", &name).await,
    ];
    ground.server.lines().postgres.mend();
    for answer in answers {
        assert_eq!(answer.expect(504).code(), "gateway_timeout");
    }
}
