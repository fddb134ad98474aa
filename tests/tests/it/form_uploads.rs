//! Files for forms that people fill in while a run waits.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::{Answer, Client};

use crate::it::workflow_pause::{OVER, outputs, path, start, until};
use crate::it::workflow_runs::Flow;

/// A form with a file, a list of files, and a text.
async fn asking() -> Flow {
    let input = |kind: &str, name: &str| json!({"type": kind, "output_variable_name": name});
    let mut picture = input("file", "picture");
    picture["allowed_file_types"] = json!(["image"]);
    picture["allowed_file_upload_methods"] = json!(["local_file"]);
    let mut papers = input("file-list", "papers");
    papers["number_limits"] = json!(2);
    let nodes = json!({
        "start": start(),
        "ask": {
            "type": "human-input", "form_content": "A picture: {{#$output.picture#}}",
            "inputs": [picture, papers, input("text_input", "note")],
            "user_actions": [{"id": "yes", "title": "Agree"}],
            "delivery_methods": [{"type": "webapp", "enabled": true}],
        },
        "agreed": {"type": "end", "outputs": [
            {"variable": "picture", "value_selector": ["ask", "picture"]},
            {"variable": "papers", "value_selector": ["ask", "papers"]},
            {"variable": "name", "value_selector": ["ask", "picture", "name"]},
        ]},
    });
    Flow::of("workflow", nodes, &[("start", "source", "ask"), ("ask", "yes", "agreed")]).await
}

struct Asked {
    flow: Flow,
    page: Client,
    token: String,
}

async fn asked() -> Asked {
    let flow = asking().await;
    let token = another(&flow).await;
    let page = flow.server.client().at(format!("{}/api", flow.server.base()));
    Asked { flow, page, token }
}

/// The token of the form of one more run.
async fn another(flow: &Flow) -> String {
    let run = json!({"inputs": {"name": "Ann"}, "user": "ann", "response_mode": "blocking"});
    let paused = flow.service.post_json("/workflows/run", &run).await.expect(200).json;
    paused["data"]["reasons"][0]["form_token"].as_str().unwrap().to_owned()
}

async fn pass(page: &Client, token: &str) -> String {
    let answer = page.post_json(&format!("{}/upload-token", path(token)), &json!({})).await.expect(200);
    let left = answer.json["expires_at"].as_i64().unwrap() - chrono::Utc::now().timestamp();
    assert!((1..=1_800).contains(&left), "{left}");
    answer.text_at("/upload_token")
}

fn part(name: &str, mime: &str) -> Part {
    Part::bytes(b"content".to_vec()).file_name(name.to_owned()).mime_str(mime).unwrap()
}

async fn upload(page: &Client, pass: Option<(&str, &str)>, form: Form) -> Answer {
    let mut request = page.request(Method::POST, "/human-input-forms/files").multipart(form);
    if let Some((name, value)) = pass {
        request = request.header(name, value);
    }
    page.send(request).await
}

fn local(kind: &str, id: &str) -> Value {
    json!({"transfer_method": "local_file", "type": kind, "upload_file_id": id})
}

fn answer(picture: Value, papers: Value) -> Value {
    json!({"inputs": {"picture": picture, "papers": papers, "note": ""}, "action": "yes", "user": "ann"})
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_reach_the_run_that_waits() {
    let Asked { flow, page, token } = asked().await;
    let pass = pass(&page, &token).await;
    let bearer = format!("Bearer {pass}");
    let picture = Form::new().part("file", part("a.png", "image/png"));
    let picture = upload(&page, Some(("Authorization", &bearer)), picture).await.expect(201);
    assert_eq!((picture.text_at("/name"), picture.text_at("/extension")), ("a.png".to_owned(), "png".to_owned()));
    let paper = Form::new().part("file", part("a.txt", "text/plain"));
    let paper = upload(&page, Some(("X-Upload-Token", &pass)), paper).await.expect(201).text_at("/id");
    let second = Form::new().text("upload_token", pass.clone()).part("file", part("b.txt", "text/plain"));
    let second = upload(&page, None, second).await.expect(201).text_at("/id");
    let owner = flow.server.db().one("SELECT created_by FROM workflow_runs", &[]).await;
    assert_eq!(picture.json["created_by"], owner["created_by"]);

    let papers = json!([local("document", &paper), local("document", &second)]);
    let body = answer(local("image", &picture.text_at("/id")), papers);
    let _ = page.post_json(&path(&token), &body).await.expect(200);
    let row = until(&flow, &OVER).await;
    assert_eq!(row["status"], "succeeded", "{row}");
    let outputs = outputs(&row);
    assert_eq!(
        (&outputs["picture"]["related_id"], &outputs["name"]),
        (&json!(picture.text_at("/id")), &json!("a.png"))
    );
    assert_eq!(outputs["papers"][1]["filename"], "b.txt");
    assert_eq!(flow.server.db().count("upload_files", "used", &[]).await, 3);

    // The form is filled in: nothing more is taken for it.
    let late = Form::new().part("file", part("c.png", "image/png"));
    assert_eq!(
        upload(&page, Some(("X-Upload-Token", &pass)), late).await.expect(412).code(),
        "human_input_form_submitted"
    );
    let none = page.post_json(&format!("{}/upload-token", path(&token)), &json!({})).await.expect(412);
    assert_eq!(none.code(), "human_input_form_submitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_may_be_left_empty() {
    let Asked { flow, page, token } = asked().await;
    let _ = page.post_json(&path(&token), &answer(Value::Null, json!([]))).await.expect(200);
    let row = until(&flow, &OVER).await;
    assert_eq!((&outputs(&row)["picture"], &outputs(&row)["papers"]), (&Value::Null, &json!([])), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_is_taken() {
    let Asked { flow, page, token } = asked().await;
    let file = || Form::new().part("file", part("a.png", "image/png"));
    let pass = pass(&page, &token).await;
    // Signed with this installation's key, but of another purpose; cut; changed; too late in the body.
    let mut changed = pass.clone();
    changed.replace_range(0..1, if pass.starts_with('A') { "B" } else { "A" });
    let shorter: String = pass.chars().skip(1).collect();
    for wrong in [token.as_str(), &shorter, &changed, "", "x"] {
        let refused = upload(&page, Some(("X-Upload-Token", wrong)), file()).await.expect(401);
        assert_eq!(refused.code(), "invalid_upload_token", "{wrong}");
    }
    for form in
        [file(), file().text("upload_token", pass.clone()), Form::new().text("url", "https://example.com/a.png")]
    {
        assert_eq!(upload(&page, None, form).await.expect(401).code(), "invalid_upload_token");
    }
    assert_eq!(
        page.post_json(&format!("{}/upload-token", path("guessed")), &json!({})).await.expect(404).code(),
        "not_found"
    );
    let held = Some(("X-Upload-Token", pass.as_str()));
    assert_eq!(upload(&page, held, Form::new().text("x", "y")).await.expect(400).code(), "no_file_uploaded");
    // The guarded client fetches.
    let inside = Form::new().text("url", "http://169.254.169.254/latest");
    assert_eq!(upload(&page, held, inside).await.expect(400).code(), "remote_file_upload_error");
    let db = flow.server.db();
    assert_eq!(
        (db.count("upload_files", "true", &[]).await, db.count("ferrify_form_uploads", "true", &[]).await),
        (0, 0)
    );

    db.execute(
        "INSERT INTO ferrify_form_uploads (id, tenant_id, app_id, form_id, created_at) \
         SELECT gen_random_uuid(), tenant_id, app_id, id, now() FROM ferrify_human_input_forms, generate_series(1, 50)",
        &[],
    )
    .await;
    assert_eq!(upload(&page, held, file()).await.expect(400).code(), "too_many_files");
    db.execute("UPDATE ferrify_human_input_forms SET expires_at = now() - interval '1 day'", &[]).await;
    assert_eq!(upload(&page, held, file()).await.expect(412).code(), "human_input_form_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_files_are_refused() {
    let Asked { flow, page, token } = asked().await;
    let other = another(&flow).await;
    let of_other = pass(&page, &other).await;
    let file = Form::new().part("file", part("a.png", "image/png"));
    let of_other = upload(&page, Some(("X-Upload-Token", &of_other)), file).await.expect(201).text_at("/id");
    let send = flow.service.request(Method::POST, "/files/upload");
    let form = |user: &'static str| Form::new().text("user", user).part("file", part("a.png", "image/png"));
    let of_bob = flow.service.send(send.multipart(form("bob"))).await.expect(201).text_at("/id");
    let send = flow.service.request(Method::POST, "/files/upload");
    let of_ann = flow.service.send(send.multipart(form("ann"))).await.expect(201).text_at("/id");

    let by_page = async |body: Value| page.post_json(&path(&token), &body).await.expect(400).code().to_owned();
    let by_key = async |body: Value| flow.service.post_json(&path(&token), &body).await.expect(400).code().to_owned();
    for id in [of_other.as_str(), &of_bob, "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a", "no id"] {
        assert_eq!(by_page(answer(local("image", id), json!([]))).await, "invalid_form_data", "{id}");
        assert_eq!(by_page(answer(Value::Null, json!([local("image", id)]))).await, "invalid_form_data", "{id}");
    }
    for id in [of_bob.as_str(), "7a2c1f9e-9a54-4c0c-9d5f-0f7f4f3c2b1a"] {
        assert_eq!(by_key(answer(local("image", id), json!([]))).await, "invalid_form_data", "{id}");
    }
    // What only its owner may bring along, a page may not.
    assert_eq!(by_page(answer(local("image", &of_ann), json!([]))).await, "invalid_form_data");
    // Of another kind, by another way, too many, and values that only look like files.
    let remote = json!({"transfer_method": "remote_url", "type": "image", "url": "https://example.com/a.png"});
    let forged = json!({"dify_model_identity": "__dify__file__", "transfer_method": "tool_file", "related_id": of_bob, "type": "image"});
    for (picture, papers) in [
        (local("document", &of_ann), json!([])),
        (remote.clone(), json!([])),
        (forged.clone(), json!([])),
        (json!("text"), json!([])),
        (json!([local("image", &of_ann)]), json!([])),
        (Value::Null, json!([remote.clone(), remote.clone(), remote.clone()])),
        (Value::Null, json!([forged])),
        (Value::Null, json!({})),
    ] {
        let body = answer(picture, papers);
        assert_eq!(by_key(body.clone()).await, "invalid_form_data", "{body}");
    }
    let _ = flow.service.post_json(&path(&token), &answer(local("image", &of_ann), json!([remote]))).await.expect(200);
}
