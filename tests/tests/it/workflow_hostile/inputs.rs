//! Requests to run that are wrong in every way, at the Service API and at the page of an app.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::{Answer, Client};
use uuid::Uuid;

use super::{blank, body, deploy, outcome, refused, unharmed};
use crate::it::console_people::stranger;
use crate::it::console_workflows::{publish, save};
use crate::it::workflow_runs::{Flow, IN_A_LINE, graph, greeting};

/// A form with a field of every kind, and an end that shows them.
async fn form() -> Flow {
    let flow = blank("workflow", &[]).await;
    let field = |name: &str, more: Value| {
        let mut field = json!({"variable": name, "label": name, "required": false, "type": name});
        field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        field
    };
    let fields = json!([
        field("text", json!({"type": "text-input", "max_length": 5})),
        field("long", json!({"type": "paragraph", "max_length": 100_000})),
        field("select", json!({"options": ["a", "b"]})),
        field("number", json!({})),
        field("check", json!({"type": "checkbox"})),
        field("object", json!({"type": "json_object"})),
        field(
            "file",
            json!({"allowed_file_types": ["document"], "allowed_file_upload_methods": ["local_file", "remote_url"]})
        ),
        field("files", json!({"type": "file-list", "max_length": 2, "allowed_file_types": ["document"]})),
    ]);
    let shown = ["text", "long", "select", "number", "check", "object", "file", "files"];
    let outputs: Vec<Value> =
        shown.iter().map(|name| json!({"variable": name, "value_selector": ["start", name]})).collect();
    let nodes = json!({"start": {"type": "start", "variables": fields}, "end": {"type": "end", "outputs": outputs}});
    deploy(&flow, nodes, &[("start", "source", "end")]).await;
    flow
}

async fn upload(client: &Client, user: Option<&str>) -> String {
    let mut form = Form::new().part("file", Part::text("hello").file_name("a.txt").mime_str("text/plain").unwrap());
    if let Some(user) = user {
        form = form.text("user", user.to_owned());
    }
    let request = client.request(Method::POST, "/files/upload").multipart(form);
    client.send(request).await.expect(201).text_at("/id")
}

fn local(id: &str) -> Value {
    json!({"type": "document", "transfer_method": "local_file", "upload_file_id": id})
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_that_do_not_fit_their_form() {
    let flow = form().await;
    let page = flow.server.web(&flow.app.code).await;
    let mine = upload(&flow.service, Some("ann")).await;
    let visitors = upload(&page, None).await;
    let bobs = upload(&flow.service, Some("bob")).await;
    let elsewhere = upload(&*stranger(&flow.server).await, None).await;
    let remote = |url: &str| json!({"type": "document", "transfer_method": "remote_url", "url": url});
    let cases: Vec<(Value, &str)> = vec![
        (json!({"text": "123456"}), "text in input form must be less than 5 characters"),
        (json!({"text": "👩‍👩‍👧‍👦"}), "text in input form must be less than 5 characters"),
        (json!({"text": 5}), "must be a string"),
        (json!({"text": ["a"]}), "must be a string"),
        (json!({"text": {"a": 1}}), "must be a string"),
        (json!({"text": true}), "must be a string"),
        (json!({"long": "x".repeat(100_001)}), "must be less than 100000 characters"),
        (json!({"select": "c"}), "must be one of the following: ['a', 'b']"),
        (json!({"select": "A"}), "must be one of the following"),
        (json!({"select": ["a"]}), "must be a string"),
        (json!({"number": "many"}), "must be a valid number"),
        (json!({"number": "1e999"}), "must be a valid number"),
        (json!({"number": "NaN"}), "must be a valid number"),
        (json!({"number": "inf"}), "must be a valid number"),
        (json!({"number": [1]}), "must be a valid number"),
        (json!({"number": true}), "must be a valid number"),
        (json!({"check": "perhaps"}), "must be a valid boolean"),
        (json!({"check": 2}), "must be a valid boolean"),
        (json!({"object": [1]}), "must be a dict"),
        (json!({"object": "{}"}), "must be a dict"),
        (json!({"file": "a.txt"}), "must be a file"),
        (json!({"file": [local(&mine)]}), "must be a file"),
        (json!({"file": local(&elsewhere)}), "Invalid upload file"),
        (json!({"file": local(&bobs)}), "Invalid upload file"),
        (json!({"file": local(&visitors)}), "Invalid upload file"),
        (json!({"file": local(&Uuid::new_v4().to_string())}), "Invalid upload file"),
        (json!({"file": local("no-id")}), "Invalid upload file id"),
        (json!({"file": {"type": "document", "transfer_method": "telepathy"}}), "Invalid file transfer method"),
        (
            json!({"file": {"type": "hologram", "transfer_method": "local_file", "upload_file_id": mine}}),
            "Invalid file type",
        ),
        (json!({"file": {"type": "image", "transfer_method": "remote_url", "url": "https://example.com/a.png"}}), ""),
        (json!({"file": {"type": "document", "transfer_method": "tool_file", "tool_file_id": mine}}), "not allowed"),
        (json!({"file": {"type": 5, "transfer_method": "local_file", "upload_file_id": mine}}), "must be a string"),
        (json!({"files": local(&mine)}), "must be a list of files"),
        (json!({"files": ["a"]}), "must be a list of files"),
        (json!({"files": [local(&mine), local(&elsewhere)]}), "Invalid upload file"),
        (json!({"files": [local(&mine), local(&mine), local(&mine)]}), "must be less than 2 files"),
    ];
    for (inputs, message) in &cases {
        let what = inputs.to_string().chars().take(200).collect::<String>();
        let answer = flow.service.post_json("/workflows/run", &body(inputs.clone())).await;
        let told = refused(&answer, 400, "invalid_param", &what);
        assert!(told.contains(message), "{what}: {told}");
        if inputs["file"]["upload_file_id"] == json!(visitors) {
            // There it is the visitor's own.
            continue;
        }
        let asked = json!({"inputs": inputs, "response_mode": "streaming"});
        let answer = page.post_json("/workflows/run", &asked).await;
        let told = refused(&answer, 400, "invalid_param", &format!("the page: {what}"));
        // Whose file it is differs.
        assert!(told.contains(message) || told.contains("Invalid upload file"), "{what}: {told}");
    }
    assert_eq!(flow.server.db().count("workflow_runs", "true", &[]).await, 0);

    for (inputs, name, shown) in [
        (json!({"text": "a\u{0}b\u{0}"}), "text", json!("ab")),
        (json!({"text": ""}), "text", json!("")),
        (json!({"text": null, "unknown": {"a": [1]}}), "text", Value::Null),
        (json!({"select": ""}), "select", json!("")),
        (json!({"number": "  "}), "number", Value::Null),
        (json!({"number": "1.50"}), "number", json!(1.5)),
        (json!({"number": 1e308}), "number", json!(1e308)),
        (json!({"check": " YES "}), "check", json!(true)),
        (json!({"object": {"\u{0}": "a\u{0}", "": {"": []}}}), "object", json!({"": {"": []}})),
    ] {
        let data = outcome(&flow, inputs.clone()).await;
        assert_eq!(data["status"], json!("succeeded"), "{inputs}: {data}");
        if name != "object" {
            assert_eq!(data["outputs"][name], shown, "{inputs}: {data}");
        }
    }
    // An address that leads inside is only a name here: nobody asks it.
    let data = outcome(&flow, json!({"file": remote("http://169.254.169.254/latest"), "files": [local(&mine)]})).await;
    assert_eq!(data["status"], json!("succeeded"), "{data}");
    assert_eq!(data["outputs"]["files"][0]["related_id"], json!(mine));
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_wrong() {
    let flow = form().await;
    let page = flow.server.web(&flow.app.code).await;
    let nobody = Uuid::new_v4();
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    for (body, status, code) in [
        (json!({"user": "ann"}), 400, "invalid_param"),
        (json!({"inputs": null, "user": "ann"}), 400, "invalid_param"),
        (json!({"inputs": [], "user": "ann"}), 400, "invalid_param"),
        (json!({"inputs": "x", "user": "ann"}), 400, "invalid_param"),
        (json!({"inputs": {}}), 400, "invalid_param"),
        (json!({"inputs": {}, "user": ""}), 400, "invalid_param"),
        (json!({"inputs": {}, "user": null}), 400, "invalid_param"),
        (json!({"inputs": {}, "user": "ann", "response_mode": "sideways"}), 400, "invalid_param"),
        (json!({"inputs": {}, "user": "ann", "response_mode": ["streaming"]}), 400, "invalid_param"),
        (json!({"inputs": {}, "user": "ann", "files": "x"}), 400, "invalid_param"),
        (json!({"inputs": {}, "user": "ann", "files": {"a": 1}}), 400, "invalid_param"),
        (json!({"inputs": {}, "user": "ann", "files": [local(&nobody.to_string())]}), 400, "invalid_param"),
        (json!({"inputs": {"object": {"deep": deep}}, "user": "ann"}), 400, "bad_request"),
    ] {
        let answer = flow.service.post_json("/workflows/run", &body).await;
        refused(&answer, status, code, &body.to_string());
    }
    let raw = async |client: &Client, sent: Vec<u8>| -> Answer {
        let request = client.request(Method::POST, "/workflows/run").header("Content-Type", "application/json");
        client.send(request.body(sent)).await
    };
    for client in [&*flow.service, &*page] {
        for sent in [
            b"{\"inputs\": {\"text\": \"\xff\xfe\"}, \"user\": \"ann\"}".to_vec(),
            b"{\"inputs\": {\"text\": \"\xed\xa0\x80\"}, \"user\": \"ann\"}".to_vec(),
            br#"{"inputs": {"text": "\ud800"}, "user": "ann"}"#.to_vec(),
            br#"{"inputs": {"text": "\udc00\ud800"}, "user": "ann"}"#.to_vec(),
            br#"{"inputs": {"number": 1e999}, "user": "ann"}"#.to_vec(),
            br#"{"inputs": {"number": NaN}, "user": "ann"}"#.to_vec(),
            br#"{"inputs": {"number": Infinity}, "user": "ann"}"#.to_vec(),
            br#"{"inputs": {}, "user": "ann"} x"#.to_vec(),
            b"{\"inputs\": {}".to_vec(),
            b"\0".to_vec(),
            Vec::new(),
            b"[".repeat(1_000_000),
            b"{\"inputs\":".repeat(100_000),
        ] {
            let shown = String::from_utf8_lossy(&sent[..sent.len().min(60)]).into_owned();
            refused(&raw(client, sent).await, 400, "bad_request", &shown);
        }
        refused(&raw(client, vec![b' '; 64 * 1024 * 1024]).await, 413, "request_entity_too_large", "64 MB");
    }
    // Numbers that no machine counts with are kept as near as they can be.
    for number in ["123456789012345678901234567890", "-0.0", "1e-400", "0.1000000000000000055511151231257827"] {
        let sent = format!(r#"{{"inputs": {{"number": {number}}}, "user": "ann"}}"#);
        let answer = raw(&flow.service, sent.into_bytes()).await.expect(200);
        assert_eq!(answer.json["data"]["status"], json!("succeeded"), "{number}: {}", answer.text());
        assert!(answer.json["data"]["outputs"]["number"].is_number(), "{number}: {}", answer.text());
    }
    // Any value names a person.
    for user in [json!(5), json!(["a", 1]), json!({"a": 1}), json!("x".repeat(10_000)), json!("\u{0}ann"), json!("🤖")]
    {
        let answer = flow.service.post_json("/workflows/run", &json!({"inputs": {}, "user": user})).await;
        let shown: String = user.to_string().chars().take(50).collect();
        assert!(matches!(answer.status, 200 | 400), "{shown}: {}", answer.text());
    }
    unharmed(&flow.server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_that_are_not_there() {
    let flow = blank("workflow", &[]).await;
    let asked = body(json!({"name": "Ann"}));
    let unpublished = flow.service.post_json("/workflows/run", &asked).await;
    assert_eq!(unpublished.status, 400, "{}", unpublished.text());
    deploy(&flow, greeting(), &IN_A_LINE).await;
    let version = async |app: &test_kit::App, what: &str| {
        flow.console.get(&format!("/apps/{}/workflows/{what}", app.id)).await.expect(200).text_at("/id")
    };
    let (draft, own) = (version(&flow.app, "draft").await, version(&flow.app, "publish").await);
    let other = flow.console.create_app("workflow", "other").await;
    let other_service = flow.server.service(&flow.console.api_key(&other).await);
    let drawn = json!({"graph": graph(greeting(), &IN_A_LINE), "features": {}});
    save(&flow.console, &other, &drawn).await.expect(200);
    publish(&flow.console, &other).await.expect(200);
    let foreign = version(&other, "publish").await;
    flow.service.post_json(&format!("/workflows/{own}/run"), &asked).await.expect(200);
    for (id, status, code) in [
        (draft.as_str(), 400, "bad_request"),
        (foreign.as_str(), 404, "not_found"),
        (&Uuid::new_v4().to_string(), 404, "not_found"),
        ("00000000-0000-0000-0000-000000000000", 404, "not_found"),
        ("no-id", 400, "bad_request"),
        ("draft", 400, "bad_request"),
        ("%00", 400, "bad_request"),
        ("%ff%fe", 400, "bad_request"),
        (&"x".repeat(2000), 400, "bad_request"),
        ("'%20OR%20'1'='1", 400, "bad_request"),
    ] {
        let answer = flow.service.post_json(&format!("/workflows/{id}/run"), &asked).await;
        refused(&answer, status, code, id);
    }
    // The runs of another app are not this one's.
    let ran = other_service.post_json("/workflows/run", &asked).await.expect(200).text_at("/workflow_run_id");
    refused(&flow.service.get(&format!("/workflows/run/{ran}")).await, 404, "not_found", "a foreign run");
    for id in ["no-id", "%00", "00000000-0000-0000-0000-000000000000"] {
        refused(&flow.service.get(&format!("/workflows/run/{id}")).await, 404, "not_found", id);
    }
    for task in ["no-id", "%00", &Uuid::new_v4().to_string()] {
        let stop = flow.service.post_json(&format!("/workflows/tasks/{task}/stop"), &json!({"user": "ann"})).await;
        assert_eq!(stop.expect(200).json, json!({"result": "success"}), "{task}");
    }
    let chat = flow.console.create_app("advanced-chat", "chat").await;
    let chat = flow.server.service(&flow.console.api_key(&chat).await);
    refused(&chat.post_json("/workflows/run", &asked).await, 400, "not_workflow_app", "a chatflow");
    unharmed(&flow.server).await;
}
