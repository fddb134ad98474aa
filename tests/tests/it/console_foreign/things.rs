//! One of everything that a workspace can have.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::upstream::{Script, StubUpstream};
use test_kit::{App, Console, TestServer};

use crate::it::annotations::ended;
use crate::it::console_knowledge::upload;
use crate::it::console_people::{account, join};
use crate::it::console_workflows::{publish, save};
use crate::it::ground::{MODEL, question};
use crate::it::knowledge_holdings::{self, Holdings};
use crate::it::workflow_pause;
use crate::it::workflow_runs::{IN_A_LINE, graph, greeting};

const EMBEDDING: (&str, &str) = ("langgenius/demo/demo", "demo-embedding");

/// Where, and what names begin with.
pub(super) struct Place<'a> {
    pub(super) server: &'a TestServer,
    pub(super) stub: &'a StubUpstream,
    pub(super) word: &'static str,
}

pub(super) struct Things {
    pub(super) console: Console,
    pub(super) holdings: Holdings,
    ids: BTreeMap<&'static str, String>,
}

/// The id under which an app is on its own workspace's explore page.
async fn installed(console: &Console, app: &App) -> String {
    let path = format!("/installed-apps?app_id={}", app.id);
    console.get(&path).await.expect(200).text_at("/installed_apps/0/id")
}

impl Things {
    pub(super) fn id(&self, thing: &str) -> &str {
        self.ids.get(thing).unwrap_or_else(|| panic!("there is no {thing}"))
    }

    pub(super) async fn fill(place: &Place<'_>, console: Console, workspace: &str) -> Self {
        let Place { server, stub, word } = place;
        let provider = console.add_openai_compatible(&stub.openai_base_url(), MODEL).await;
        console.add_openai(&stub.openai_base_url(), "some-key").await;
        let chat = console.create_ready_app("chat", provider, MODEL).await;
        let completion = console.create_ready_app("completion", provider, MODEL).await;
        let place_of_knowledge = knowledge_holdings::Place { server, console: &console, stub, app: &chat.id };
        let holdings = Box::pin(Holdings::fill(&place_of_knowledge)).await;
        let mut ids = BTreeMap::from([
            ("workspace", workspace.to_owned()),
            ("chat", chat.id.clone()),
            ("code", chat.code.clone()),
            ("installed_chat", installed(&console, &chat).await),
            ("installed_completion", installed(&console, &completion).await),
            ("completion", completion.id),
            ("dataset", holdings.dataset.clone()),
            ("document", holdings.document.clone()),
            ("segment", holdings.segment.clone()),
            ("child", holdings.child.clone()),
            ("field", holdings.field.clone()),
            ("batch", holdings.batch.clone()),
            ("api", holdings.api.clone()),
            ("key_of_dataset", holdings.key.clone()),
            ("annotation", holdings.annotation.clone()),
        ]);
        let profile = console.get("/account/profile").await.expect(200);
        ids.insert("owner", profile.text_at("/id"));
        let member = account(server, &format!("{word}@example.com")).await;
        join(server, &member, workspace, "editor").await;
        ids.insert("member", member);
        for (name, table) in
            [("credential", "provider_credentials"), ("model_credential", "provider_model_credentials")]
        {
            let row = format!("SELECT id FROM {table} WHERE tenant_id = $1::uuid");
            ids.insert(name, server.db().one(&row, &[workspace]).await["id"].as_str().unwrap().to_owned());
        }
        let mut all = Self { console, holdings, ids };
        all.make_small_things(place, &chat).await;
        all.answer(place, &chat).await;
        all.draw(place).await;
        all
    }

    /// Tags, keys, files, and what else is made in one call.
    async fn make_small_things(&mut self, place: &Place<'_>, chat: &App) {
        let word = place.word;
        let console = self.console.clone();
        let made = async |path: &str, body: Value, id: &str| {
            let answer = console.post_json(path, &body).await;
            assert!((200..300).contains(&answer.status), "{path}: {}", answer.text());
            answer.text_at(id)
        };
        let extension_key = format!("extension-of-{word}");
        let pong = Script { body: Some(json!({"result": "pong"}).to_string()), ..Script::default() };
        place.stub.script(&extension_key, pong);
        let endpoint = format!("http://{}/moderation", place.stub.address());
        let extension = json!({"name": word, "api_endpoint": endpoint, "api_key": extension_key});
        let pending = json!({"mode": "yaml-content", "name": word,
            "yaml_content": format!("version: 9.0.0\nkind: app\napp: {{mode: workflow, name: {word}}}\nworkflow: {{graph: {{nodes: [], edges: []}}}}\n")});
        for (name, path, body, id) in [
            ("tag", "/tags".to_owned(), json!({"name": word, "type": "app"}), "/id"),
            ("key_of_datasets", "/datasets/api-keys".to_owned(), json!({}), "/id"),
            ("key", format!("/apps/{}/api-keys", chat.id), json!({}), "/id"),
            ("server", format!("/apps/{}/server", chat.id), json!({"description": word, "parameters": {}}), "/id"),
            ("extension", "/api-based-extension".to_owned(), extension, "/id"),
            ("import", "/apps/imports".to_owned(), pending, "/id"),
        ] {
            let id = made(&path, body, id).await;
            self.ids.insert(name, id);
        }
        let file = upload(&console, &format!("{word}.txt"), format!("The {word} says hello.")).await;
        self.ids.insert("file", file);
        let table = upload(&console, "table.csv", "content\nBears dance.\n").await;
        let (dataset, document) = (self.id("dataset"), self.id("document"));
        let import = format!("/datasets/{dataset}/documents/{document}/segments/batch_import");
        let job = made(&import, json!({"upload_file_id": table}), "/job_id").await;
        let _ = ended(&console, &format!("/datasets/batch_import_status/{job}")).await;
        self.ids.insert("segments_job", job);
    }

    /// A conversation, and answers that were written by hand.
    async fn answer(&mut self, place: &Place<'_>, chat: &App) {
        let (console, word) = (self.console.clone(), place.word);
        let token = console.api_key(chat).await;
        let service = place.server.service(&token);
        self.ids.insert("key_token", token);
        let asked = service.post_json("/chat-messages", &question(&format!("Where is the {word}?"))).await.expect(200);
        self.ids.insert("conversation", asked.text_at("/conversation_id"));
        self.ids.insert("message", asked.text_at("/message_id"));
        self.ids.insert("task", asked.text_at("/task_id"));
        let base = format!("/apps/{}", chat.id);
        let csv = Part::bytes(format!("question,answer\nWhat is a {word}?,An animal\n").into_bytes());
        let form = Form::new().part("file", csv.file_name("faq.csv").mime_str("text/csv").unwrap());
        let request = console.request(Method::POST, &format!("{base}/annotations/batch-import")).multipart(form);
        let job = console.send(request).await.expect(200).text_at("/job_id");
        let _ = ended(&console, &format!("{base}/annotations/batch-import-status/{job}")).await;
        self.ids.insert("annotations_job", job);
        let (provider, model) = EMBEDDING;
        let how = json!({"score_threshold": 0.9, "embedding_provider_name": provider, "embedding_model_name": model});
        let job = console.post_json(&format!("{base}/annotation-reply/enable"), &how).await.expect(200);
        let job = job.text_at("/job_id");
        let _ = ended(&console, &format!("{base}/annotation-reply/enable/status/{job}")).await;
        self.ids.insert("reply_job", job);
        let setting = console.get(&format!("{base}/annotation-setting")).await.expect(200);
        self.ids.insert("setting", setting.text_at("/id"));
    }

    /// Workflows, of which one has been tried and one waits for a person.
    async fn draw(&mut self, place: &Place<'_>) {
        let (console, word) = (self.console.clone(), place.word);
        let draft = |graph: Value| json!({"graph": graph, "features": {}, "environment_variables": [], "conversation_variables": []});
        let workflow = console.create_app("workflow", &format!("{word} flow")).await;
        let _ = save(&console, &workflow, &draft(graph(greeting(), &IN_A_LINE))).await.expect(200);
        let _ = publish(&console, &workflow).await.expect(200);
        let base = format!("/apps/{}/workflows", workflow.id);
        let version = console.get(&format!("{base}/publish")).await.expect(200).text_at("/id");
        let run = json!({"inputs": {"name": word}, "files": []});
        let tried = console.sse(&format!("{base}/draft/run"), &run).await.well_framed();
        let run = tried.only("workflow_started")["workflow_run_id"].as_str().unwrap().to_owned();
        let variables = console.get(&format!("{base}/draft/nodes/hello/variables")).await.expect(200);
        let talk = console.create_app("advanced-chat", &format!("{word} talk")).await;
        let nodes = json!({"start": {"type": "start", "variables": []}, "answer": {"type": "answer", "answer": word}});
        let _ = save(&console, &talk, &draft(graph(nodes, &[("start", "source", "answer")]))).await.expect(200);
        let _ = publish(&console, &talk).await.expect(200);
        let asking = console.create_app("workflow", &format!("{word} form")).await;
        let nodes = json!({"start": workflow_pause::start(), "ask": workflow_pause::form(),
            "end": {"type": "end", "outputs": [{"variable": "note", "value_selector": ["ask", "note"]}]}});
        let edges = [("start", "source", "ask"), ("ask", "yes", "end")];
        let _ = save(&console, &asking, &draft(graph(nodes, &edges))).await.expect(200);
        let path = format!("/apps/{}/workflows/draft/run", asking.id);
        let paused = console.sse(&path, &json!({"inputs": {"name": word}, "files": []})).await.well_framed();
        let form = paused.only("human_input_required")["data"]["form_token"].as_str().unwrap().to_owned();
        self.ids.extend([
            ("installed_workflow", installed(&console, &workflow).await),
            ("workflow", workflow.id),
            ("version", version),
            ("run", run),
            ("variable", variables.text_at("/items/0/id")),
            ("chatflow", talk.id),
            ("form", form),
        ]);
    }
}
