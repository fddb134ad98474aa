//! Providers of embeddings and reranking, configured like any other, and asked with what was entered.

use serde_json::{Value, json};
use test_kit::Console;
use test_kit::upstream::{Script, StubUpstream};

use crate::it::console_people::set_up;

const KEY: &str = "a-key-that-nobody-may-see-0123456789";

fn of(provider: &str, rest: &str) -> String {
    format!("/workspaces/current/model-providers/langgenius/{provider}/{provider}{rest}")
}

async fn models(console: &Console, ty: &str) -> Vec<Value> {
    let path = format!("/workspaces/current/models/model-types/{ty}");
    console.get(&path).await.expect(200).json["data"].as_array().unwrap().clone()
}

fn names(all: &[Value], provider: &str) -> Vec<String> {
    let id = format!("langgenius/{provider}/{provider}");
    let models = all.iter().filter(|known| known["provider"] == id.as_str());
    let models = models.flat_map(|known| known["models"].as_array().unwrap());
    models.map(|model| model["model"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn cohere_and_jina_are_asked_before_they_are_kept() {
    let ((_server, owner), stub) = (set_up().await, StubUpstream::start().await);
    for (provider, embedding, rerank) in
        [("cohere", "embed-v4.0", "rerank-v3.5"), ("jina", "jina-embeddings-v3", "jina-reranker-v3")]
    {
        let path = of(provider, "/credentials");
        let entered = json!({"api_key": KEY, "base_url": stub.base_url()});
        stub.script(KEY, Script::refusal(401, "this key is not known"));
        let refused = owner.post_json(&format!("{path}/validate"), &json!({"credentials": entered})).await.expect(200);
        assert_eq!(refused.json["result"], "error", "{}", refused.text());
        let _ = owner.post_json(&path, &json!({"credentials": entered})).await.expect(400);
        assert!(names(&models(&owner, "text-embedding").await, provider).is_empty());

        stub.script(KEY, Script::default());
        let valid = owner.post_json(&format!("{path}/validate"), &json!({"credentials": entered})).await.expect(200);
        assert_eq!(valid.json, json!({"result": "success"}));
        let _ = owner.post_json(&path, &json!({"credentials": entered})).await.expect(201);
        let sent = stub.requests().pop().unwrap();
        assert_eq!(sent.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
        let shown = owner.get(&path).await.expect(200);
        assert!(!shown.text().contains(KEY), "{}", shown.text());

        assert!(names(&models(&owner, "text-embedding").await, provider).contains(&embedding.to_owned()));
        assert!(names(&models(&owner, "rerank").await, provider).contains(&rerank.to_owned()));
        let id = format!("langgenius/{provider}/{provider}");
        for (ty, model) in [("text-embedding", embedding), ("rerank", rerank)] {
            let setting = json!({"model_settings": [{"model_type": ty, "provider": id, "model": model}]});
            let _ = owner.post_json("/workspaces/current/default-model", &setting).await.expect(200);
            let kept = owner.get(&format!("/workspaces/current/default-model?model_type={ty}")).await.expect(200);
            assert_eq!(
                (&kept.json["data"]["model"], &kept.json["data"]["provider"]["provider"]),
                (&json!(model), &json!(id))
            );
        }
    }
    assert!(!names(&models(&owner, "llm").await, "cohere").is_empty());
    assert!(names(&models(&owner, "llm").await, "jina").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn ollama_has_a_form_per_model() {
    let ((_server, owner), stub) = (set_up().await, StubUpstream::start().await);
    let path = of("ollama", "/models/credentials");
    for (ty, model) in [("llm", "llama3.2"), ("text-embedding", "nomic-embed-text"), ("rerank", "bge-reranker")] {
        let entered = json!({
            "base_url": stub.base_url(), "mode": "chat", "context_size": "4096", "max_tokens": "1024",
            "vision_support": "false", "function_call_support": "true",
        });
        let mut body = json!({"model": model, "model_type": ty, "credentials": entered});
        let missing =
            Script { status: 404, body: Some(r#"{"error":"model not found"}"#.to_owned()), ..Script::default() };
        stub.script(model, missing);
        let refused = owner.post_json(&format!("{path}/validate"), &body).await.expect(200);
        assert_eq!(refused.json["result"], "error", "{}", refused.text());
        assert!(refused.text().contains("model not found"), "{}", refused.text());

        stub.script(model, Script::default());
        let valid = owner.post_json(&format!("{path}/validate"), &body).await.expect(200);
        assert_eq!(valid.json, json!({"result": "success"}));
        let _ = owner.post_json(&path, &body).await.expect(201);
        assert!(names(&models(&owner, ty).await, "ollama").contains(&model.to_owned()));

        body["credentials"]["base_url"] = json!("");
        let refused = owner.post_json(&path, &body).await.expect(400);
        assert!(refused.text().contains("base_url"), "{}", refused.text());
    }
    let listed = owner.get(&of("ollama", "/models")).await.expect(200).json;
    let llm = listed["data"].as_array().unwrap().iter().find(|model| model["model"] == "llama3.2").unwrap().clone();
    let features: Vec<&str> = llm["features"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
    assert!(features.contains(&"multi-tool-call") && !features.contains(&"vision"), "{features:?}");
}
