//! Apps that listen and speak, on all tiers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_kit::upstream::Script;
use test_kit::{Answer, Client};

use crate::it::console_workflows::{publish, save};
use crate::it::ground::{Ground, MODEL, question, streamed};

const ON: &str = "wav";

/// An app that listens and speaks with models of the workspace.
async fn with_voice(mode: &str) -> Ground {
    let ground = Ground::of(mode).await;
    ground.console.add_openai(&ground.stub.openai_base_url(), "sk-audio").await;
    for (kind, model) in [("speech2text", "whisper-1"), ("tts", "tts-1")] {
        let setting = json!({"model_type": kind, "provider": "langgenius/openai/openai", "model": model});
        let body = json!({"model_settings": [setting]});
        let _ = ground.console.post_json("/workspaces/current/default-model", &body).await.expect(200);
    }
    ground
}

async fn switched_on(mode: &str) -> Ground {
    let ground = with_voice(mode).await;
    ground
        .configure(json!({
            "speech_to_text": {"enabled": true},
            "text_to_speech": {"enabled": true, "voice": "nova", "language": "en-US"},
        }))
        .await;
    ground
}

fn recording(kind: &str, bytes: usize) -> Form {
    let part = Part::bytes(vec![7; bytes]).file_name(format!("said.{kind}"));
    Form::new().part("file", part.mime_str(&format!("audio/{kind}")).unwrap())
}

async fn said(client: &Client, path: &str, form: Form) -> Answer {
    client.send(client.request(Method::POST, path).multipart(form)).await
}

/// What was sent to the stub's speech endpoint.
fn spoken(ground: &Ground) -> Vec<Value> {
    let requests = ground.stub.requests();
    requests.iter().filter(|r| r.path.ends_with("/audio/speech")).map(|r| r.body.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_become_text_on_every_tier() {
    let ground = switched_on("chat").await;
    let page = ground.server.web(&ground.app.code).await;
    let console_path = format!("/apps/{}/audio-to-text", ground.app.id);
    for kind in ["mp3", "m4a", "wav", "amr", "mpga", "x-m4a"] {
        let form = recording(kind, 1000).text("user", "alice");
        assert_eq!(
            said(&ground.service, "/audio-to-text", form).await.expect(200).json,
            json!({"text": "a transcript"})
        );
    }
    assert_eq!(said(&page, "/audio-to-text", recording(ON, 9)).await.expect(200).json["text"], "a transcript");
    assert_eq!(said(&ground.console, &console_path, recording(ON, 9)).await.expect(200).json["text"], "a transcript");
    let heard = ground.stub.requests().into_iter().filter(|r| r.path.ends_with("/audio/transcriptions")).count();
    assert_eq!(heard, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_recording_is_refused() {
    let ground = switched_on("chat").await;
    let page = ground.server.web(&ground.app.code).await;
    let console_path = format!("/apps/{}/audio-to-text", ground.app.id);
    let tiers: [(&Client, &str, &str); 3] = [
        (&ground.service, "/audio-to-text", "bad_request_key_error"),
        (&page, "/audio-to-text", "bad_request_key_error"),
        (&ground.console, &console_path, "no_audio_uploaded"),
    ];
    for (client, path, missing) in tiers {
        let empty = Form::new().text("user", "alice");
        assert_eq!(said(client, path, empty).await.expect(400).code(), missing);
        assert_eq!(said(client, path, recording("ogg", 9)).await.expect(415).code(), "unsupported_audio_type");
        let text =
            Form::new().part("file", Part::bytes(b"x".to_vec()).file_name("x.txt").mime_str("text/plain").unwrap());
        assert_eq!(said(client, path, text).await.expect(415).code(), "unsupported_audio_type");
        let untyped = Form::new().part("file", Part::bytes(b"x".to_vec()).file_name("x.mp3"));
        assert_eq!(said(client, path, untyped).await.expect(415).code(), "unsupported_audio_type");
        let long = recording("mp3", 30 * 1024 * 1024 + 1);
        assert_eq!(said(client, path, long).await.expect(413).code(), "audio_too_large");
        let json = client.post_json(path, &json!({"file": "x"})).await.expect(400);
        assert_eq!(json.code(), "no_file_uploaded");
    }
    assert!(!ground.stub.requests().iter().any(|r| r.path.ends_with("/audio/transcriptions")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_does_not_listen_or_speak_says_so() {
    let ground = with_voice("chat").await;
    let refused = said(&ground.service, "/audio-to-text", recording("ogg", 9)).await.expect(400);
    assert_eq!(refused.code(), "speech_to_text_disabled", "before the type is looked at");
    let mute = ground.service.post_json("/text-to-audio", &json!({"text": "Hi", "user": "alice"})).await.expect(400);
    assert_eq!(mute.code(), "invalid_param");
    let silent = ground.service.post_json("/text-to-audio", &json!({"user": "alice"})).await.expect(400);
    assert!(silent.text().contains("Text is required"), "{}", silent.text());
    assert!(spoken(&ground).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_nobody_listens() {
    let ground = Ground::of("chat").await;
    ground.configure(json!({"speech_to_text": {"enabled": true}, "text_to_speech": {"enabled": true}})).await;
    let deaf = said(&ground.service, "/audio-to-text", recording("mp3", 9)).await.expect(400);
    assert_eq!(deaf.code(), "provider_not_initialize");
    let mute = ground.service.post_json("/text-to-audio", &json!({"text": "Hi"})).await.expect(400);
    assert_eq!(mute.code(), "provider_not_initialize");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_and_answers_are_spoken() {
    let ground = switched_on("chat").await;
    ground.stub.script(MODEL, Script::text(&["Fine, ", "thanks."]));
    let answer = ground.service.post_json("/chat-messages", &question("How are you?")).await.expect(200);
    let message = answer.text_at("/message_id");

    let sound = ground
        .service
        .post_json("/text-to-audio", &json!({"text": "Good day", "streaming": true, "user": ["any", 1]}))
        .await
        .expect(200);
    assert_eq!((sound.header("content-type"), sound.text()), (Some("audio/mpeg"), "ID3stub-audio"));
    let of_message = json!({"message_id": message, "text": "not this", "voice": "echo", "user": "alice"});
    let _ = ground.service.post_json("/text-to-audio", &of_message).await.expect(200);
    let page = ground.server.web(&ground.app.code).await;
    let _ = page.post_json("/text-to-audio", &json!({"text": "Hello", "voice": "no such voice"})).await.expect(200);
    let console_path = format!("/apps/{}/text-to-audio", ground.app.id);
    let _ = ground.console.post_json(&console_path, &json!({"message_id": message})).await.expect(200);
    let asked: Vec<(Value, Value)> =
        spoken(&ground).into_iter().map(|body| (body["input"].clone(), body["voice"].clone())).collect();
    let expected = [("Good day", "nova"), ("Fine, thanks.", "echo"), ("Hello", "alloy"), ("Fine, thanks.", "nova")];
    assert_eq!(asked, expected.map(|(text, voice)| (json!(text), json!(voice))));

    // Somebody else's message is none on a page; unknown ones are none anywhere.
    let foreign = page.post_json("/text-to-audio", &json!({"message_id": message})).await.expect(200);
    assert_eq!(foreign.json, Value::Null);
    let unknown = json!({"message_id": ground.app.id});
    assert_eq!(ground.service.post_json("/text-to-audio", &unknown).await.expect(200).json, Value::Null);
    for wrong in [json!({"message_id": "x"}), json!({"text": 7}), json!([]), json!({"text": "a".repeat(100_001)})] {
        let refused = ground.service.post_json("/text-to-audio", &wrong).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_are_spoken_piece_by_piece() {
    let ground = switched_on("completion").await;
    let text = "A sentence of fifty characters that says very little. ".repeat(200);
    let sound = ground.service.post_json("/text-to-audio", &json!({"text": text})).await.expect(200);
    let pieces = spoken(&ground);
    assert!(pieces.len() > 2, "{} pieces", pieces.len());
    let joined: String = pieces.iter().filter_map(|piece| piece["input"].as_str()).collect();
    assert_eq!(joined, text);
    assert_eq!(sound.text(), "ID3stub-audio".repeat(pieces.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn voices_are_told_by_language() {
    let ground = with_voice("chat").await;
    let path = format!("/apps/{}/text-to-audio/voices", ground.app.id);
    let voices = ground.console.get(&format!("{path}?language=en-US")).await.expect(200).json;
    assert_eq!(voices[0], json!({"name": "Alloy", "value": "alloy"}));
    assert_eq!(ground.console.get(&format!("{path}?language=xx")).await.expect(200).json, json!([]));
    assert_eq!(ground.console.get(&path).await.expect(400).code(), "invalid_param");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_refuses_is_told_before_any_sound() {
    let ground = switched_on("chat").await;
    ground.stub.script("sk-audio", Script::refusal(401, "bad key"));
    let refused = ground.service.post_json("/text-to-audio", &json!({"text": "Hi"})).await.expect(400);
    assert_eq!(refused.code(), "completion_request_error");
    let deaf = said(&ground.service, "/audio-to-text", recording("mp3", 9)).await.expect(400);
    assert_eq!(deaf.code(), "completion_request_error");
}

#[tokio::test(flavor = "multi_thread")]
async fn builders_hear_their_drafts() {
    let ground = with_voice("chat").await;
    let app = ground.console.create_app("workflow", "Speaker").await;
    let graph = json!({"nodes": [{"id": "s", "type": "custom", "data": {"type": "start", "title": "Start", "variables": []}}], "edges": []});
    let features = json!({"text_to_speech": {"enabled": true, "voice": "echo", "language": "en-US"}});
    let _ = save(&ground.console, &app, &json!({"graph": graph, "features": features})).await.expect(200);
    let path = format!("/apps/{}/text-to-audio", app.id);
    let _ = ground.console.post_json(&path, &json!({"text": "From a draft"})).await.expect(200);
    assert_eq!(spoken(&ground)[0]["voice"], "echo");
    let key = ground.console.api_key(&app).await;
    let unpublished = ground.server.service(&key).post_json("/text-to-audio", &json!({"text": "Hi"})).await;
    assert_eq!(unpublished.status, 400, "nothing is published yet");
    let _ = publish(&ground.console, &app).await.expect(200);
    let published = ground.server.service(&key).post_json("/text-to-audio", &json!({"text": "Hi"})).await;
    assert_eq!(published.status, 200, "{}", published.text());
}

/// Everything that was heard, and where the frames of sound stood.
fn heard(transcript: &test_kit::Transcript) -> (String, Vec<String>) {
    let names: Vec<String> = transcript.names().into_iter().map(str::to_owned).collect();
    let sound = transcript.named("tts_message");
    let bytes = sound.iter().flat_map(|frame| STANDARD.decode(frame["audio"].as_str().unwrap()).unwrap()).collect();
    (String::from_utf8(bytes).unwrap(), names)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_spoken_while_they_are_made() {
    let ground = switched_on("chat").await;
    let pieces = ["One. ", "Two. Th", "ree! ", "Four? Fi", "ve. ", "And the rest"];
    ground.stub.script(MODEL, Script::text(&pieces));
    let silent = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert!(silent.named("tts_message").is_empty() && silent.named("tts_message_end").is_empty());

    let speaking = json!({"enabled": true, "voice": "nova", "language": "en-US", "autoPlay": "enabled"});
    ground.configure(json!({"text_to_speech": speaking})).await;
    let spoken_answer = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert_eq!(spoken_answer.answer(), pieces.concat());
    let (sound, names) = heard(&spoken_answer);
    let said = spoken(&ground);
    let joined: String = said.iter().filter_map(|body| body["input"].as_str()).collect();
    assert_eq!(joined, pieces.concat());
    assert_eq!((said[0]["input"].as_str(), &said[0]["voice"]), (Some("One. Two."), &json!("nova")));
    assert_eq!(sound, "ID3stub-audio".repeat(said.len()));
    assert_eq!(names.last().map(String::as_str), Some("tts_message_end"));
    assert_eq!(names.iter().filter(|name| *name == "message_end").count(), 1);
    let last = spoken_answer.only("tts_message_end");
    let end = spoken_answer.only("message_end");
    assert_eq!((&last["audio"], &last["task_id"]), (&json!(""), &end["task_id"]));
    assert_eq!(last["conversation_id"], end["conversation_id"]);

    // One body has no sound in it.
    let _ = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    assert_eq!(spoken(&ground).len(), said.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_on_when_its_voice_fails() {
    let ground = switched_on("chat").await;
    ground.configure(json!({"text_to_speech": {"enabled": true, "autoPlay": "enabled"}})).await;
    ground.stub.script("sk-audio", Script::refusal(500, "hoarse"));
    ground.stub.script(MODEL, Script::text(&["One. Two. ", "Three."]));
    let answer = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert_eq!(answer.answer(), "One. Two. Three.");
    let (sound, names) = heard(&answer);
    assert_eq!((sound.as_str(), names.last().map(String::as_str)), ("", Some("tts_message_end")));
}

#[tokio::test(flavor = "multi_thread")]
async fn chatflows_and_failures_end_with_the_sound() {
    let ground = switched_on("chat").await;
    ground.configure(json!({"text_to_speech": {"enabled": true, "autoPlay": "enabled"}})).await;
    ground.stub.script(MODEL, Script::refusal(400, "no"));
    let failed = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    let (_, names) = heard(&failed);
    assert_eq!(names, ["error", "tts_message_end"]);
    let app = ground.console.create_app("advanced-chat", "Speaker").await;
    let features = json!({"text_to_speech": {"enabled": true, "autoPlay": "enabled", "voice": "echo"}});
    let nodes = json!({"start": {"type": "start", "variables": []}, "answer": {"type": "answer", "answer": "You said: {{#sys.query#}}. Good."}});
    let graph = crate::it::workflow_runs::graph(nodes, &[("start", "source", "answer")]);
    let _ = save(&ground.console, &app, &json!({"graph": graph, "features": features})).await.expect(200);
    let _ = publish(&ground.console, &app).await.expect(200);
    let service = ground.server.service(&ground.console.api_key(&app).await);
    let flow = service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    let (sound, names) = heard(&flow);
    assert!(!sound.is_empty());
    assert_eq!(names.last().map(String::as_str), Some("tts_message_end"));
    let said: String = spoken(&ground).iter().filter_map(|body| body["input"].as_str()).collect();
    assert_eq!(said, "You said: Hi. Good.");
}
