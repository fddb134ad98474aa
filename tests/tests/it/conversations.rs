//! Lists, names and deletions of conversations; messages and what people think of them.

use serde_json::{Value, json};
use test_kit::upstream::Script;

use crate::it::ground::{Ground, MODEL, question, within};

/// Begins conversations with these questions; their ids.
async fn begin(ground: &Ground, questions: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for query in questions {
        ids.push(
            ground.service.post_json("/chat-messages", &question(query)).await.expect(200).text_at("/conversation_id"),
        );
    }
    ids
}

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_conversations() {
    let ground = Ground::of("chat").await;
    let made = begin(&ground, &["one", "two", "three"]).await;
    let newest: Vec<String> = made.iter().rev().cloned().collect();
    let all = ground.service.get("/conversations?user=alice").await.expect(200).json;
    assert_eq!((ids(&all), &all["limit"], &all["has_more"]), (newest.clone(), &json!(20), &json!(false)));
    let first = &all["data"][2];
    assert_eq!((&first["name"], &first["status"], &first["inputs"]), (&json!("one"), &json!("normal"), &json!({})));
    assert!(first["created_at"].is_i64() && first["introduction"].is_null() || first["introduction"] == "");
    for (sort, expected) in [
        ("created_at", made.clone()),
        ("-created_at", newest.clone()),
        ("updated_at", made.clone()),
        ("-updated_at", newest.clone()),
    ] {
        let mut seen = Vec::new();
        let mut last = String::new();
        loop {
            let page = ground
                .service
                .get(&format!("/conversations?user=alice&limit=2&sort_by={sort}&last_id={last}"))
                .await
                .expect(200)
                .json;
            seen.extend(ids(&page));
            if page["has_more"] == json!(false) {
                break;
            }
            last = seen.last().unwrap().clone();
        }
        assert_eq!(seen, expected, "{sort}");
    }
    for bad in ["limit=0", "limit=101", "limit=", "sort_by=name", "last_id=nonsense"] {
        assert_eq!(
            ground.service.get(&format!("/conversations?user=alice&{bad}")).await.expect(400).code(),
            "invalid_param",
            "{bad}"
        );
    }
    ground.service.get(&format!("/conversations?user=alice&last_id={}", uuid::Uuid::new_v4())).await.expect(404);
    assert_eq!(ids(&ground.service.get("/conversations?user=somebody").await.expect(200).json), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_given_and_found() {
    let ground = Ground::of("chat").await;
    let id = begin(&ground, &["hello"]).await.remove(0);
    let path = format!("/conversations/{id}/name");
    let named = ground.service.post_json(&path, &json!({"user": "alice", "name": " Ships "})).await.expect(200);
    assert_eq!((named.text_at("/id"), named.text_at("/name")), (id.clone(), "Ships".to_owned()));
    for bad in [json!({"user": "alice"}), json!({"user": "alice", "name": "  "}), json!({"user": "alice", "name": 5})] {
        assert_eq!(ground.service.post_json(&path, &bad).await.expect(400).code(), "invalid_param", "{bad}");
    }
    let _ = ground
        .service
        .patch_json(&format!("/conversations/{id}"), &json!({"user": "alice", "name": "Boats"}))
        .await
        .expect(200);
    ground.stub.script(MODEL, Script::text(&["{\"Your Output\": \"Found\"}"]));
    let _ = ground
        .console
        .post_json(
            "/workspaces/current/default-model",
            &json!({"model_settings": [{"model_type": "llm", "provider": ground.provider, "model": MODEL}]}),
        )
        .await
        .expect(200);
    let found = ground.service.post_json(&path, &json!({"user": "alice", "auto_generate": true})).await.expect(200);
    assert_eq!(found.text_at("/name"), "Found");
    ground.stub.script(MODEL, Script::refusal(400, "no"));
    let kept = ground.service.post_json(&path, &json!({"user": "alice", "auto_generate": true})).await.expect(200);
    assert_eq!(kept.text_at("/name"), "Found");
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_takes_everything_along() {
    let ground = Ground::of("chat").await;
    let id = begin(&ground, &["hello"]).await.remove(0);
    let _ = ground.service.delete(&format!("/conversations/{id}")).await.expect(415);
    let _ = ground.service.delete_json(&format!("/conversations/{id}"), &json!({"user": "alice"})).await.expect(204);
    let _ = ground.service.delete_json(&format!("/conversations/{id}"), &json!({"user": "alice"})).await.expect(404);
    let _ = ground.service.post_json("/chat-messages", &within(question("again"), &id)).await.expect(404);
    for _ in 0..100 {
        if ground.server.db().count("conversations", "true", &[]).await == 0 {
            assert_eq!(ground.server.db().count("messages", "true", &[]).await, 0);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the deleted conversation's rows stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_messages() {
    let ground = Ground::of("chat").await;
    let id = begin(&ground, &["1"]).await.remove(0);
    for query in ["2", "3", "4", "5"] {
        let _ = ground.service.post_json("/chat-messages", &within(question(query), &id)).await.expect(200);
    }
    let page = ground.service.get(&format!("/messages?user=alice&conversation_id={id}&limit=2")).await.expect(200).json;
    let queries = |page: &Value| {
        page["data"].as_array().unwrap().iter().map(|m| m["query"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((queries(&page), &page["has_more"]), (vec!["4".to_owned(), "5".to_owned()], &json!(true)));
    let first = page["data"][0]["id"].as_str().unwrap();
    let older = ground
        .service
        .get(&format!("/messages?user=alice&conversation_id={id}&limit=3&first_id={first}"))
        .await
        .expect(200)
        .json;
    assert_eq!(
        (queries(&older), &older["has_more"]),
        (vec!["1".to_owned(), "2".to_owned(), "3".to_owned()], &json!(false))
    );
    let message = &page["data"][1];
    assert_eq!(
        (&message["answer"], &message["status"], &message["feedback"], &message["error"]),
        (&json!("Hello, world!"), &json!("normal"), &Value::Null, &Value::Null)
    );
    for key in [
        "inputs",
        "retriever_resources",
        "agent_thoughts",
        "message_files",
        "parent_message_id",
        "conversation_id",
        "created_at",
    ] {
        assert!(message.get(key).is_some(), "{key}");
    }
    assert_eq!(ground.service.get("/messages?user=alice&conversation_id=").await.expect(200).json["data"], json!([]));
    ground.service.get("/messages?user=alice").await.expect(400);
    ground
        .service
        .get(&format!("/messages?user=alice&conversation_id={id}&first_id={}", uuid::Uuid::new_v4()))
        .await
        .expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn opinions() {
    let ground = Ground::of("chat").await;
    let answer = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    let (conversation, message) = (answer.text_at("/conversation_id"), answer.text_at("/message_id"));
    let path = format!("/messages/{message}/feedbacks");
    let give = async |body: Value| ground.service.post_json(&path, &body).await.status;
    assert_eq!(give(json!({"user": "alice", "rating": null})).await, 400);
    assert_eq!(give(json!({"user": "alice", "rating": "meh"})).await, 400);
    assert_eq!(give(json!({"rating": "like"})).await, 400);
    assert_eq!(give(json!({"user": "alice", "rating": "like", "content": "nice"})).await, 200);
    assert_eq!(give(json!({"user": "alice", "rating": "dislike"})).await, 200);
    let listed =
        ground.service.get(&format!("/messages?user=alice&conversation_id={conversation}")).await.expect(200).json;
    assert_eq!(listed["data"][0]["feedback"], json!({"rating": "dislike"}));
    let all = ground.service.get("/app/feedbacks").await.expect(200).json;
    assert_eq!((&all["data"][0]["rating"], &all["data"][0]["from_source"]), (&json!("dislike"), &json!("user")));
    assert!(all["data"][0]["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(give(json!({"user": "alice", "rating": null})).await, 200);
    assert_eq!(ground.service.get("/app/feedbacks").await.expect(200).json["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn suggestions() {
    let ground = Ground::of("chat").await;
    let message = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200).text_at("/message_id");
    let path = format!("/messages/{message}/suggested?user=alice");
    assert_eq!(ground.service.get(&path).await.expect(403).code(), "app_suggested_questions_after_answer_disabled");
    ground.configure(json!({"suggested_questions_after_answer": {"enabled": true}})).await;
    ground.stub.script(MODEL, Script::text(&["[\"a?\", \"b?\", \"c?\"]"]));
    let _ = ground
        .console
        .post_json(
            "/workspaces/current/default-model",
            &json!({"model_settings": [{"model_type": "llm", "provider": ground.provider, "model": MODEL}]}),
        )
        .await
        .expect(200);
    let found = ground.service.get(&path).await.expect(200).json;
    assert_eq!(found, json!({"result": "success", "data": ["a?", "b?", "c?"]}));
    let _ = ground.service.get(&format!("/messages/{message}/suggested")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_asks_of_the_app() {
    let ground = Ground::of("chat").await;
    let info = ground.service.get("/info?user=x").await.expect(200).json;
    assert_eq!((&info["mode"], &info["tags"], &info["author_name"]), (&json!("chat"), &json!([]), &json!("Owner")));
    let parameters = ground.service.get("/parameters?user=x").await.expect(200).json;
    assert_eq!(
        (&parameters["retriever_resource"], &parameters["user_input_form"]),
        (&json!({"enabled": true}), &json!([]))
    );
    assert_eq!(parameters["system_parameters"]["image_file_size_limit"], json!(10));
    assert_eq!(ground.service.get("/meta").await.expect(200).json, json!({"tool_icons": {}}));
    let site = ground.service.get("/site").await.expect(200).json;
    assert_eq!((&site["title"], &site["show_workflow_steps"]), (&json!("A chat app"), &json!(true)));
    let answer = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    let variables = ground
        .service
        .get(&format!("/conversations/{}/variables?user=alice", answer.text_at("/conversation_id")))
        .await
        .expect(200)
        .json;
    assert_eq!(variables, json!({"limit": 20, "has_more": false, "data": []}));
    let user = ground.server.db().one("SELECT id FROM end_users WHERE session_id = 'alice'", &[]).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(ground.service.get(&format!("/end-users/{user}")).await.expect(200).text_at("/session_id"), "alice");
    assert_eq!(
        ground.service.get(&format!("/end-users/{}", uuid::Uuid::new_v4())).await.expect(404).code(),
        "end_user_not_found"
    );
}
