//! Rules that hold for every call: versions, what need not be sent again, compression.

use reqwest::Method;
use serde_json::json;

use crate::it::ground::Ground;

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_the_api() {
    let ground = Ground::of("chat").await;
    let page = ground.server.web(&ground.app.code).await;
    assert_eq!(ground.service.get("/parameters").await.expect(200).header("api-version"), Some("1.0"));
    assert_eq!(page.get("/parameters").await.expect(200).header("api-version"), Some("1.0"));
    for (version, status) in [("1.0", 200), ("latest", 200), ("2.0", 400), ("x", 400)] {
        for client in [&*ground.service, &*page] {
            let request = client.request(Method::GET, "/parameters").header("API-Version", version);
            let answer = client.send(request).await.expect(status);
            assert_eq!(answer.header("api-version"), Some("1.0"));
            assert!(status == 200 || answer.code() == "unsupported_api_version");
        }
    }
    let key = ground.console.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let datasets = ground.server.service(&key);
    let id = datasets.post_json("/datasets", &json!({"name": "Facts"})).await.expect(200).text_at("/id");
    let query = json!({"query": "x"});
    let old = datasets.post_json(&format!("/datasets/{id}/hit-testing"), &query).await;
    let successor = format!("</v1/datasets/{id}/retrieve>; rel=\"successor-version\"");
    assert_eq!(old.header("link"), Some(successor.as_str()));
    assert!(old.header("deprecation").is_some_and(|since| since.starts_with('@')));
    assert!(old.header("sunset").is_some_and(|date| date.ends_with("GMT")));
    let new = datasets.post_json(&format!("/datasets/{id}/retrieve"), &query).await;
    assert_eq!((new.header("deprecation"), new.header("link")), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_not_sent_again() {
    let ground = Ground::of("chat").await;
    let page = ground.server.web(&ground.app.code).await;
    for (client, path) in [
        (&*ground.service, "/parameters"),
        (&*ground.service, "/site"),
        (&*ground.service, "/meta"),
        (&*page, "/parameters"),
        (&*page, "/site"),
        (&*page, "/meta"),
    ] {
        let tag = client.get(path).await.expect(200).header("etag").unwrap().to_owned();
        let again = client.send(client.request(Method::GET, path).header("If-None-Match", &tag)).await.expect(304);
        assert_eq!((again.text(), again.header("etag")), ("", Some(tag.as_str())), "{path}");
    }
    // A change is told at once.
    let tag = ground.service.get("/parameters").await.expect(200).header("etag").unwrap().to_owned();
    ground.configure(json!({"opening_statement": "Welcome"})).await;
    let request = ground.service.request(Method::GET, "/parameters").header("If-None-Match", tag);
    assert_eq!(ground.service.send(request).await.expect(200).json["opening_statement"], "Welcome");
    assert_eq!(ground.server.service("app-x").get("/parameters").await.expect(401).header("etag"), None);
}

async fn key(ground: &Ground) -> String {
    ground.console.api_key(&ground.app).await
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "only this server is asked, and what counts is what it sends")]
async fn large_answers_are_compressed_where_that_is_switched_on() {
    let compressing = Ground::with("chat", &[("API_COMPRESSION_ENABLED", "true")]).await;
    let plain = Ground::of("chat").await;
    for (ground, expected) in [(&compressing, Some("gzip")), (&plain, None)] {
        ground.configure(json!({"opening_statement": "Welcome. ".repeat(300)})).await;
        // One that shows what came, rather than what it says.
        let client = reqwest::Client::builder().no_gzip().no_brotli().build().unwrap();
        let request = client.get(format!("{}/v1/parameters", ground.server.base())).bearer_auth(&key(ground).await);
        let answer = request.header("Accept-Encoding", "gzip").send().await.unwrap();
        assert_eq!(answer.headers().get("content-encoding").map(|v| v.to_str().unwrap()), expected);
        let stream = client.post(format!("{}/v1/chat-messages", ground.server.base())).bearer_auth(&key(ground).await);
        let stream = stream.header("Accept-Encoding", "gzip, br").json(&crate::it::ground::streamed("Hi"));
        let stream = stream.send().await.unwrap();
        assert!(stream.headers().get("content-encoding").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_say_that_they_are_done_to_whoever_asks() {
    let ground = Ground::of("chat").await;
    let read = async |asked: Option<&str>| {
        let request = ground.service.request(Method::POST, "/chat-messages").json(&crate::it::ground::streamed("Hi"));
        let request = match asked {
            Some(value) => request.header("X-Stream-Done", value),
            None => request,
        };
        ground.service.begin(request).await.text().await.unwrap()
    };
    let plain = read(None).await;
    assert!(!plain.contains("[DONE]") && !read(Some("no")).await.contains("[DONE]"));
    let done = read(Some("true")).await;
    assert!(done.ends_with("}\n\ndata: [DONE]\n\n"), "{done}");
    assert_eq!(done.matches("[DONE]").count(), 1);
    let last: Vec<&str> = plain.trim_end().rsplit("\n\n").take(1).collect();
    let task: serde_json::Value = serde_json::from_str(last[0].strip_prefix("data: ").unwrap()).unwrap();
    let path = format!("/streams/{}?user=alice", task["task_id"].as_str().unwrap());
    let again = ground.service.begin(ground.service.request(Method::GET, &path).header("X-Stream-Done", "true")).await;
    assert!(again.text().await.unwrap().ends_with("data: [DONE]\n\n"));
}
