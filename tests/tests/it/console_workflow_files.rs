//! Apps as files: importing, confirming, exporting, copying and converting them.

use std::path::Path;

use futures::future::join_all;
use serde_json::{Value, json};
use test_kit::upstream::StubUpstream;
use test_kit::{Answer, App, Console};
use uuid::Uuid;

use crate::it::console_people::{home, member, set_up, set_up_with, stranger};
use crate::it::console_workflows::{draft, draft_path, graph, publish, save};
use crate::it::ground::{Ground, MODEL};

async fn import(console: &Console, yaml: &str) -> Answer {
    console.post_json("/apps/imports", &json!({"mode": "yaml-content", "yaml_content": yaml})).await
}

async fn export(console: &Console, id: &str, query: &str) -> String {
    console.get(&format!("/apps/{id}/export?{query}")).await.expect(200).text_at("/data")
}

/// An app that is not there.
fn at(id: &str) -> App {
    App { id: id.to_owned(), mode: "workflow".to_owned(), code: String::new(), detail: Value::Null }
}

const FILE: &str = r##"
app:
  description: Counts
  icon: "🔢"
  icon_background: "#FFEAD5"
  mode: advanced-chat
  name: Counter
  use_icon_as_answer_icon: true
kind: app
version: 0.5.0
dependencies:
- {type: marketplace, value: {marketplace_plugin_unique_identifier: "langgenius/openai:0.2.0@abc"}}
- {type: marketplace, value: {marketplace_plugin_unique_identifier: "somebody/rare:1.0.0@def"}}
- {type: magic}
workflow:
  conversation_variables:
  - {id: by-hand, name: times, selector: [conversation, times], value: 0, value_type: number, description: How often}
  environment_variables:
  - {id: e1, name: TOKEN, selector: [env, TOKEN], value: s3cr3t-in-a-file, value_type: secret, description: ""}
  features: {opening_statement: "yes", retriever_resource: {enabled: true}}
  graph:
    edges: [{source: "1", target: "2"}]
    nodes:
    - {id: "1", type: custom, position: {x: 80.0, y: 1.50}, data: {type: start, title: Start, unknown: [1e3, 017]}}
    - {id: "2", type: custom, data: {type: answer, title: Answer, answer: "{{#sys.query#}}\n"}}
    viewport: {zoom: 0.70}
"##;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_an_app_and_a_file_again() {
    let (server, owner) = set_up().await;
    let made = import(&owner, FILE).await.expect(200);
    let keys: Vec<&String> = made.json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "status", "app_id", "app_mode", "current_dsl_version", "imported_dsl_version", "error"]);
    assert_eq!((&made.json["status"], &made.json["app_mode"]), (&json!("completed"), &json!("advanced-chat")));
    assert_eq!((&made.json["imported_dsl_version"], &made.json["error"]), (&json!("0.5.0"), &json!("")));
    let id = made.text_at("/app_id");
    let detail = owner.get(&format!("/apps/{id}")).await.expect(200).json;
    assert_eq!((&detail["name"], &detail["mode"]), (&json!("Counter"), &json!("advanced-chat")));
    assert_eq!((&detail["icon"], &detail["use_icon_as_answer_icon"]), (&json!("🔢"), &json!(true)));
    assert!(detail["site"]["code"].is_string());

    let read = owner.get(&draft_path(&at(&id))).await.expect(200);
    let expected = r#"{"edges":[{"source":"1","target":"2"}],"nodes":[{"id":"1","type":"custom","position":{"x":80.0,"y":1.50},"data":{"type":"start","title":"Start","unknown":["1e3",15]}},{"id":"2","type":"custom","data":{"type":"answer","title":"Answer","answer":"{{#sys.query#}}\n"}}],"viewport":{"zoom":0.70}}"#;
    assert!(read.text().contains(expected), "{}", read.text());
    assert_eq!(read.json["conversation_variables"][0]["id"], json!("by-hand"));
    assert_eq!(read.json["environment_variables"][0]["value"], json!("*".repeat(20)));
    let row =
        server.db().one("SELECT environment_variables AS e, type FROM workflows WHERE app_id = $1::uuid", &[&id]).await;
    assert!(!row["e"].as_str().unwrap().contains("s3cr3t"));
    assert_eq!(row["type"], json!("chat"));

    // What it needs and is not here is known for a while.
    let lacking = owner.get(&format!("/apps/imports/{id}/check-dependencies")).await.expect(200).json;
    let lacking = lacking["leaked_dependencies"].as_array().unwrap().clone();
    assert_eq!(lacking.len(), 1);
    assert_eq!(lacking[0]["value"]["marketplace_plugin_unique_identifier"], json!("somebody/rare:1.0.0@def"));
    assert_eq!((&lacking[0]["type"], &lacking[0]["current_identifier"]), (&json!("marketplace"), &Value::Null));

    let plain = export(&owner, &id, "").await;
    assert!(!plain.contains("s3cr3t"), "{plain}");
    assert!(plain.contains("zoom: 0.70") && plain.contains("x: 80.0") && plain.contains("\"1e3\""), "{plain}");
    let whole = export(&owner, &id, "include_secret=true").await;
    assert!(whole.contains("value: s3cr3t-in-a-file"), "{whole}");
    let again = import(&owner, &whole).await.expect(200).text_at("/app_id");
    assert_eq!(export(&owner, &again, "include_secret=true").await, whole);
    let fresh = owner.create_app("workflow", "No draft yet").await;
    assert_eq!(owner.get(&format!("/apps/{}/export", fresh.id)).await.expect(400).code(), "invalid_param");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_decide_what_becomes_of_a_file() {
    let (server, owner) = set_up().await;
    let file = |version: &str| FILE.replace("version: 0.5.0", version);
    for (version, status, http) in [
        ("version: 0.5.0", "completed", 200),
        ("version: 0.3.1", "completed-with-warnings", 200),
        ("", "completed-with-warnings", 200),
        ("version: latest", "failed", 400),
    ] {
        let answer = import(&owner, &file(version)).await.expect(http);
        assert_eq!(answer.json["status"], json!(status), "{version}");
        // A version that cannot be compared keeps nothing from being imported.
        assert!(answer.json["app_id"].is_string(), "{version}: {}", answer.text());
    }
    let apps = "SELECT count(*) AS n FROM apps";
    let before = server.db().one(apps, &[]).await;
    let body = json!({"mode": "yaml-content", "yaml_content": file("version: 0.6.0"), "name": "Confirmed"});
    let pending = owner.post_json("/apps/imports", &body).await.expect(202);
    assert_eq!((&pending.json["status"], &pending.json["app_id"]), (&json!("pending"), &Value::Null));
    assert_eq!(
        (&pending.json["imported_dsl_version"], &pending.json["current_dsl_version"]),
        (&json!("0.6.0"), &json!("0.5.0"))
    );
    assert_eq!(server.db().one(apps, &[]).await, before);
    let id = pending.text_at("/id");
    let life: i64 = server.database().redis(&["TTL", &format!("app_import_info:{id}")]).await.parse().unwrap();
    assert!((590..=600).contains(&life), "{life}");

    let confirm = |console: &Console, id: &str| {
        let (console, path) = (console.clone(), format!("/apps/imports/{id}/confirm"));
        async move { console.post_json(&path, &json!({})).await }
    };
    // Nobody of another workspace, and nobody who may not build.
    let other = stranger(&server).await;
    assert_eq!(confirm(&other, &id).await.expect(400).json["status"], json!("failed"));
    assert_eq!(confirm(&member(&server, "normal").await, &id).await.expect(403).code(), "forbidden");
    let racing = join_all((0..4).map(|_| confirm(&owner, &id))).await;
    let won: Vec<&Answer> = racing.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    assert_eq!((&won[0].json["id"], &won[0].json["status"]), (&json!(id), &json!("completed")));
    let made = owner.get(&format!("/apps/{}", won[0].text_at("/app_id"))).await.expect(200);
    assert_eq!(made.json["name"], json!("Confirmed"));
    for gone in [id.as_str(), &Uuid::new_v4().to_string(), "no-id"] {
        let answer = confirm(&owner, gone).await.expect(400).json;
        assert_eq!(answer["status"], json!("failed"));
        assert_eq!(answer["error"], json!("Import information expired or does not exist"));
    }
    // What is wrong with the rest shows when it is confirmed.
    let pending = import(&owner, "app: {name: x}\nversion: 9.0.0").await.expect(202);
    let refused = confirm(&owner, &pending.text_at("/id")).await.expect(400);
    assert_eq!(refused.json["error"], json!("loss app mode"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_app_leaves_nothing_behind() {
    let (server, owner) = set_up().await;
    let workflow = |inner: &str| format!("version: 0.5.0\napp: {{mode: workflow, name: x}}\nworkflow: {{{inner}}}\n");
    let mut bomb = "app: {mode: workflow}\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..20 {
        bomb.push_str(&format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", ")));
    }
    let name = "x".repeat(256);
    for (yaml, error) in [
        ("a: [", "Invalid YAML format: "),
        ("- a", "Invalid YAML format: content must be a mapping"),
        ("nodes: []", "Missing app data in YAML content"),
        (&bomb, "Invalid YAML format: it has too many values"),
        (&format!("a: {}", "[".repeat(50_000)), "Invalid YAML format: "),
        ("version: 0.5\napp: {mode: workflow}", "Invalid version type, expected str, got <class 'float'>"),
        ("version: 0.5.0\napp: {name: x}", "loss app mode"),
        ("version: 0.5.0\napp: {mode: workflow}", "Missing workflow data for workflow/advanced chat app"),
        ("version: 0.5.0\napp: {mode: telepathy}", "'telepathy' is not a valid AppMode"),
        ("version: 0.5.0\napp: {mode: channel}", "Invalid app mode"),
        (&workflow("graph: []"), "Invalid workflow data: graph has the wrong type"),
        (&workflow("graph: {nodes: 5}"), "nodes in workflow graph must be a list"),
        (&workflow("graph: {nodes: [{data: {type: quantum}}]}"), "'quantum' is not a valid NodeType"),
        (&workflow("graph: {}, environment_variables: [{value_type: string, value: x}]"), "missing name"),
        (
            &workflow("graph: {}, conversation_variables: [{name: x, value_type: number, value: '1'}]"),
            "invalid number value",
        ),
        (&workflow("graph: {}, features: {file_upload: 5}"), "file_upload"),
        (
            &format!("version: 0.5.0\napp: {{mode: workflow, name: {name}}}\nworkflow: {{graph: {{}}, x: 1}}"),
            "255 characters",
        ),
        (&"x".repeat(10 * 1024 * 1024 + 1), "File size exceeds the limit of 10MB"),
        ("", "yaml_content is required when import_mode is yaml-content"),
    ] {
        let answer = import(&owner, yaml).await.expect(400).json;
        let shown: String = yaml.chars().take(60).collect();
        assert_eq!((&answer["status"], &answer["app_id"]), (&json!("failed"), &Value::Null), "{shown}");
        assert!(answer["error"].as_str().unwrap().contains(error), "{shown}: {answer}");
    }
    for body in
        [json!({"mode": "yaml-content"}), json!({"mode": "yaml-url"}), json!({"mode": "yaml-url", "yaml_url": "x"})]
    {
        assert_eq!(owner.post_json("/apps/imports", &body).await.expect(400).json["status"], json!("failed"));
    }
    for body in [json!({}), json!({"mode": "carrier-pigeon"}), json!({"mode": "yaml-content", "app_id": "x"})] {
        assert_eq!(owner.post_json("/apps/imports", &body).await.expect(400).code(), "invalid_param", "{body}");
    }
    assert_eq!(server.db().count("apps", "true", &[]).await, 0);
    assert_eq!(server.db().count("workflows", "true", &[]).await, 0);
    assert_eq!(server.db().count("sites", "true", &[]).await, 0);
    // Private addresses are not asked, and what else is wrong with an address is said.
    let stub = StubUpstream::start().await;
    let own = json!({"mode": "yaml-url", "yaml_url": format!("{}/none.yml", stub.openai_base_url())});
    let refused = owner.post_json("/apps/imports", &own).await.expect(400).json;
    assert!(refused["error"].as_str().unwrap().starts_with("Error fetching YAML from URL: "), "{refused}");
    let missing = "/apps/imports/00000000-0000-4000-8000-000000000000/check-dependencies";
    assert_eq!(owner.get(missing).await.expect(404).code(), "app_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_takes_the_place_of_a_workflow() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("advanced-chat", "Before").await;
    let _ = save(&owner, &app, &draft("before")).await.expect(200);
    let _ = publish(&owner, &app).await.expect(200);
    let variable = "INSERT INTO workflow_draft_variables (id, app_id, node_id, name, description, selector, value_type, value, \
        visible, editable, is_default_value) VALUES (gen_random_uuid(), $1::uuid, 'say', 'output', '', \
        '[\"say\",\"output\"]', 'string', '\"x\"', true, true, false)";
    server.db().execute(variable, &[&app.id]).await;
    let over = |id: &str, yaml: &str| {
        let body = json!({"mode": "yaml-content", "yaml_content": yaml, "app_id": id});
        let owner = owner.clone();
        async move { owner.post_json("/apps/imports", &body).await }
    };
    let refused = over(&app.id, "version: 0.5.0\napp: {mode: chat}\nmodel_config: {model: {}}").await.expect(400);
    assert_eq!(refused.json["error"], json!("Only workflow or advanced chat apps can be overwritten"));
    let refused = over(&app.id, "version: 0.5.0\napp: {mode: workflow}\nworkflow: {graph: {nodes: 1}}").await;
    assert_eq!(refused.expect(400).json["app_id"], Value::Null);
    let kept = owner.get(&draft_path(&app)).await.expect(200).json;
    assert_eq!(kept["graph"], graph("before"));
    assert_eq!(server.db().count("workflow_draft_variables", "app_id = $1::uuid", &[&app.id]).await, 1);

    let done = over(&app.id, FILE).await.expect(200);
    assert_eq!((&done.json["app_id"], &done.json["status"]), (&json!(app.id), &json!("completed")));
    let now = owner.get(&draft_path(&app)).await.expect(200).json;
    assert_eq!((&now["id"], &now["graph"]["viewport"]["zoom"]), (&kept["id"], &json!(0.7)));
    assert_eq!(owner.get(&format!("/apps/{}", app.id)).await.expect(200).json["name"], json!("Counter"));
    assert_eq!(server.db().count("workflow_draft_variables", "app_id = $1::uuid", &[&app.id]).await, 0);
    let published = owner.get(&format!("/apps/{}/workflows/publish", app.id)).await.expect(200).json;
    assert_eq!(published["graph"], graph("before"));
    let versioned = format!("workflow_id={}", published["id"].as_str().unwrap());
    assert!(export(&owner, &app.id, &versioned).await.contains("template: before"));
    let unknown = format!("/apps/{}/export?workflow_id={}", app.id, Uuid::new_v4());
    assert_eq!(owner.get(&unknown).await.expect(404).code(), "not_found");
    assert_eq!(owner.get(&format!("/apps/{}/export?workflow_id=x", app.id)).await.expect(400).code(), "invalid_param");

    let chat = owner.create_app("chat", "Chat").await;
    for (id, error) in [
        (chat.id.as_str(), "Only workflow or advanced chat apps can be overwritten"),
        (&Uuid::new_v4().to_string(), "App not found"),
    ] {
        assert_eq!(over(id, FILE).await.expect(400).json["error"], json!(error));
    }
    let other = stranger(&server).await;
    let body = json!({"mode": "yaml-content", "yaml_content": FILE, "app_id": app.id});
    assert_eq!(other.post_json("/apps/imports", &body).await.expect(400).json["error"], json!("App not found"));
    assert_eq!(other.get(&format!("/apps/{}/export", app.id)).await.expect(404).code(), "app_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_fetched_and_datasets_stay_at_home() {
    let (server, owner) = set_up_with(&[]).await;
    let dataset = Uuid::new_v4().to_string();
    let with = |ids: &str| {
        let node = format!("{{id: k, data: {{type: knowledge-retrieval, dataset_ids: [{ids}]}}}}");
        format!(
            "version: 0.5.0\napp: {{mode: workflow, name: K}}\nworkflow: {{graph: {{nodes: [{node}], edges: []}}}}\n"
        )
    };
    let id = import(&owner, &with(&format!("'{dataset}', unreadable, 5"))).await.expect(200).text_at("/app_id");
    let of_draft = |id: String| {
        let owner = owner.clone();
        async move {
            owner.get(&draft_path(&at(&id))).await.expect(200).json["graph"]["nodes"][0]["data"]["dataset_ids"].clone()
        }
    };
    assert_eq!(of_draft(id.clone()).await, json!([dataset]));
    let yaml = export(&owner, &id, "").await;
    assert!(!yaml.contains(&dataset), "{yaml}");
    let back = import(&owner, &yaml).await.expect(200).text_at("/app_id");
    assert_eq!(of_draft(back).await, json!([dataset]));
    // Elsewhere they mean nothing.
    let other = stranger(&server).await;
    let elsewhere = import(&other, &yaml).await.expect(200).text_at("/app_id");
    let there = other.get(&draft_path(&at(&elsewhere))).await.expect(200).json;
    assert_eq!(there["graph"]["nodes"][0]["data"]["dataset_ids"], json!([]));
    assert_ne!(home(&server).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_apps_are_files_too() {
    let ground = Ground::of("chat").await;
    ground.configure(json!({"pre_prompt": "Be brief.", "opening_statement": "yes"})).await;
    let yaml = export(&ground.console, &ground.app.id, "").await;
    assert!(
        yaml.contains("model_config:") && yaml.contains("pre_prompt: Be brief.") && yaml.contains("mode: chat"),
        "{yaml}"
    );
    assert!(yaml.contains("plugin_unique_identifier: langgenius/openai_api_compatible"), "{yaml}");
    let made = import(&ground.console, &yaml).await.expect(200);
    let id = made.text_at("/app_id");
    let detail = ground.console.get(&format!("/apps/{id}")).await.expect(200).json;
    assert_eq!(detail["model_config"]["pre_prompt"], json!("Be brief."));
    assert_eq!(detail["model_config"]["model"]["name"], json!(MODEL));
    assert_eq!(export(&ground.console, &id, "").await, yaml);
    let refused = import(&ground.console, "version: 0.5.0\napp: {mode: chat, name: x}").await.expect(400);
    assert_eq!(refused.json["error"], json!("Missing model_config for chat/agent-chat/completion app"));
    let missing = ground.console.get(&format!("/apps/imports/{id}/check-dependencies")).await.expect(200).json;
    assert_eq!(missing["leaked_dependencies"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_and_conversions() {
    let ground = Ground::of("chat").await;
    let owner = &ground.console;
    let flow = owner.create_app("workflow", "Original").await;
    let copy = owner.post_json(&format!("/apps/{}/copy", flow.id), &json!({})).await.expect(201);
    assert_eq!(owner.get(&draft_path(&at(&copy.text_at("/id")))).await.expect(404).code(), "draft_workflow_not_exist");
    let mut body = draft("copied");
    body["environment_variables"] =
        json!([{"id": "1", "name": "TOKEN", "value_type": "secret", "value": "c0pied-secret", "description": ""}]);
    let _ = save(owner, &flow, &body).await.expect(200);
    let _ = publish(owner, &flow).await.expect(200);
    let copy = owner.post_json(&format!("/apps/{}/copy", flow.id), &json!({"name": "Copy"})).await.expect(201);
    assert_eq!((&copy.json["mode"], &copy.json["workflow"]), (&json!("workflow"), &Value::Null));
    let copied = copy.text_at("/id");
    assert_eq!(owner.get(&draft_path(&at(&copied))).await.expect(200).json["graph"], graph("copied"));
    assert!(export(owner, &copied, "include_secret=true").await.contains("c0pied-secret"));

    ground.configure(json!({"pre_prompt": "Be {{how}}.", "opening_statement": "Hi",
        "user_input_form": [{"text-input": {"label": "How", "variable": "how", "required": true, "max_length": 48, "default": ""}}]})).await;
    let path = format!("/apps/{}/convert-to-workflow", ground.app.id);
    let made = owner.post_json(&path, &json!({})).await.expect(200).text_at("/new_app_id");
    let detail = owner.get(&format!("/apps/{made}")).await.expect(200).json;
    assert_eq!(
        (&detail["mode"], &detail["name"]),
        (&json!("advanced-chat"), &json!(format!("{}(workflow)", "A chat app")))
    );
    let flow_draft = owner.get(&draft_path(&at(&made))).await.expect(200).json;
    let nodes = flow_draft["graph"]["nodes"].as_array().unwrap();
    assert_eq!(nodes[1]["data"]["prompt_template"][0]["text"], json!("Be {{#start.how#}}."));
    assert_eq!(flow_draft["features"]["opening_statement"], json!("Hi"));
    let _ = publish(owner, &at(&made)).await.expect(200);
    let completion = owner.create_ready_app("completion", ground.provider, MODEL).await;
    let path = format!("/apps/{}/convert-to-workflow", completion.id);
    let made = owner.post_json(&path, &json!({"name": "Flow", "icon": "🔁"})).await.expect(200).text_at("/new_app_id");
    let detail = owner.get(&format!("/apps/{made}")).await.expect(200).json;
    assert_eq!((&detail["mode"], &detail["name"], &detail["icon"]), (&json!("workflow"), &json!("Flow"), &json!("🔁")));
    // The old one is as it was, and workflows are not converted.
    let _ = owner.get(&format!("/apps/{}", ground.app.id)).await.expect(200);
    let refused = owner.post_json(&format!("/apps/{}/convert-to-workflow", flow.id), &json!({})).await.expect(404);
    assert_eq!(refused.code(), "app_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_all_kinds_are_imported() {
    let (_server, owner) = set_up().await;
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/core-workflow/fixtures/import");
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/workflow");
    for folder in [own, beside].into_iter().filter(|folder| folder.is_dir()) {
        let cases: Value = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
        for case in cases["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == "import") {
            let Some(expected) = case["expect"].get("0.5.0") else { continue };
            let yaml = std::fs::read_to_string(folder.join(case["file"].as_str().unwrap())).unwrap();
            let answer = import(&owner, &yaml).await;
            let pending = expected["status"] == "pending";
            for (key, value) in expected.as_object().unwrap().iter().filter(|(key, _)| !pending || *key != "app_mode") {
                assert_eq!(answer.json[key], *value, "{}: {key}: {}", case["id"], answer.text());
            }
            let Some(id) = answer.json["app_id"].as_str() else { continue };
            let again = export(&owner, id, "include_secret=true").await;
            let back = import(&owner, &again).await.expect(200);
            assert_eq!(back.json["status"], json!("completed"), "{}", case["id"]);
            assert_eq!(export(&owner, &back.text_at("/app_id"), "include_secret=true").await, again, "{}", case["id"]);
        }
    }
}
