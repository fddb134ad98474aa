//! Answers that people wrote for an app: edited on both tiers, imported, exported.

use std::fmt::Write;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::{Answer, Console};
use uuid::Uuid;

use crate::it::console_people::{member, stranger};
use crate::it::ground::{Ground, question};

const PATH: &str = "/apps/annotations";

fn refused(answer: Answer, status: u16, code: &str) {
    let answer = answer.expect(status);
    assert_eq!(answer.code(), code, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_edit_annotations() {
    let ground = Ground::of("completion").await;
    let service = &ground.service;
    let made = service.post_json(PATH, &json!({"question": "Who?", "answer": "Ann"})).await.expect(201);
    let id = made.text_at("/id");
    assert!(made.json["created_at"].is_i64());
    assert_eq!(
        made.json,
        json!({"id": id, "question": "Who?", "answer": "Ann", "hit_count": 0, "created_at": made.json["created_at"]})
    );
    service.post_json(PATH, &json!({"question": "", "answer": ""})).await.expect(201);
    refused(service.post_json(PATH, &json!({"question": "Who?"})).await, 400, "invalid_param");
    let listed = service.get(&format!("{PATH}?limit=1&keyword=aNN")).await.expect(200);
    assert_eq!(listed.json, json!({"data": [made.json], "has_more": true, "limit": 1, "total": 1, "page": 1}));
    let listed = service.get(PATH).await.expect(200);
    assert_eq!(
        (&listed.json["total"], &listed.json["has_more"], &listed.json["limit"]),
        (&json!(2), &json!(false), &json!(20))
    );
    let none = service.get(&format!("{PATH}?limit=0")).await.expect(200);
    assert_eq!((&none.json["data"], &none.json["has_more"]), (&json!([]), &json!(true)));

    let path = format!("{PATH}/{id}");
    let changed = service.put_json(&path, &json!({"question": "Who is it?", "answer": "Bob"})).await.expect(200);
    assert_eq!((changed.text_at("/question"), changed.text_at("/answer")), ("Who is it?".into(), "Bob".into()));
    service.delete(&path).await.expect(204);
    refused(service.delete(&path).await, 404, "not_found");
    refused(service.put_json(&path, &json!({"question": "a", "answer": "b"})).await, 404, "not_found");
    refused(service.delete(&format!("{PATH}/no-id")).await, 404, "not_found");

    // Another app's annotation is not there.
    let other = ground.console.create_app("chat", "Other").await;
    let other = ground.server.service(&ground.console.api_key(&other).await);
    let foreign = other.post_json(PATH, &json!({"question": "a", "answer": "b"})).await.expect(201).text_at("/id");
    refused(service.delete(&format!("{PATH}/{foreign}")).await, 404, "not_found");
    refused(
        service.put_json(&format!("{PATH}/{foreign}"), &json!({"question": "", "answer": ""})).await,
        404,
        "not_found",
    );
    assert_eq!(other.get(PATH).await.expect(200).json["total"], json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn builders_edit_annotations() {
    let ground = Ground::of("chat").await;
    let owner = &ground.console;
    let base = format!("/apps/{}/annotations", ground.app.id);
    let made = owner.post_json(&base, &json!({"question": "Who?", "answer": "Ann"})).await.expect(200);
    assert_eq!(owner.get(&format!("{base}/count")).await.expect(200).json, json!({"count": 1}));
    refused(owner.post_json(&base, &json!({"answer": "Ann"})).await, 400, "invalid_param");
    refused(owner.post_json(&base, &json!({"question": "Who?"})).await, 400, "invalid_param");

    // From a message: its question, and one annotation however often.
    let answered = ground.service.post_json("/chat-messages", &question("What is it?")).await.expect(200);
    let message = answered.text_at("/message_id");
    let of_message = owner.post_json(&base, &json!({"message_id": message, "content": "A fox"})).await.expect(200);
    assert_eq!(
        (of_message.text_at("/question"), of_message.text_at("/answer")),
        ("What is it?".into(), "A fox".into())
    );
    let again = json!({"message_id": message, "question": "Which?", "answer": "A red fox"});
    let again = owner.post_json(&base, &again).await.expect(200);
    assert_eq!((again.text_at("/id"), again.text_at("/question")), (of_message.text_at("/id"), "Which?".into()));
    refused(owner.post_json(&base, &json!({"message_id": Uuid::new_v4(), "answer": "x"})).await, 404, "not_found");

    let one = format!("{base}/{}", made.text_at("/id"));
    let changed = owner.post_json(&one, &json!({"answer": "Bob"})).await.expect(200);
    assert_eq!((changed.text_at("/question"), changed.text_at("/answer")), ("Who?".into(), "Bob".into()));
    assert_eq!(owner.get(&format!("{base}/export")).await.expect(200).json["data"].as_array().unwrap().len(), 2);
    assert_eq!(owner.get(&format!("{one}/hit-histories")).await.expect(200).json["data"], json!([]));
    refused(owner.get(&format!("{base}/{}/hit-histories", Uuid::new_v4())).await, 404, "not_found");

    let normal = member(&ground.server, "normal").await;
    refused(normal.get(&base).await, 403, "forbidden");
    normal.get(&format!("{base}/count")).await.expect(200);
    let other = stranger(&ground.server).await;
    for answer in [
        other.get(&base).await,
        other.get(&format!("{base}/count")).await,
        other.get(&format!("{base}/export")).await,
        other.post_json(&base, &json!({"question": "a", "answer": "b"})).await,
        other.post_json(&one, &json!({"answer": "b"})).await,
        other.delete(&one).await,
        other.delete(&base).await,
    ] {
        refused(answer, 404, "app_not_found");
    }

    owner.delete(&one).await.expect(204);
    refused(owner.delete(&one).await, 404, "not_found");
    let ids: Vec<String> = {
        let mut ids = Vec::new();
        for answer in ["1", "2", "3"] {
            ids.push(
                owner.post_json(&base, &json!({"question": "q", "answer": answer})).await.expect(200).text_at("/id"),
            );
        }
        ids
    };
    owner.delete(&format!("{base}?annotation_id={}&annotation_id={}", ids[0], ids[1])).await.expect(204);
    assert_eq!(owner.get(&format!("{base}/count")).await.expect(200).json, json!({"count": 2}));
    refused(owner.delete(&format!("{base}?annotation_id=no-id")).await, 400, "invalid_param");
    owner.delete(&base).await.expect(204);
    assert_eq!(owner.get(&format!("{base}/count")).await.expect(200).json, json!({"count": 0}));
}

async fn import(owner: &Console, app: &str, name: &str, csv: impl Into<Vec<u8>>) -> Answer {
    let part = Part::bytes(csv.into()).file_name(name.to_owned()).mime_str("text/csv").unwrap();
    let path = format!("/apps/{app}/annotations/batch-import");
    owner.send(owner.request(Method::POST, &path).multipart(Form::new().part("file", part))).await
}

/// The state of a job that has come to its end.
pub(crate) async fn ended(client: &test_kit::Client, path: &str) -> Value {
    for _ in 0..300 {
        let state = client.get(path).await.expect(200).json;
        match state["job_status"].as_str().unwrap() {
            "waiting" | "processing" => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            _ => return state,
        }
    }
    panic!("the job did not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_imported() {
    let ground = Ground::of("chat").await;
    let (owner, app) = (&ground.console, ground.app.id.as_str());
    let begun =
        import(owner, app, "faq.csv", "question,answer\nWho?,\"Ann, of course\"\nonly a question\nWhere?,Here\n").await;
    let begun = begun.expect(200);
    assert_eq!(begun.text_at("/job_status"), "waiting");
    let job = begun.text_at("/job_id");
    let path = format!("/apps/{app}/annotations/batch-import-status/{job}");
    assert_eq!(ended(owner, &path).await, json!({"job_id": job, "job_status": "completed", "error_msg": ""}));
    let listed = owner.get(&format!("/apps/{app}/annotations")).await.expect(200);
    assert_eq!(listed.json["total"], json!(2));
    refused(
        owner.get(&format!("/apps/{app}/annotations/batch-import-status/{}", Uuid::new_v4())).await,
        400,
        "invalid_param",
    );

    let mut long = "q,a\n".to_owned();
    writeln!(long, "{},x", "x".repeat(2_001)).unwrap();
    for (name, csv, why) in [
        ("faq.txt", "q,a\n1,2\n".to_owned(), "Only CSV"),
        ("faq.csv", "q,a\n".to_owned(), ""),
        ("faq.csv", long, "Question at row 1"),
    ] {
        let told = import(owner, app, name, csv).await.expect(200).text_at("/error_msg");
        assert!(!told.is_empty() && told.contains(why), "{told}");
    }
    let large = format!("q,a\n1,{}\n", "x".repeat(3 * 1024 * 1024));
    refused(import(owner, app, "faq.csv", large).await, 413, "file_too_large");
    for _ in 0..4 {
        import(owner, app, "faq.csv", "q,a\n1,2\n").await.expect(200);
    }
    refused(import(owner, app, "faq.csv", "q,a\n1,2\n").await, 429, "too_many_requests");
}
