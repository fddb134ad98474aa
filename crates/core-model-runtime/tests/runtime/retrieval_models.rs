//! Embedding and reranking at Cohere, Jina and compatible servers.

use std::time::Duration;

use core_model_runtime::{EmbeddingInput, InvokeError, Limits, ModelRef};
use serde_json::{Value, json};
use stub_upstream::Script;

use crate::bench::{Bench, limits};

fn cohere(bench: &Bench, model: &str) -> ModelRef {
    bench.model("cohere", model, json!({"api_key": "k", "base_url": bench.stub.base_url()}))
}

fn jina(bench: &Bench, model: &str) -> ModelRef {
    bench.model("jina", model, json!({"api_key": "k", "base_url": bench.stub.base_url()}))
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("text number {n}")).collect()
}

#[tokio::test]
async fn cohere_tells_documents_from_queries() {
    let bench = Bench::scripted(Script::vectors(16)).await;
    let model = cohere(&bench, "embed-v4.0");
    let result = bench.runtime.embed(&model, &texts(100), EmbeddingInput::Document).await.unwrap();
    assert_eq!((result.embeddings.len(), result.embeddings[99].len(), result.usage.tokens), (100, 16, 300));
    assert_eq!(serde_json::to_value(&result.usage).unwrap()["total_price"], "0.0000360");
    let requests = bench.stub.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[0].path.as_str(), &requests[0].body["input_type"]), ("/v2/embed", &json!("search_document")));
    assert_eq!(requests[0].body["texts"].as_array().unwrap().len(), 96);
    let one = bench.runtime.embed(&model, &texts(1), EmbeddingInput::Query).await.unwrap();
    assert_eq!(bench.last_body()["input_type"], "search_query");
    assert_eq!(one.embeddings[0], result.embeddings[0]);
}

#[tokio::test]
async fn jina_tells_documents_from_queries() {
    let bench = Bench::new().await;
    let task = async |model: &str, input| {
        bench.runtime.embed(&jina(&bench, model), &texts(1), input).await.unwrap();
        bench.last_body()["task"].clone()
    };
    assert_eq!(task("jina-embeddings-v3", EmbeddingInput::Document).await, "retrieval.passage");
    assert_eq!(task("jina-embeddings-v3", EmbeddingInput::Query).await, "retrieval.query");
    assert_eq!(task("jina-code-embeddings-1.5b", EmbeddingInput::Query).await, "nl2code.query");
    assert_eq!(task("jina-embeddings-v2-base-en", EmbeddingInput::Query).await, Value::Null);
    assert_eq!(bench.stub.requests()[0].header("authorization"), Some("Bearer k"));
}

#[tokio::test]
async fn rerankers_agree() {
    let bench = Bench::new().await;
    let documents: Vec<String> = ["about cats", "about dogs", "about birds"].map(str::to_owned).into();
    for (model, path) in
        [(cohere(&bench, "rerank-v3.5"), "/v2/rerank"), (jina(&bench, "jina-reranker-v3"), "/v1/rerank")]
    {
        let ranked = bench.runtime.rerank(&model, "dogs", &documents, None).await.unwrap();
        assert_eq!((ranked.len(), ranked[0].index, ranked[0].text.as_str()), (3, 1, "about dogs"));
        assert!(ranked.iter().all(|document| (0.0..=1.0).contains(&document.score)));
        assert_eq!(bench.stub.requests().pop().unwrap().path, path);
        let ranked = bench.runtime.rerank(&model, "dogs", &documents, Some(2)).await.unwrap();
        assert_eq!(ranked.len(), 2);
    }
    let model = bench.model("demo", "demo-rerank", json!({}));
    let ranked = bench.runtime.rerank(&model, "Which dog?", &documents, Some(1)).await.unwrap();
    assert_eq!((ranked.len(), ranked[0].index), (1, 1));
}

#[tokio::test]
async fn logits_become_scores() {
    let body = r#"{"results":[{"index":1,"relevance_score":-3.5},{"index":0,"relevance_score":2.5}]}"#;
    let bench = Bench::scripted(Script { body: Some(body.into()), ..Script::default() }).await;
    let ranked = bench.runtime.rerank(&cohere(&bench, "rerank-v3.5"), "q", &texts(2), None).await.unwrap();
    assert_eq!(ranked.iter().map(|document| document.index).collect::<Vec<_>>(), [0, 1]);
    assert!(ranked[0].score > 0.9 && ranked[1].score < 0.1);
}

#[tokio::test]
async fn cohere_chats() {
    let bench = Bench::new().await;
    let outcome = bench.ask(&cohere(&bench, "command-a-03-2025")).await;
    assert_eq!(outcome.text, "Hello, world!");
    assert_eq!(bench.stub.requests().pop().unwrap().path, "/compatibility/v1/chat/completions");
}

/// A limit that passes soon is waited for; a longer one comes back with its time.
#[tokio::test]
async fn rate_limits_come_with_their_time() {
    let patient = Limits { retries: 2, ..limits() };
    let bench = Bench::with(patient).await;
    let model = cohere(&bench, "embed-v4.0");
    let limited = |seconds: &str| Script::refusal(429, "slow down").header("Retry-After", seconds);
    bench.stub.script_sequence("k", vec![limited("0.01"), Script::vectors(3)]);
    let result = bench.runtime.embed(&model, &texts(1), EmbeddingInput::Document).await.unwrap();
    assert_eq!(result.embeddings[0].len(), 3);

    bench.stub.script("k", limited("42"));
    let error = bench.runtime.embed(&model, &texts(1), EmbeddingInput::Document).await.unwrap_err();
    assert!(matches!(&error, InvokeError::RateLimited { message, .. } if message == "slow down"), "{error:?}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(42)));
    let error = bench.runtime.rerank(&model, "q", &texts(1), None).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(42)));
}

#[tokio::test]
async fn broken_answers_are_errors() {
    let too_few = Script { missing_vectors: 1, ..Script::default() };
    let no_json = Script { body: Some(r#"{"embeddings": [[0.1"#.into()), ..Script::default() };
    let other = Script { body: Some(r#"{"detail": "ok"}"#.into()), ..Script::default() };
    for script in [too_few, no_json, other] {
        let bench = Bench::scripted(script.clone()).await;
        for model in [cohere(&bench, "embed-v4.0"), jina(&bench, "jina-embeddings-v3")] {
            let error = bench.runtime.embed(&model, &texts(2), EmbeddingInput::Document).await.unwrap_err();
            assert_eq!(error.kind(), "bad_request", "{script:?}");
        }
    }
    let slow = Script { first_delay: Duration::from_secs(30), ..Script::default() };
    let bench = Bench::with(Limits { total: Duration::from_millis(200), ..limits() }).await;
    bench.stub.script("k", slow);
    let error = bench.runtime.embed(&cohere(&bench, "embed-v4.0"), &texts(1), EmbeddingInput::Query).await.unwrap_err();
    assert_eq!(error.kind(), "connection");
}

#[tokio::test]
async fn vectors_may_travel_encoded() {
    let bench = Bench::new().await;
    let embed = async |extra: Value| {
        let model = bench.compatible(extra);
        bench.runtime.embed(&model, &texts(2), EmbeddingInput::Document).await.unwrap().embeddings
    };
    let plain = embed(json!({"max_chunks": "4"})).await;
    assert_eq!(bench.last_body()["encoding_format"], "float");
    let encoded = embed(json!({"max_chunks": "4", "encoding_format": "base64"})).await;
    assert_eq!(bench.last_body()["encoding_format"], "base64");
    assert_eq!(plain, encoded);
    // Without a word about it, one text per request.
    embed(json!({})).await;
    assert_eq!(bench.last_body()["input"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn long_texts_are_cut_and_counted() {
    let bench = Bench::new().await;
    let long = vec!["word ".repeat(20_000), "short".to_owned()];
    let openai = bench.openai("text-embedding-3-small");
    let counts = bench.runtime.count_embedding_tokens(&openai, &long).await;
    assert!(counts[0] >= 20_000 && counts[1] == 1, "{counts:?}");
    bench.runtime.embed(&openai, &long, EmbeddingInput::Document).await.unwrap();
    let sent = bench.last_body()["input"].clone();
    let sent = [sent[0].as_str().unwrap().to_owned(), sent[1].as_str().unwrap().to_owned()];
    let counts = bench.runtime.count_embedding_tokens(&openai, &sent).await;
    assert!((8000..=8191).contains(&counts[0]), "{counts:?}");
    assert_eq!(sent[1], "short");
    // The vocabulary is the model's.
    let chinese = vec!["\u{4f60}\u{597d}\u{4e16}\u{754c}".repeat(10)];
    let exact = bench.runtime.count_embedding_tokens(&openai, &chinese).await;
    let estimate = bench.runtime.count_embedding_tokens(&cohere(&bench, "embed-v4.0"), &chinese).await;
    assert!(exact < estimate, "{exact:?} {estimate:?}");
}
