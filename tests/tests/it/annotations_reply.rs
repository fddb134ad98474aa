//! Apps that answer from annotations.

use serde_json::{Value, json};
use test_kit::upstream::Script;
use uuid::Uuid;

use crate::it::annotations::ended;
use crate::it::ground::{Ground, question, streamed};

const OPENAI: &str = "langgenius/openai/openai";
const EMBEDDING: &str = "text-embedding-3-small";

/// An app whose questions are compared with the stub's vectors.
async fn ground() -> Ground {
    let ground = Ground::of("chat").await;
    ground.console.add_openai(&ground.stub.openai_base_url(), "embedding-key").await;
    ground
}

fn how(threshold: f64) -> Value {
    json!({"score_threshold": threshold, "embedding_provider_name": OPENAI, "embedding_model_name": EMBEDDING})
}

async fn switch(ground: &Ground, action: &str, body: &Value) -> Value {
    let begun = ground.service.post_json(&format!("/apps/annotation-reply/{action}"), body).await.expect(200);
    let job = begun.text_at("/job_id");
    ended(&ground.service, &format!("/apps/annotation-reply/{action}/status/{job}")).await
}

fn questions_to_the_model(ground: &Ground) -> usize {
    ground.stub.requests().iter().filter(|request| request.path.ends_with("/chat/completions")).count()
}

/// Asks until the reply is from an annotation with this id: the index follows its rows.
async fn until_annotated(ground: &Ground, query: &str, id: &str) -> Value {
    for _ in 0..100 {
        let answer = ground.service.post_json("/chat-messages", &question(query)).await.expect(200).json;
        if answer["metadata"]["annotation_reply"]["id"] == json!(id) {
            return answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the annotation was never the answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotation_is_the_answer() {
    let ground = ground().await;
    let annotation = json!({"question": "Who are you?", "answer": "I am a fox."});
    let id = ground.service.post_json("/apps/annotations", &annotation).await.expect(201).text_at("/id");
    let state = switch(&ground, "enable", &how(0.99)).await;
    assert_eq!((&state["job_status"], &state["error_msg"]), (&json!("completed"), &json!("")));
    let setting = ground.console.get(&format!("/apps/{}/annotation-setting", ground.app.id)).await.expect(200);
    assert_eq!((&setting.json["enabled"], &setting.json["score_threshold"]), (&json!(true), &json!(0.99)));
    let parameters = ground.service.get("/parameters").await.expect(200);
    assert_eq!(parameters.json["annotation_reply"]["enabled"], json!(true));

    let asked = questions_to_the_model(&ground);
    let transcript = ground.service.sse("/chat-messages", &streamed("Who are you?")).await.well_framed();
    assert_eq!((transcript.names(), transcript.answer()), (vec!["message", "message_end"], "I am a fox.".to_owned()));
    let end = transcript.only("message_end");
    let reply = &end["metadata"]["annotation_reply"];
    assert_eq!((&reply["id"], &reply["account"]["name"]), (&json!(id), &json!("Owner")));
    assert_eq!(
        (&end["metadata"]["usage"]["total_tokens"], &end["metadata"]["usage"]["total_price"]),
        (&json!(0), &json!("0.0"))
    );
    assert_eq!(questions_to_the_model(&ground), asked);
    let message = end["message_id"].as_str().unwrap();
    let row = ground.message(message).await;
    assert_eq!((&row["answer"], &row["status"]), (&json!("I am a fox."), &json!("normal")));
    let stored: Value = serde_json::from_str(row["message_metadata"].as_str().unwrap()).unwrap();
    assert_eq!(&stored["annotation_reply"], reply);

    let hits = ground.console.get(&format!("/apps/{}/annotations/{id}/hit-histories", ground.app.id)).await.expect(200);
    let hit = &hits.json["data"][0];
    assert_eq!(
        (&hits.json["total"], &hit["source"], &hit["question"]),
        (&json!(1), &json!("api"), &json!("Who are you?"))
    );
    assert_eq!((&hit["match"], &hit["response"]), (&json!("Who are you?"), &json!("I am a fox.")));
    assert!(hit["score"].as_f64().unwrap() > 0.99);
    let listed = ground.service.get("/apps/annotations").await.expect(200);
    assert_eq!(listed.json["data"][0]["hit_count"], json!(1));
    let seen = ground.console.get(&format!("/apps/{}/messages/{message}", ground.app.id)).await.expect(200);
    assert_eq!(seen.json["annotation_hit_history"]["annotation_id"], json!(id));

    // Another question is the model's.
    let other = ground.service.post_json("/chat-messages", &question("Tell me a story")).await.expect(200);
    assert_eq!(
        (&other.json["answer"], &other.json["metadata"]["annotation_reply"]),
        (&json!("Hello, world!"), &Value::Null)
    );
    assert_eq!(questions_to_the_model(&ground), asked + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_follows_the_annotations() {
    let ground = ground().await;
    assert_eq!(switch(&ground, "enable", &how(0.99)).await["job_status"], json!("completed"));
    let annotation = json!({"question": "Who are you?", "answer": "A fox."});
    let id = ground.service.post_json("/apps/annotations", &annotation).await.expect(201).text_at("/id");
    assert_eq!(until_annotated(&ground, "Who are you?", &id).await["answer"], json!("A fox."));
    let changed = json!({"question": "What are you?", "answer": "A red fox."});
    ground.service.put_json(&format!("/apps/annotations/{id}"), &changed).await.expect(200);
    assert_eq!(until_annotated(&ground, "What are you?", &id).await["answer"], json!("A red fox."));
    let old = ground.service.post_json("/chat-messages", &question("Who are you?")).await.expect(200);
    assert_eq!(old.json["answer"], json!("Hello, world!"));
    ground.service.delete(&format!("/apps/annotations/{id}")).await.expect(204);
    let gone = ground.service.post_json("/chat-messages", &question("What are you?")).await.expect(200);
    assert_eq!(
        (&gone.json["answer"], &gone.json["metadata"]["annotation_reply"]),
        (&json!("Hello, world!"), &Value::Null)
    );

    // Off, nothing is compared.
    let again = ground.service.post_json("/apps/annotations", &annotation).await.expect(201).text_at("/id");
    until_annotated(&ground, "Who are you?", &again).await;
    assert_eq!(switch(&ground, "disable", &how(0.99)).await["job_status"], json!("completed"));
    let off = ground.service.post_json("/chat-messages", &question("Who are you?")).await.expect(200);
    assert_eq!(off.json["answer"], json!("Hello, world!"));
    let setting = ground.console.get(&format!("/apps/{}/annotation-setting", ground.app.id)).await.expect(200);
    assert_eq!(setting.json, json!({"enabled": false}));
    // The Console needs nothing for switching off.
    let path = format!("/apps/{}/annotation-reply/disable", ground.app.id);
    let job = ground.console.post_json(&path, &json!({})).await.expect(200).text_at("/job_id");
    assert_eq!(ended(&ground.console, &format!("{path}/status/{job}")).await["job_status"], json!("completed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_matching_cost_nothing_but_the_shortcut() {
    let ground = ground().await;
    let annotation = json!({"question": "Who are you?", "answer": "A fox."});
    ground.service.post_json("/apps/annotations", &annotation).await.expect(201);
    assert_eq!(switch(&ground, "enable", &how(0.99)).await["job_status"], json!("completed"));
    ground.stub.script("embedding-key", Script::refusal(400, "no vectors today"));
    let answer = ground.service.post_json("/chat-messages", &question("Who are you, then?")).await.expect(200);
    assert_eq!(
        (&answer.json["answer"], &answer.json["metadata"]["annotation_reply"]),
        (&json!("Hello, world!"), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_switched_is_told() {
    let ground = ground().await;
    let path = "/apps/annotation-reply";
    for (action, body) in [
        ("toggle", how(0.9)),
        ("enable", json!({"score_threshold": 0.9})),
        ("disable", json!({})),
        (
            "enable",
            json!({"score_threshold": "x", "embedding_provider_name": OPENAI, "embedding_model_name": EMBEDDING}),
        ),
    ] {
        let refused = ground.service.post_json(&format!("{path}/{action}"), &body).await.expect(400);
        assert_eq!(refused.code(), "invalid_param", "{action} {body}");
    }
    // The published description knows no range: what is out of it is brought into it.
    assert_eq!(switch(&ground, "enable", &how(1.5)).await["job_status"], json!("completed"));
    assert_eq!(switch(&ground, "disable", &how(0.9)).await["job_status"], json!("completed"));
    let unknown = ground.service.get(&format!("{path}/enable/status/{}", Uuid::new_v4())).await.expect(400);
    assert_eq!(unknown.code(), "invalid_param");
    // A model that fails: the job says so, and the reply stays off.
    let annotation = json!({"question": "Who are you?", "answer": "A fox."});
    ground.service.post_json("/apps/annotations", &annotation).await.expect(201);
    ground.stub.script("embedding-key", Script::refusal(400, "no vectors today"));
    let state = switch(&ground, "enable", &how(0.9)).await;
    assert_eq!(state["job_status"], json!("error"));
    assert_ne!(state["error_msg"], json!(""));
    let setting = format!("/apps/{}/annotation-setting", ground.app.id);
    assert_eq!(ground.console.get(&setting).await.expect(200).json, json!({"enabled": false}));

    ground.stub.script("embedding-key", Script::default());
    assert_eq!(switch(&ground, "enable", &how(0.9)).await["job_status"], json!("completed"));
    let known = ground.console.get(&setting).await.expect(200).text_at("/id");
    let settings = format!("/apps/{}/annotation-settings", ground.app.id);
    let changed =
        ground.console.post_json(&format!("{settings}/{known}"), &json!({"score_threshold": 0.5})).await.expect(200);
    assert_eq!(
        changed.json,
        json!({"id": known, "enabled": true, "score_threshold": 0.5,
        "embedding_model": {"embedding_provider_name": OPENAI, "embedding_model_name": EMBEDDING}})
    );
    ground.console.post_json(&format!("{settings}/{known}"), &json!({"score_threshold": 2})).await.expect(400);
    ground
        .console
        .post_json(&format!("{settings}/{}", Uuid::new_v4()), &json!({"score_threshold": 0.5}))
        .await
        .expect(404);
}
