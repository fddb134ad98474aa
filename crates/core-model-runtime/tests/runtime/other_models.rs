//! Embeddings, moderation, reranking and speech.

use core_model_runtime::{EmbeddingInput, Recording};
use futures::TryStreamExt;
use serde_json::json;
use stub_upstream::Script;

use crate::bench::Bench;

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("text number {n}")).collect()
}

#[tokio::test]
async fn texts_are_embedded_in_batches() {
    let bench = Bench::new().await;
    let model = bench.openai("text-embedding-3-small");
    let result = bench.runtime.embed(&model, &texts(70), EmbeddingInput::Document).await.unwrap();
    assert_eq!(result.embeddings.len(), 70);
    assert_ne!(result.embeddings[0], result.embeddings[69]);
    assert_eq!(result.usage.tokens, 210);
    let usage = serde_json::to_value(&result.usage).unwrap();
    assert_eq!((&usage["total_price"], &usage["price_unit"]), (&json!("0.0000042"), &json!("0.001")));
    // 32 texts per request.
    assert_eq!(bench.stub.requests().len(), 3);
    let one = bench.runtime.embed(&model, &texts(70)[69..], EmbeddingInput::Query).await.unwrap();
    assert_eq!(one.embeddings[0], result.embeddings[69]);
}

#[tokio::test]
async fn the_demo_embeds() {
    let bench = Bench::new().await;
    let model = bench.model("demo", "demo-embedding", json!({}));
    let result = bench.runtime.embed(&model, &texts(3), EmbeddingInput::Document).await.unwrap();
    assert_eq!((result.embeddings.len(), result.embeddings[0].len()), (3, 256));
}

#[tokio::test]
async fn a_wrong_number_of_vectors_is_an_error() {
    let body = r#"{"data":[{"index":0,"embedding":[0.5]}]}"#;
    let bench = Bench::scripted(Script { body: Some(body.into()), ..Script::default() }).await;
    let model = bench.openai("text-embedding-3-small");
    assert!(bench.runtime.embed(&model, &texts(2), EmbeddingInput::Document).await.is_err());
    // One text is answered; its tokens are counted here, with the vocabulary of the model.
    let result = bench.runtime.embed(&model, &texts(1), EmbeddingInput::Document).await.unwrap();
    assert_eq!(result.usage.tokens, 4);
}

#[tokio::test]
async fn moderation() {
    let bench = Bench::new().await;
    let model = bench.openai("omni-moderation-latest");
    assert!(!bench.runtime.moderate(&model, &texts(2)).await.unwrap());
    assert!(bench.runtime.moderate(&model, &["fine".into(), "please flagme".into()]).await.unwrap());
}

#[tokio::test]
async fn reranking() {
    let bench = Bench::new().await;
    let documents = ["about cats".to_owned(), "about dogs".to_owned()];
    let model = bench.compatible(json!({}));
    let ranked = bench.runtime.rerank(&model, "dogs", &documents, Some(2)).await.unwrap();
    assert_eq!((ranked[0].index, ranked[0].text.as_str()), (1, "about dogs"));
    assert!(bench.runtime.rerank(&model, "dogs", &[], None).await.unwrap().is_empty());
}

#[tokio::test]
async fn speech() {
    let bench = Bench::new().await;
    let recording = Recording { bytes: "RIFF".into(), filename: "a.wav".into(), mime_type: "audio/wav".into() };
    let text = bench.runtime.transcribe(&bench.openai("whisper-1"), recording).await.unwrap();
    assert_eq!(text, "a transcript");
    let audio = bench.runtime.speak(&bench.openai("tts-1"), "Hello.", None).await.unwrap();
    let audio: Vec<_> = audio.try_collect().await.unwrap();
    assert_eq!(audio.concat(), b"ID3stub-audio");
    assert_eq!(bench.last_body()["voice"], "alloy");
    let long = "A sentence. ".repeat(500);
    let audio = bench.runtime.speak(&bench.openai("tts-1"), &long, Some("nova")).await.unwrap();
    assert_eq!(audio.try_collect::<Vec<_>>().await.unwrap().len(), 2);
}
