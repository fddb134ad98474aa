//! Checking credentials against a live upstream.

use core_model_runtime::{CredentialsError, FieldProblem, ModelType, ProviderId};
use serde_json::json;
use stub_upstream::Script;

use crate::bench::{Bench, object};

fn id(text: &str) -> ProviderId {
    text.parse().unwrap()
}

#[tokio::test]
async fn provider_credentials() {
    let bench = Bench::new().await;
    let entered = object(json!({
        "openai_api_key": "k", "openai_api_base": bench.stub.openai_base_url(), "unknown": "dropped",
    }));
    let accepted = bench.runtime.validate_provider_credentials(&id("openai"), &entered).await.unwrap();
    assert_eq!(accepted.get("openai_api_key"), Some("k"));
    assert!(accepted.get("unknown").is_none());

    let entered = object(json!({"anthropic_api_key": "k", "anthropic_api_url": bench.stub.anthropic_base_url()}));
    assert!(bench.runtime.validate_provider_credentials(&id("anthropic"), &entered).await.is_ok());

    let missing = bench.runtime.validate_provider_credentials(&id("openai"), &object(json!({}))).await;
    match missing {
        Err(CredentialsError::Field { variable, problem: FieldProblem::Required }) => {
            assert_eq!(variable, "openai_api_key");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_upstream_has_the_last_word() {
    let bench = Bench::scripted(Script::refusal(401, "no such key")).await;
    for extra in [json!({}), json!({"validate_model": "gpt-4o-mini"})] {
        let mut entered = object(json!({"openai_api_key": "k", "openai_api_base": bench.stub.openai_base_url()}));
        entered.extend(object(extra));
        let refused = bench.runtime.validate_provider_credentials(&id("openai"), &entered).await;
        match refused {
            Err(CredentialsError::Rejected(error)) => assert_eq!(error.detail(), Some("no such key")),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn model_credentials() {
    let bench = Bench::new().await;
    let entered = object(json!({"endpoint_url": bench.stub.openai_base_url(), "context_size": "8000"}));
    let compatible = id("openai_api_compatible");
    for ty in [ModelType::Llm, ModelType::TextEmbedding, ModelType::Rerank] {
        let accepted = bench.runtime.validate_model_credentials(&compatible, ty, "local", &entered).await.unwrap();
        let schema = bench.runtime.model_schema(&compatible, ty, "local", &accepted).unwrap();
        assert_eq!(schema.model_properties.context_size(), Some(8000), "{ty}");
    }
    let unsupported =
        bench.runtime.validate_model_credentials(&compatible, ModelType::Moderation, "local", &entered).await;
    assert!(matches!(unsupported, Err(CredentialsError::Unsupported(_))));
    let other_object = r#"{"object":"list","choices":[]}"#;
    bench.stub.script("local", Script { body: Some(other_object.into()), ..Script::default() });
    let refused = bench.runtime.validate_model_credentials(&compatible, ModelType::Llm, "local", &entered).await;
    assert!(matches!(refused, Err(CredentialsError::Rejected(_))));
}

#[tokio::test]
async fn providers_of_retrieval_models() {
    let bench = Bench::new().await;
    for provider in ["cohere", "jina"] {
        let entered = object(json!({"api_key": "k", "base_url": bench.stub.base_url()}));
        let accepted = bench.runtime.validate_provider_credentials(&id(provider), &entered).await.unwrap();
        assert_eq!(accepted.get("api_key"), Some("k"));
        for ty in [ModelType::TextEmbedding, ModelType::Rerank] {
            let checked = bench.runtime.validate_model_credentials(&id(provider), ty, "custom", &entered).await;
            assert!(checked.is_ok(), "{provider} {ty}: {checked:?}");
        }
        let stub = Bench::scripted(Script::refusal(401, "no such key")).await;
        let entered = object(json!({"api_key": "k", "base_url": stub.stub.base_url()}));
        let refused = stub.runtime.validate_provider_credentials(&id(provider), &entered).await;
        assert!(matches!(refused, Err(CredentialsError::Rejected(_))), "{refused:?}");
    }
    let entered = object(json!({"api_key": "k", "base_url": bench.stub.base_url()}));
    assert!(bench.runtime.validate_model_credentials(&id("cohere"), ModelType::Llm, "c", &entered).await.is_ok());
    assert!(bench.runtime.validate_model_credentials(&id("jina"), ModelType::Llm, "c", &entered).await.is_err());
}

#[tokio::test]
async fn ollama_is_asked_for_its_model() {
    let bench = Bench::new().await;
    let entered = object(json!({
        "base_url": format!("{}/", bench.stub.base_url()), "mode": "chat", "context_size": "4096", "max_tokens": "512",
    }));
    for ty in [ModelType::Llm, ModelType::TextEmbedding, ModelType::Rerank] {
        let accepted = bench.runtime.validate_model_credentials(&id("ollama"), ty, "llama3.2", &entered).await.unwrap();
        let schema = bench.runtime.model_schema(&id("ollama"), ty, "llama3.2", &accepted).unwrap();
        assert_eq!(schema.model_properties.context_size(), Some(4096), "{ty}");
    }
    let missing = r#"{"error":"model \"llama3.2\" not found, try pulling it first"}"#;
    bench.stub.script("llama3.2", Script { status: 404, body: Some(missing.into()), ..Script::default() });
    let refused = bench.runtime.validate_model_credentials(&id("ollama"), ModelType::Llm, "llama3.2", &entered).await;
    match refused {
        Err(CredentialsError::Rejected(error)) => assert!(error.detail().unwrap().contains("not found")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_demo_needs_none() {
    let bench = Bench::new().await;
    let demo = bench.runtime.registry().provider(&id("demo")).unwrap();
    assert!(!demo.needs_credentials());
    let error = bench.runtime.validate_provider_credentials(&id("demo"), &object(json!({}))).await.unwrap_err();
    assert!(matches!(error, CredentialsError::Unsupported(_)));
}
