//! Bodies that are right, and such that name things of another workspace.

use serde_json::{Value, json};
use test_kit::Console;

use super::things::Things;
use crate::it::ground::MODEL;

const COMPATIBLE: &str = "langgenius/openai_api_compatible/openai_api_compatible";
const OPENAI: &str = "langgenius/openai/openai";

/// What a route takes, so that it gets as far as the things in its path.
pub(super) fn right(own: &Things, method: &str, pattern: &str) -> Value {
    let end = pattern.rsplit('/').next().unwrap_or_default();
    match (method, end) {
        ("POST", "{form_token}") => json!({"inputs": {"note": "n", "more": "m"}, "action": "yes"}),
        ("POST", "invite-email") => json!({"emails": ["invited@example.com"], "role": "normal"}),
        ("POST", "owner-transfer") => json!({"token": "t"}),
        ("PUT", "update-role") => json!({"role": "normal"}),
        ("PATCH", "{workflow_id}") => json!({"marked_name": "Mine"}),
        ("PATCH", "{variable_id}") => json!({"value": "Mine"}),
        ("POST", "{extension_id}") => {
            json!({"name": "Mine", "api_endpoint": "http://127.0.0.1:9/", "api_key": "mine-1"})
        }
        ("POST", "run") => json!({"inputs": {}}),
        _ if pattern.starts_with("/tags") => json!({"name": "Mine"}),
        _ => {
            let sample = own.holdings.sample(own.id("message"), &method.parse().unwrap(), pattern);
            sample.unwrap_or_else(|| json!({}))
        }
    }
}

/// A request for something of one's own that names something of another workspace.
pub(super) struct Reach {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Value,
    /// Which statuses are right.
    pub(super) answers: &'static [u16],
}

const REFUSED: &[u16] = &[403, 404];
/// Said to be wrong, where a thing of nobody is, too.
const WRONG: &[u16] = &[400, 404];
/// Passed over.
const IGNORED: &[u16] = &[200, 204];

#[rustfmt::skip]
pub(super) fn reaches(own: &Things, theirs: &Things) -> Vec<Reach> {
    let of = |method: &'static str, path: String, body: Value, answers: &'static [u16]| Reach { method, path, body, answers };
    let app = format!("/apps/{}", own.id("chat"));
    let workflow = format!("/apps/{}", own.id("workflow"));
    let dataset = format!("/datasets/{}", own.id("dataset"));
    let openai = format!("/workspaces/current/model-providers/{OPENAI}");
    let compatible = format!("/workspaces/current/model-providers/{COMPATIBLE}");
    let config = Console::model_config("chat", COMPATIBLE, MODEL);
    let mut with_their_dataset = config.clone();
    with_their_dataset["dataset_configs"]["datasets"]["datasets"] = json!([{"dataset": {"enabled": true, "id": theirs.id("dataset")}}]);
    let tagged = |tag: &Things, target: &Things| json!({"tag_ids": [tag.id("tag")], "tag_id": tag.id("tag"), "target_id": target.id("chat"), "type": "app"});
    let of_model = |more: Value| {
        let mut body = json!({"model": MODEL, "model_type": "llm", "credential_id": theirs.id("model_credential"), "name": "Mine"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let picture = |more: Value| {
        let mut body = json!({"name": "Mine", "mode": "chat", "icon_type": "image", "icon": theirs.id("file"), "icon_background": "#FFF"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let files = json!([{"type": "document", "transfer_method": "local_file", "upload_file_id": theirs.id("file")}]);
    let yaml = format!("version: 0.5.0\nkind: app\napp: {{mode: workflow, name: Mine, icon_type: image, icon: {}}}\nworkflow: {{graph: {{nodes: [], edges: []}}, features: {{}}}}\n", theirs.id("file"));
    vec![
        // Messages and what hangs on them.
        of("POST", format!("{app}/chat-messages"), json!({"inputs": {}, "query": "Hi", "conversation_id": theirs.id("conversation"), "model_config": config}), REFUSED),
        of("POST", format!("{app}/chat-messages"), json!({"inputs": {}, "query": "Hi", "parent_message_id": theirs.id("message"), "conversation_id": own.id("conversation"), "model_config": config}), &[200, 400, 404]),
        of("POST", format!("{app}/chat-messages"), json!({"inputs": {}, "query": "Hi", "files": files, "model_config": config}), &[200, 400, 404]),
        of("POST", format!("{app}/chat-messages"), json!({"inputs": {}, "query": "foxes", "model_config": with_their_dataset}), &[200, 400, 404]),
        of("GET", format!("{app}/chat-messages?conversation_id={}", theirs.id("conversation")), Value::Null, REFUSED),
        of("GET", format!("{app}/conversation-variables?conversation_id={}", theirs.id("conversation")), Value::Null, &[200, 400, 404]),
        of("POST", format!("{app}/feedbacks"), json!({"message_id": theirs.id("message"), "rating": "like"}), REFUSED),
        of("POST", format!("{app}/annotations"), json!({"message_id": theirs.id("message"), "question": "Q", "answer": "A"}), REFUSED),
        of("DELETE", format!("{app}/annotations?annotation_id={}", theirs.id("annotation")), Value::Null, IGNORED),
        of("POST", format!("{app}/text-to-audio"), json!({"message_id": theirs.id("message"), "text": "", "voice": ""}), WRONG),
        // Apps.
        of("POST", format!("{app}/model-config"), with_their_dataset.clone(), &[200, 400, 404]),
        of("PUT", format!("{app}/server"), json!({"id": theirs.id("server"), "description": "Mine", "parameters": {}, "status": "inactive"}), REFUSED),
        of("POST", "/apps/imports".to_owned(), json!({"mode": "yaml-content", "yaml_content": yaml, "app_id": theirs.id("workflow")}), WRONG),
        of("POST", "/apps/imports".to_owned(), json!({"mode": "yaml-content", "yaml_content": yaml}), &[200]),
        of("POST", "/apps/imports".to_owned(), json!({"mode": "yaml-content", "yaml_content": yaml, "app_id": own.id("workflow")}), &[200]),
        of("GET", format!("{workflow}/export?workflow_id={}", theirs.id("version")), Value::Null, REFUSED),
        of("GET", format!("{workflow}/workflow-runs?last_id={}", theirs.id("run")), Value::Null, &[200, 400, 404]),
        of("POST", format!("{workflow}/workflows/draft/run"), json!({"inputs": {"name": "x"}, "files": files}), &[200, 400, 404]),
        // Pictures: a link to one is signed for whoever sees it.
        of("POST", "/apps".to_owned(), picture(json!({})), WRONG),
        of("PUT", app.clone(), picture(json!({})), WRONG),
        of("POST", format!("{app}/copy"), picture(json!({})), WRONG),
        of("POST", format!("{app}/convert-to-workflow"), picture(json!({})), WRONG),
        of("POST", format!("{app}/site"), picture(json!({})), WRONG),
        of("POST", "/account/avatar".to_owned(), json!({"avatar": theirs.id("file")}), WRONG),
        of("POST", "/account/avatar".to_owned(), json!({"avatar": format!("{}|9999999999|0", theirs.id("file"))}), WRONG),
        of("POST", "/workspaces/custom-config".to_owned(), json!({"replace_webapp_logo": theirs.id("file")}), &[400, 403, 404]),
        // Tags.
        of("POST", "/tag-bindings/create".to_owned(), tagged(theirs, own), IGNORED),
        of("POST", "/tag-bindings/create".to_owned(), tagged(own, theirs), REFUSED),
        of("POST", "/tag-bindings/create".to_owned(), tagged(theirs, theirs), REFUSED),
        of("POST", "/tag-bindings/remove".to_owned(), tagged(theirs, theirs), &[200, 404]),
        of("GET", format!("/apps?tag_ids={}&page=1&limit=20", theirs.id("tag")), Value::Null, &[200]),
        of("GET", format!("/datasets?ids={}&tag_ids={}", theirs.id("dataset"), theirs.id("tag")), Value::Null, &[200]),
        // Knowledge.
        of("GET", format!("/datasets/process-rule?document_id={}", theirs.id("document")), Value::Null, REFUSED),
        of("POST", "/datasets/external".to_owned(), json!({"external_knowledge_api_id": theirs.id("api"), "external_knowledge_id": "k", "name": "Mine"}), REFUSED),
        of("PATCH", dataset.clone(), json!({"permission": "partial_members", "partial_member_list": [{"user_id": theirs.id("member")}]}), IGNORED),
        of("POST", format!("{dataset}/documents/{}/segments/batch_import", own.id("document")), json!({"upload_file_id": theirs.id("file")}), WRONG),
        of("POST", format!("{dataset}/documents/metadata"), json!({"operation_data": [{"document_id": theirs.id("document"), "metadata_list": []}]}), REFUSED),
        of("POST", format!("{dataset}/documents/metadata"), json!({"operation_data": [{"document_id": own.id("document"), "metadata_list": [{"id": theirs.id("field"), "name": "author", "value": "x"}]}]}), WRONG),
        // Credentials.
        of("GET", format!("{openai}/credentials?credential_id={}", theirs.id("credential")), Value::Null, REFUSED),
        of("PUT", format!("{openai}/credentials"), json!({"credential_id": theirs.id("credential"), "credentials": {"openai_api_key": "[__HIDDEN__]"}}), REFUSED),
        of("POST", format!("{openai}/credentials/switch"), json!({"credential_id": theirs.id("credential")}), REFUSED),
        of("DELETE", format!("{openai}/credentials"), json!({"credential_id": theirs.id("credential")}), REFUSED),
        of("DELETE", format!("{compatible}/models/credentials"), of_model(json!({})), REFUSED),
        of("GET", format!("{compatible}/models/credentials?model={MODEL}&model_type=llm&credential_id={}", theirs.id("model_credential")), Value::Null, REFUSED),
        of("PUT", format!("{compatible}/models/credentials"), of_model(json!({"credentials": {"api_key": "[__HIDDEN__]"}})), REFUSED),
        of("POST", format!("{compatible}/models/credentials/switch"), of_model(json!({})), REFUSED),
        of("POST", format!("{compatible}/models"), of_model(json!({"config_from": "custom-model"})), REFUSED),
        // The workspace.
        of("POST", "/workspaces/switch".to_owned(), json!({"tenant_id": theirs.id("workspace")}), &[400, 403, 404]),
    ]
}
