//! The inspector: variables that tries of a draft leave, and what builders do with them.

use models::draft_variable::{DraftVariable, DraftVariableFile};
use models::{AccountId, AppId, DraftVariableId, TenantId, UploadFileId};
use serde_json::{Value, json};
use test_kit::Answer;
use uuid::Uuid;

use crate::it::console_people::{home, member, stranger};
use crate::it::console_workflows::save;
use crate::it::workflow_runs::{Flow, IN_A_LINE, greeting};

fn at(flow: &Flow, rest: &str) -> String {
    format!("/apps/{}/workflows/draft/{rest}", flow.app.id)
}

async fn items(flow: &Flow, rest: &str) -> Vec<Value> {
    flow.console.get(&at(flow, rest)).await.expect(200).json["items"].as_array().unwrap().clone()
}

async fn named(flow: &Flow, rest: &str, name: &str) -> Value {
    let all = items(flow, rest).await;
    all.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{name} in {all:?}")).clone()
}

/// A workflow that has been tried once, with Ann.
async fn tried() -> Flow {
    let flow = Flow::of("workflow", greeting(), &IN_A_LINE).await;
    let path = at(&flow, "run");
    let _ = flow.console.sse(&path, &json!({"inputs": {"name": "Ann"}, "files": []})).await.well_framed();
    flow
}

impl Flow {
    async fn change(&self, variable: &Value, change: Value) -> Answer {
        let path = at(self, &format!("variables/{}", variable["id"].as_str().unwrap()));
        self.console.patch_json(&path, &change).await
    }

    async fn reset(&self, variable: &Value) -> Answer {
        let path = at(self, &format!("variables/{}/reset", variable["id"].as_str().unwrap()));
        self.console.put_json(&path, &json!({})).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_try_left_is_seen_changed_and_taken_back() {
    let flow = tried().await;
    let output = named(&flow, "nodes/hello/variables", "output").await;
    let keys: Vec<&String> = output.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "id",
            "type",
            "name",
            "description",
            "selector",
            "value_type",
            "edited",
            "visible",
            "is_truncated",
            "value",
            "full_content"
        ]
    );
    assert_eq!((&output["type"], &output["selector"]), (&json!("node"), &json!(["hello", "output"])));
    assert_eq!((&output["value"], &output["value_type"]), (&json!("Hello, Ann!"), &json!("string")));
    assert_eq!((&output["edited"], &output["full_content"]), (&json!(false), &Value::Null));

    let changed = flow.change(&output, json!({"value": "Good day"})).await.expect(200).json;
    assert_eq!((&changed["value"], &changed["edited"]), (&json!("Good day"), &json!(true)));
    let path = at(&flow, &format!("variables/{}", output["id"].as_str().unwrap()));
    assert_eq!(flow.console.get(&path).await.expect(200).json, changed);
    // A node that is tried alone finds the changed value.
    let name = named(&flow, "nodes/start/variables", "name").await;
    let _ = flow.change(&name, json!({"value": "Bo"})).await.expect(200);
    let alone = flow.console.post_json(&at(&flow, "nodes/hello/run"), &json!({"inputs": {}})).await.expect(200).json;
    assert_eq!(alone["outputs"], json!({"output": "Hello, Bo!"}));

    let back = flow.reset(&name).await.expect(200).json;
    assert_eq!((&back["value"], &back["edited"]), (&json!("Ann"), &json!(false)));
    // What the last try of a node left is what a variable goes back to.
    let output = named(&flow, "nodes/hello/variables", "output").await;
    assert_eq!((&output["value"], &output["edited"]), (&json!("Hello, Bo!"), &json!(false)));

    // Without the execution there is nothing to go back to.
    flow.server.db().execute("DELETE FROM workflow_node_executions WHERE node_id = 'hello'", &[]).await;
    let _ = flow.reset(&output).await.expect(204);
    assert_eq!(flow.console.get(&path).await.expect(404).code(), "not_found");
    assert_eq!(flow.reset(&output).await.expect(404).code(), "not_found");
    // Neither is there for a name that the node did not give out.
    let renamed = flow.change(&name, json!({"name": "nickname"})).await.expect(200).json;
    assert_eq!((&renamed["name"], &renamed["selector"]), (&json!("nickname"), &json!(["start", "nickname"])));
    let _ = flow.reset(&renamed).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_variables() {
    let flow = tried().await;
    let all = flow.console.get(&at(&flow, "variables?page=1&limit=100")).await.expect(200).json;
    let lines = all["items"].as_array().unwrap();
    assert_eq!(all["total"], json!(lines.len()));
    assert!(lines.iter().all(|line| line.get("value").is_none() && line.get("full_content").is_none()));
    assert!(lines.iter().any(|line| line["selector"] == json!(["hello", "output"])));
    let page = flow.console.get(&at(&flow, "variables?page=2&limit=1")).await.expect(200).json;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["total"]), (1, &all["total"]));
    assert_eq!(flow.console.get(&at(&flow, "variables?limit=101")).await.expect(400).code(), "invalid_param");

    let system = named(&flow, "system-variables", "workflow_run_id").await;
    assert_eq!((&system["type"], &system["visible"]), (&json!("sys"), &json!(false)));
    assert_eq!(flow.change(&system, json!({"value": "x"})).await.expect(400).code(), "bad_request");
    assert_eq!(flow.reset(&system).await.expect(400).code(), "bad_request");
    let files = named(&flow, "system-variables", "files").await;
    assert_eq!((&files["value"], &files["visible"]), (&json!([]), &json!(true)));
    let _ = flow.reset(&files).await.expect(200);
    for reserved in ["sys", "conversation"] {
        let path = at(&flow, &format!("nodes/{reserved}/variables"));
        assert_eq!(flow.console.get(&path).await.expect(400).code(), "invalid_argument");
        assert_eq!(flow.console.delete(&path).await.expect(400).code(), "invalid_argument");
    }
    assert!(items(&flow, "nodes/unheard-of/variables").await.is_empty());

    let _ = flow.console.delete(&at(&flow, "nodes/hello/variables")).await.expect(204);
    assert!(items(&flow, "nodes/hello/variables").await.is_empty());
    let name = named(&flow, "nodes/start/variables", "name").await;
    let path = at(&flow, &format!("variables/{}", name["id"].as_str().unwrap()));
    let _ = flow.console.delete(&path).await.expect(204);
    assert_eq!(flow.console.delete(&path).await.expect(404).code(), "not_found");
    let _ = flow.console.delete(&at(&flow, "variables")).await.expect(204);
    assert_eq!(flow.server.db().count("workflow_draft_variables", "true", &[]).await, 0);

    let fresh = flow.console.create_app("workflow", "Fresh").await;
    for (rest, code) in [
        ("variables", "draft_workflow_not_exist"),
        ("conversation-variables", "draft_workflow_not_exist"),
        ("environment-variables", "draft_workflow_not_exist"),
    ] {
        let path = format!("/apps/{}/workflows/draft/{rest}", fresh.id);
        assert_eq!(flow.console.get(&path).await.expect(404).code(), code, "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_keep_their_types() {
    let flow = tried().await;
    let output = named(&flow, "nodes/hello/variables", "output").await;
    for wrong in [json!(5), json!(true), json!(["x"]), json!({"a": 1})] {
        let refused = flow.change(&output, json!({"value": wrong})).await.expect(400);
        assert_eq!((refused.code(), &refused.json["params"]), ("invalid_param", &json!("value")), "{wrong}");
    }
    // Nothing is a change that says nothing.
    assert_eq!(flow.change(&output, json!({"value": null})).await.expect(200).json, output);
    for wrong in [json!(""), json!("x".repeat(256)), json!("\0")] {
        assert_eq!(flow.change(&output, json!({"name": wrong})).await.expect(400).code(), "invalid_param");
    }
    let changed = flow.change(&output, json!({"value": "a\0b"})).await.expect(200).json;
    assert_eq!(changed["value"], json!("ab"));
    let name = named(&flow, "nodes/start/variables", "name").await;
    let other = named(&flow, "nodes/start/variables", "name").await;
    assert_eq!(name, other);
    let taken = flow.server.db();
    taken
        .execute(
            "INSERT INTO workflow_draft_variables SELECT gen_random_uuid(), created_at, updated_at, app_id, last_edited_at, node_id, \
             'second', description, selector, value_type, value, visible, editable, node_execution_id, file_id, is_default_value \
             FROM workflow_draft_variables WHERE node_id = 'start' AND name = 'name'",
            &[],
        )
        .await;
    let refused = flow.change(&name, json!({"name": "second"})).await.expect(400);
    assert_eq!(refused.json["params"], json!("name"));

    // Files are named as requests name them, and belong to the workspace.
    let files = named(&flow, "system-variables", "files").await;
    let part =
        reqwest::multipart::Part::bytes(b"hello".to_vec()).file_name("hello.txt").mime_str("text/plain").unwrap();
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = flow.console.request(reqwest::Method::POST, "/files/upload").multipart(form);
    let upload = flow.console.send(request).await.expect(201).text_at("/id");
    let local = |id: &str| json!([{"type": "document", "transfer_method": "local_file", "upload_file_id": id}]);
    let changed = flow.change(&files, json!({"value": local(&upload)})).await.expect(200).json;
    assert_eq!(
        (&changed["value"][0]["filename"], &changed["value_type"]),
        (&json!("hello.txt"), &json!("array[file]"))
    );
    assert_eq!(changed["value"][0]["related_id"], json!(upload));
    for wrong in [local(&Uuid::new_v4().to_string()), json!("x"), json!([5])] {
        assert_eq!(flow.change(&files, json!({"value": wrong})).await.expect(400).code(), "invalid_param");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conversation_variables_begin_as_they_are_defined() {
    let nodes = json!({
        "start": {"type": "start", "variables": []},
        "hello": {"type": "assigner", "version": "2", "items": [
            {"variable_selector": ["conversation", "times"], "input_type": "constant", "operation": "+=", "value": 1}]},
        "end": {"type": "answer", "answer": "{{#conversation.times#}}"},
    });
    let define = |times: Value| {
        json!([
            {"id": "by hand", "name": "times", "value_type": "number", "value": times, "description": "How often"},
            {"id": Uuid::new_v4(), "name": "seen", "value_type": "array[string]", "value": [], "description": ""},
        ])
    };
    let secret =
        json!([{"id": "1", "name": "TOKEN", "value_type": "secret", "value": "inspect-me-not", "description": "d"}]);
    let more = json!({"conversation_variables": define(json!(1.5)), "environment_variables": secret});
    let flow = Flow::with("advanced-chat", nodes, &IN_A_LINE, more).await;
    let times = named(&flow, "conversation-variables", "times").await;
    assert_eq!((&times["type"], &times["selector"]), (&json!("conversation"), &json!(["conversation", "times"])));
    assert_eq!(
        (&times["value"], &times["value_type"], &times["description"]),
        (&json!(1.5), &json!("number"), &json!("How often"))
    );
    assert_eq!(items(&flow, "conversation-variables").await.len(), 2, "they are made once");
    let _ = flow.change(&times, json!({"value": 7})).await.expect(200);
    assert_eq!(named(&flow, "conversation-variables", "times").await["value"], json!(7));
    let back = flow.reset(&times).await.expect(200).json;
    assert_eq!((&back["value"], &back["edited"]), (&json!(1.5), &json!(false)));

    let environment = items(&flow, "environment-variables").await;
    let expected = json!({"id": "1", "type": "env", "name": "TOKEN", "description": "d", "selector": ["env", "TOKEN"],
        "value_type": "secret", "value": "*".repeat(20), "edited": false, "visible": true, "editable": true});
    assert_eq!(environment, [expected]);

    // A definition that is gone takes its variable with it.
    let draft = flow.console.get(&format!("/apps/{}/workflows/draft", flow.app.id)).await.expect(200).json;
    let body = json!({"graph": draft["graph"], "features": {}, "conversation_variables": []});
    let _ = save(&flow.console, &flow.app, &body).await.expect(200);
    let _ = flow.reset(&times).await.expect(204);

    // What a conversation remembers is shown beside its log.
    let path = format!("/apps/{}/advanced-chat/workflows/draft/run", flow.app.id);
    let body = json!({"graph": draft["graph"], "features": {}, "conversation_variables": define(json!(1.5))});
    let _ = save(&flow.console, &flow.app, &body).await.expect(200);
    let transcript = flow.console.sse(&path, &json!({"inputs": {}, "query": "Hi"})).await.well_framed();
    let conversation = transcript.named("message")[0]["conversation_id"].as_str().unwrap().to_owned();
    let of = |id: &str| {
        let path = format!("/apps/{}/conversation-variables?conversation_id={id}", flow.app.id);
        let console = flow.console.clone();
        async move { console.get(&path).await }
    };
    let remembered = of(&conversation).await.expect(200).json;
    assert_eq!(
        (&remembered["page"], &remembered["limit"], &remembered["has_more"]),
        (&json!(1), &json!(100), &json!(false))
    );
    let times = remembered["data"].as_array().unwrap().iter().find(|v| v["name"] == "times").unwrap();
    assert_eq!((&times["value"], &times["value_type"]), (&json!(2.5), &json!("number")));
    assert_eq!(of(&Uuid::new_v4().to_string()).await.expect(200).json["data"], json!([]));
    assert_eq!(of("x").await.expect(400).code(), "invalid_param");
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_others_are_not_there() {
    let flow = tried().await;
    let output = named(&flow, "nodes/hello/variables", "output").await;
    let id = output["id"].as_str().unwrap();
    let neighbour = flow.console.create_app("workflow", "Neighbour").await;
    let foreign = format!("/apps/{}/workflows/draft/variables/{id}", neighbour.id);
    let value = json!({"value": "x"});
    assert_eq!(flow.console.get(&foreign).await.expect(404).code(), "not_found");
    assert_eq!(flow.console.patch_json(&foreign, &value).await.expect(404).code(), "not_found");
    assert_eq!(flow.console.delete(&foreign).await.expect(404).code(), "not_found");
    assert_eq!(flow.console.put_json(&format!("{foreign}/reset"), &json!({})).await.expect(404).code(), "not_found");
    let own = at(&flow, &format!("variables/{id}"));
    let other = stranger(&flow.server).await;
    assert_eq!(other.get(&own).await.expect(404).code(), "app_not_found");
    let normal = member(&flow.server, "normal").await;
    assert_eq!(normal.get(&own).await.expect(403).code(), "forbidden");
    assert_eq!(flow.console.get(&own).await.expect(200).json, output);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_values_say_where_the_rest_is() {
    let flow = tried().await;
    let output = named(&flow, "nodes/hello/variables", "output").await;
    let tenant = TenantId(home(&flow.server).await.parse().unwrap());
    let app = AppId(flow.app.id.parse().unwrap());
    let upload = UploadFileId::random();
    let file = DraftVariableFile {
        id: Uuid::new_v4(),
        created_at: chrono::Utc::now().naive_utc(),
        tenant_id: tenant,
        app_id: app,
        user_id: AccountId::random(),
        upload_file_id: upload,
        size: 5_000_000,
        length: None,
        value_type: "string".to_owned(),
    };
    let mut conn = flow.server.database().conn().await;
    DraftVariableFile::insert_all(&mut conn, std::slice::from_ref(&file)).await.unwrap();
    let id = DraftVariableId(output["id"].as_str().unwrap().parse().unwrap());
    let row = DraftVariable::find(&mut conn, app, id).await.unwrap().unwrap();
    DraftVariable::upsert_all(&mut conn, &[DraftVariable { file_id: Some(file.id), ..row }]).await.unwrap();
    drop(conn);
    let large = named(&flow, "nodes/hello/variables", "output").await;
    assert_eq!((&large["is_truncated"], &large["full_content"]["size_bytes"]), (&json!(true), &json!(5_000_000)));
    assert!(
        large["full_content"]["download_url"].as_str().unwrap().contains(&format!("/files/{upload}/file-preview?"))
    );
    // A changed value is whole.
    let changed = flow.change(&large, json!({"value": "short"})).await.expect(200).json;
    assert_eq!((&changed["is_truncated"], &changed["full_content"]), (&json!(false), &Value::Null));
}
