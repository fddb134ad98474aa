//! Uploads: what is taken, under which names, what is looked into, and where the bytes go.

use serde_json::{Value, json};
use test_kit::upstream::{ScannerMood, StubBucket, StubScanner, StubUpstream};
use test_kit::{Answer, Client, Console, TestServer};

use crate::it::console_people::{bare, member, set_up, set_up_with, stranger};
use crate::it::ground::{Ground, MODEL, question};

const MEGABYTE: usize = 1024 * 1024;

fn form(name: &str, mime: &str, content: impl Into<Vec<u8>>) -> reqwest::multipart::Form {
    let part = reqwest::multipart::Part::bytes(content.into()).file_name(name.to_owned()).mime_str(mime).unwrap();
    reqwest::multipart::Form::new().part("file", part)
}

async fn upload(client: &Client, form: reqwest::multipart::Form) -> Answer {
    client.send(client.request(reqwest::Method::POST, "/files/upload").multipart(form)).await
}

/// A body as no library would write it.
async fn upload_raw(client: &Client, disposition: &str, mime: &str) -> Answer {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {mime}\r\n\r\nhello\r\n--x--\r\n"
    );
    let request = client.request(reqwest::Method::POST, "/files/upload");
    client.send(request.header("content-type", "multipart/form-data; boundary=x").body(body)).await
}

async fn preview(console: &Console, id: &str) -> Answer {
    console.get(&format!("/files/{id}/preview")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_show_their_beginning() {
    let (server, owner) = set_up().await;
    let shown = async |name: &str, content: &str| {
        let id = upload(&owner, form(name, "text/plain", content)).await.expect(201).text_at("/id");
        preview(&owner, &id).await.expect(200).json
    };
    assert_eq!(shown("a.txt", "h\u{e9}llo").await, json!({"content": "h\u{e9}llo"}));
    assert_eq!(shown("empty.md", "").await, json!({"content": ""}));
    let long = "\u{4f60}\u{597d}".repeat(4000);
    let content = shown("long.txt", &long).await["content"].as_str().unwrap().to_owned();
    assert_eq!(content.chars().count(), 3000);
    assert!(long.starts_with(&content));
    let rows = shown("table.csv", "name,age\nAda,36\nAlan,41\n").await["content"].as_str().unwrap().to_owned();
    assert!(rows.contains("Ada") && rows.contains("41"), "{rows}");

    let picture = upload(&owner, form("a.png", "image/png", "x")).await.expect(201).text_at("/id");
    assert_eq!(preview(&owner, &picture).await.expect(415).code(), "unsupported_file_type");
    // Files that are not what they are called.
    for name in ["lie.pdf", "lie.docx", "lie.xlsx"] {
        let id =
            upload(&owner, form(name, "application/pdf", "this is something else")).await.expect(201).text_at("/id");
        let refused = preview(&owner, &id).await.expect(400);
        assert_eq!(refused.code(), "invalid_param");
        assert!(refused.text().contains("Failed to extract text"), "{}", refused.text());
    }
    let id = upload(&owner, form("own.txt", "text/plain", "mine")).await.expect(201).text_at("/id");
    let other = stranger(&server).await;
    let _ = preview(&other, &id).await.expect(404);
    let _ = preview(&owner, "00000000-0000-0000-0000-000000000001").await.expect(404);
    let _ = preview(&owner, "no-id").await.expect(404);
    let _ = bare(&server).get(&format!("/files/{id}/preview")).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_of_documents_are_listed() {
    let kinds = async |settings: &[(&str, &str)]| {
        let (_server, owner) = set_up_with(settings).await;
        let listed = owner.get("/files/support-type").await.expect(200).json;
        let listed = listed["allowed_extensions"].as_array().unwrap().clone();
        listed.iter().map(|kind| kind.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let base = kinds(&[]).await;
    assert_eq!(base.len(), 26);
    assert!(base.contains(&"docx".to_owned()) && base.contains(&"DOCX".to_owned()));
    assert!(!base.contains(&"pptx".to_owned()));
    assert!(kinds(&[("ETL_TYPE", "Unstructured")]).await.contains(&"pptx".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_for_datasets_take_a_right_and_a_document() {
    let (server, owner) = set_up().await;
    let datasets = |name: &str| form(name, "text/plain", "x").text("source", "datasets");
    let _ = upload(&owner, datasets("a.md")).await.expect(201);
    for name in ["a.png", "a.exe", "README", "a.pptx"] {
        assert_eq!(upload(&owner, datasets(name)).await.expect(415).code(), "unsupported_file_type", "{name}");
    }
    let operator = member(&server, "dataset_operator").await;
    let _ = upload(&operator, datasets("a.txt")).await.expect(201);
    let normal = member(&server, "normal").await;
    let _ = upload(&normal, datasets("a.txt")).await.expect(403);
    let _ = upload(&normal, form("a.txt", "text/plain", "x")).await.expect(201);
    assert_eq!(server.db().count("upload_files", "true", &[]).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_do_no_harm() {
    let (server, owner) = set_up_with(&[("UPLOAD_FILE_EXTENSION_BLACKLIST", "exe,.BAT")]).await;
    for name in ["../a.txt", "..\\\\a.txt", "/etc/passwd", "a:b.txt", "a*b", "a?", "<b>.txt", "a|b"] {
        let refused =
            upload_raw(&owner, &format!("name=\"file\"; filename=\"{name}\""), "text/plain").await.expect(400);
        assert_eq!(refused.code(), "invalid_param", "{name:?}");
    }
    for name in ["a.exe", "a.EXE", "a.bat", "a.exe.", "a.exe ", "a\u{202e}txt.exe"] {
        let refused =
            upload_raw(&owner, &format!("name=\"file\"; filename=\"{name}\""), "text/plain").await.expect(400);
        assert_eq!(refused.code(), "file_extension_blocked", "{name:?}");
    }
    let stored = async |name: &str| upload(&owner, form(name, "text/plain", "x")).await.expect(201).json;
    let turned = stored("invoice\u{202e}fdp.txt").await;
    assert_eq!((&turned["name"], &turned["extension"]), (&json!("invoicefdp.txt"), &json!("txt")));
    let long = stored(&format!("{}.pdf", "n".repeat(300))).await;
    assert_eq!(long["name"].as_str().unwrap(), format!("{}.pdf", "n".repeat(200)));
    let extended = stored(&format!("a.{}", "e".repeat(300))).await;
    assert_eq!((extended["name"].as_str().unwrap().len(), &extended["extension"]), (200, &json!("")));
    for name in ["..", "README", ".hidden", "two.dots..txt", "\u{1f600}.txt"] {
        assert_eq!(stored(name).await["name"], name);
    }
    let _ =
        upload_raw(&owner, "name=\"file\"; filename=\"a.txt\"", &format!("text/{}", "x".repeat(300))).await.expect(415);
    // What is stored goes by names of the server's making.
    let rows = server.db().all("SELECT key FROM upload_files", &[]).await;
    for row in &rows {
        let key = row["key"].as_str().unwrap();
        let (folder, file) = key.rsplit_once('/').unwrap();
        assert!(folder.starts_with("upload_files/") && folder.len() == 49, "{key}");
        assert!(file.len() <= 36 + 1 + 50 && file.is_ascii(), "{key}");
    }
    assert_eq!(rows.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_and_counts_are_limited() {
    let (server, owner) = set_up_with(&[
        ("UPLOAD_IMAGE_FILE_SIZE_LIMIT", "1"),
        ("UPLOAD_VIDEO_FILE_SIZE_LIMIT", "1"),
        ("UPLOAD_AUDIO_FILE_SIZE_LIMIT", "2"),
    ])
    .await;
    let too_large = async |name: &str, mime: &str, limit: usize| {
        let refused = upload(&owner, form(name, mime, vec![b'x'; limit * MEGABYTE + 1])).await.expect(413);
        assert_eq!(refused.code(), "file_too_large", "{name}");
    };
    for (name, mime, limit) in [("a.png", "image/png", 1), ("a.MP4", "video/mp4", 1), ("a.mp3", "audio/mpeg", 2)] {
        let whole = upload(&owner, form(name, mime, vec![b'x'; limit * MEGABYTE])).await.expect(201).json;
        assert_eq!(whole["size"], json!(limit * MEGABYTE), "{name}");
        too_large(name, mime, limit).await;
    }
    // The name decides, whatever is declared.
    let _ = upload(&owner, form("a.bin", "image/png", vec![b'x'; MEGABYTE + 1])).await.expect(201);
    too_large("a.bin", "image/png", 15).await;
    too_large("a.txt", "text/plain", 15).await;
    let empty = upload(&owner, form("nothing.txt", "text/plain", "")).await.expect(201).json;
    assert_eq!(empty["size"], json!(0));
    let two = form("a.txt", "text/plain", "x").part("other", reqwest::multipart::Part::text("y").file_name("b.txt"));
    assert_eq!(upload(&owner, two).await.expect(400).code(), "too_many_files");
    let none = reqwest::multipart::Form::new().text("user", "x");
    assert_eq!(upload(&owner, none).await.expect(400).code(), "no_file_uploaded");
    let unnamed = upload_raw(&owner, "name=\"file\"; filename=\"\"", "text/plain").await.expect(400);
    assert_eq!(unnamed.code(), "filename_not_exists_error");
    assert_eq!(server.db().count("upload_files", "true", &[]).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_messages_come_back_by_their_id() {
    let ground = Ground::of("chat").await;
    let file = form("p\u{e4}ge.txt", "text/plain", "from a person").text("user", "alice");
    let id = upload(&ground.service, file).await.expect(201).text_at("/id");
    let path = format!("/files/{id}/preview");
    // Uploaded is not yet said.
    assert_eq!(ground.service.get(&path).await.expect(404).code(), "file_not_found");
    let message = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200).text_at("/message_id");
    let attach = "INSERT INTO message_files (id, message_id, type, transfer_method, created_by_role, created_by, upload_file_id) \
                  SELECT gen_random_uuid(), $1::uuid, 'document', 'local_file', 'end_user', created_by, id FROM upload_files \
                  WHERE id = $2::uuid";
    assert_eq!(ground.server.db().execute(attach, &[&message, &id]).await, 1);
    let shown = ground.service.get(&format!("{path}?user=alice")).await.expect(200);
    assert_eq!((shown.text(), shown.header("content-type")), ("from a person", Some("text/plain; charset=utf-8")));
    assert_eq!(shown.header("cache-control"), Some("public, max-age=3600"));
    let saved = ground.service.get(&format!("{path}?as_attachment=true")).await.expect(200);
    assert_eq!(saved.header("content-disposition"), Some("attachment; filename*=UTF-8''p%C3%A4ge.txt"));

    let other = ground.console.create_ready_app("chat", ground.provider, MODEL).await;
    let other = ground.server.service(&ground.console.api_key(&other).await);
    assert_eq!(other.get(&path).await.expect(403).code(), "file_access_denied");
    let _ = ground.service.get("/files/no-id/preview").await.expect(404);
    let _ = Client::new(format!("{}/v1", ground.server.base())).get(&path).await.expect(401);
}

fn scanned_by<'s>(address: &'s str, on_error: &'s str) -> [(&'s str, &'s str); 3] {
    [
        ("FERRIFY_CLAMAV_ADDRESS", address),
        ("FERRIFY_CLAMAV_ON_ERROR", on_error),
        ("FERRIFY_CLAMAV_TIMEOUT_SECONDS", "1"),
    ]
}

async fn rows(server: &TestServer) -> i64 {
    server.db().count("upload_files", "true", &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_upload_is_scanned() {
    let scanner = StubScanner::start(ScannerMood::Attentive).await;
    let address = scanner.address().to_string();
    let mut settings = scanned_by(&address, "refuse").to_vec();
    settings.push(("CAN_REPLACE_LOGO", "true"));
    let ground = Ground::with("chat", &settings).await;
    let web = ground.server.web(&ground.app.code).await;
    let infected = || form("a.txt", "text/plain", format!("before {} after", StubScanner::VIRUS));
    let service = |form: reqwest::multipart::Form| upload(&ground.service, form.text("user", "abc"));
    for refused in
        [upload(&ground.console, infected()).await, service(infected()).await, upload(&web, infected()).await]
    {
        let refused = refused.expect(400);
        assert_eq!((refused.code(), &refused.json["status"]), ("file_infected", &json!(400)));
        assert!(refused.json["message"].as_str().unwrap().contains("Stub-Test-Signature"), "{}", refused.text());
    }
    let logo = ground.console.request(reqwest::Method::POST, "/workspaces/custom-config/webapp-logo/upload");
    let refused = ground.console.send(logo.multipart(form("a.svg", "image/svg+xml", StubScanner::VIRUS))).await;
    assert_eq!(refused.expect(400).code(), "file_infected");
    assert_eq!(rows(&ground.server).await, 0);
    assert_eq!(scanner.scanned().len(), 4);

    let clean = || form("a.txt", "text/plain", "fine");
    let _ = upload(&ground.console, clean()).await.expect(201);
    let _ = service(clean()).await.expect(201);
    let _ = upload(&web, clean()).await.expect(201);
    // Files at a URL as well.
    let stub = StubUpstream::start().await;
    let url = format!("http://{}/v1/models", stub.address());
    let _ = ground.console.post_json("/remote-files/upload", &json!({"url": url})).await.expect(201);
    assert_eq!((rows(&ground.server).await, scanner.scanned().len()), (4, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_verdict_the_setting_decides() {
    let (hanging, closing) =
        (StubScanner::start(ScannerMood::Hanging).await, StubScanner::start(ScannerMood::Closing).await);
    for stub in [&hanging, &closing] {
        let address = stub.address().to_string();
        let (server, owner) = set_up_with(&scanned_by(&address, "refuse")).await;
        let refused = upload(&owner, form("a.txt", "text/plain", "x")).await.expect(503);
        assert_eq!(refused.code(), "file_scan_unavailable");
        assert!(refused.header("retry-after").is_some());
        assert!(!refused.text().contains(&address), "{}", refused.text());
        assert_eq!(rows(&server).await, 0);
        let (server, owner) = set_up_with(&scanned_by(&address, "accept")).await;
        let _ = upload(&owner, form("a.txt", "text/plain", "x")).await.expect(201);
        assert_eq!(rows(&server).await, 1);
    }
}

/// A whole server on a bucket: keys of the workspace, uploads, and what is read back.
#[tokio::test(flavor = "multi_thread")]
async fn files_may_live_in_a_bucket() {
    let bucket = StubBucket::start().await;
    let endpoint = bucket.url();
    let (server, owner) = set_up_with(&[
        ("STORAGE_TYPE", "s3"),
        ("S3_ENDPOINT", endpoint.as_str()),
        ("S3_BUCKET_NAME", "ferrify"),
        ("S3_ACCESS_KEY", "an-access-key"),
        ("S3_SECRET_KEY", "a-secret-key"),
        ("S3_ADDRESS_STYLE", "path"),
    ])
    .await;
    let stored = upload(&owner, form("a.txt", "text/plain", "in a bucket")).await.expect(201).json;
    let row: Value = server.db().one("SELECT key, storage_type FROM upload_files", &[]).await;
    let path = format!("/ferrify/{}", row["key"].as_str().unwrap());
    assert_eq!(bucket.objects().get(&path).map(Vec::as_slice), Some(b"in a bucket".as_slice()), "{row}");
    let shown = preview(&owner, stored["id"].as_str().unwrap()).await.expect(200).json;
    assert_eq!(shown, json!({"content": "in a bucket"}));
    let url = stored["source_url"].as_str().unwrap();
    let link = url.find("/files/").and_then(|at| url.get(at..)).unwrap();
    assert_eq!(server.client().get(link).await.expect(200).text(), "in a bucket");
    for request in bucket.requests() {
        let signed = request.header("authorization").unwrap();
        assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=an-access-key/"), "{signed}");
        assert!(!signed.contains("a-secret-key"));
    }
}
