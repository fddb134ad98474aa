//! What is left of annotations when their app is deleted: nothing.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::it::annotations::ended;
use crate::it::ground::{Ground, question};

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_vectors_go_with_their_app() {
    let ground = Ground::of("chat").await;
    ground.console.add_openai(&ground.stub.openai_base_url(), "embedding-key").await;
    let annotation = json!({"question": "Who are you?", "answer": "I am a fox."});
    let _ = ground.service.post_json("/apps/annotations", &annotation).await.expect(201);
    let how = json!({"score_threshold": 0.99, "embedding_provider_name": "langgenius/openai/openai", "embedding_model_name": "text-embedding-3-small"});
    let job = ground.service.post_json("/apps/annotation-reply/enable", &how).await.expect(200).text_at("/job_id");
    let state = ended(&ground.service, &format!("/apps/annotation-reply/enable/status/{job}")).await;
    assert_eq!(state["job_status"], json!("completed"), "{state}");
    let answer = ground.service.post_json("/chat-messages", &question("Who are you?")).await.expect(200);
    assert_eq!(answer.json["answer"], json!("I am a fox."));

    let (db, app) = (ground.server.db(), ground.app.id.as_str());
    // A hit whose message is gone already.
    db.execute("UPDATE app_annotation_hit_histories SET message_id = gen_random_uuid()", &[]).await;
    // As much of the name as Postgres keeps.
    let table: String = format!("embedding_vector_index_{}_node", app.replace('-', "_")).chars().take(63).collect();
    let rows = async || {
        let mut left = Vec::new();
        for table in ["message_annotations", "app_annotation_hit_histories", "app_annotation_settings", "messages"] {
            if db.count(table, "app_id = $1::uuid", &[app]).await > 0 {
                left.push(table.to_owned());
            }
        }
        if db.count("pg_tables", "tablename = $1", &[&table]).await > 0 {
            left.push(table.clone());
        }
        left
    };
    assert_eq!(rows().await.len(), 5, "{:?}", rows().await);
    ground.console.delete(&format!("/apps/{app}")).await.expect(204);
    let begun = Instant::now();
    while !rows().await.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "left behind: {:?}", rows().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
