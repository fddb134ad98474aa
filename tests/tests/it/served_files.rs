//! Nothing that somebody uploaded runs in the platform's origin, whatever it is called and whatever is in it.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use test_kit::{Answer, Client};

use crate::it::ground::{Ground, question};

const SCRIPT: &str = "<html><script>alert(document.domain)</script></html>";
const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";

async fn upload(client: &Client, name: &str, mime: &str, content: &str) -> Answer {
    let part = Part::bytes(content.as_bytes().to_vec()).file_name(name.to_owned()).mime_str(mime).unwrap();
    let form = Form::new().text("user", "alice").part("file", part);
    client.send(client.request(Method::POST, "/files/upload").multipart(form)).await
}

/// What holds of every answer with stored bytes.
#[track_caller]
fn is_harmless(answer: &Answer, what: &str) {
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{what} has no policy"));
    let shown = answer.header("content-type").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script"), "{what}: {policy}");
    assert!(policy.starts_with("sandbox;") || shown == "application/pdf", "{what}: {policy}");
    for active in ["html", "javascript", "ecmascript", "/xml", "multipart", "rfc822"] {
        assert!(!shown.contains(active), "{what}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_saved_and_not_shown() {
    let ground = Ground::of("chat").await;
    let files = Client::new(ground.server.base().to_owned());
    let _ = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    for (name, mime, content, saved) in [
        ("page.png", "image/png", SCRIPT, false),
        ("page.png", "text/html", SCRIPT, true),
        ("page.png", "text/html; charset=utf-7", SCRIPT, true),
        ("page.png", "application/xhtml+xml", SCRIPT, true),
        ("page.txt", "text/plain", SCRIPT, false),
        ("page.html", "text/plain", SCRIPT, true),
        ("page.HTM", "image/png", SCRIPT, true),
        ("page.xhtml", "application/octet-stream", SCRIPT, true),
        ("page.mhtml", "message/rfc822", SCRIPT, true),
        ("page.xml", "text/xml", SVG, true),
        ("page.xml", "application/rss+xml", SVG, true),
        ("code.js", "text/javascript", "alert(1)", true),
        ("code.mjs", "application/javascript", "alert(1)", true),
        ("code.txt", "application/x-ecmascript", "alert(1)", true),
        ("paper.pdf", "application/pdf", SCRIPT, false),
        ("picture.svg", "image/svg+xml", SVG, false),
        ("data.json", "application/json", SCRIPT, false),
        ("sound.mp3", "audio/mpeg", SCRIPT, false),
    ] {
        let what = format!("{name} of {mime}");
        let stored = upload(&ground.service, name, mime, content).await.expect(201);
        let link = stored.text_at("/source_url");
        let path = link.strip_prefix(ground.server.base()).unwrap_or(&link).to_owned();
        let shown = files.get(&path).await.expect(200);
        is_harmless(&shown, &what);
        assert_eq!(shown.header("content-disposition").is_some(), saved, "{what}");
        assert_eq!(shown.text(), content);
        let attached = files.get(&format!("{path}&as_attachment=true")).await.expect(200);
        is_harmless(&attached, &what);
        assert_eq!(attached.header("content-type"), Some("application/octet-stream"), "{what}");
        assert!(attached.header("content-disposition").unwrap().starts_with("attachment;"), "{what}");

        // The same over the Service API, where the file came with a message.
        let id = stored.text_at("/id");
        ground
            .server
            .db()
            .execute(
                "INSERT INTO message_files (id, message_id, type, transfer_method, created_by_role, created_by, upload_file_id, created_at) \
                 SELECT gen_random_uuid(), id, 'custom', 'local_file', 'end_user', from_end_user_id, $1::uuid, now() FROM messages LIMIT 1",
                &[&id],
            )
            .await;
        let preview = ground.service.get(&format!("/files/{id}/preview?user=alice")).await.expect(200);
        is_harmless(&preview, &what);
        assert_eq!(preview.header("content-disposition").is_some(), saved, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn types_that_could_be_read_in_two_ways_are_no_types() {
    let ground = Ground::of("chat").await;
    let files = Client::new(ground.server.base().to_owned());
    let stored = upload(&ground.service, "a.png", "image/png", SCRIPT).await.expect(201);
    let link = stored.text_at("/source_url");
    let path = link.strip_prefix(ground.server.base()).unwrap_or(&link).to_owned();
    for kind in ["image/png, text/html", "text /html", "image", "image/png;charset=x\ty", "", "text/html/x"] {
        ground.server.db().execute("UPDATE upload_files SET mime_type = $1", &[kind]).await;
        let shown = files.get(&path).await.expect(200);
        is_harmless(&shown, kind);
        let told = shown.header("content-type").unwrap();
        assert!(["application/octet-stream", "image/png"].contains(&told), "{kind:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_are_harmless_too() {
    let ground = Ground::of("chat").await;
    let console = &ground.console;
    let provider = "langgenius/openai_api_compatible/openai_api_compatible";
    let icon = format!("/workspaces/x/model-providers/{provider}/icon_small/en_US");
    is_harmless(&console.get(&icon).await.expect(200), "an icon");
}
