//! What the parts of paths are, and which answers are not 403 or 404.

use controllers_common::auth::Right;
use test_kit::Answer;

/// A part of a path that differs from request to request.
pub(super) enum Part {
    /// An id of something.
    Thing(&'static str),
    /// A name that belongs to nobody.
    Word(&'static str),
}

/// Which app a route is about.
fn app(pattern: &str) -> &'static str {
    if pattern.contains("/advanced-chat/") || pattern.ends_with("/conversation-variables") {
        "chatflow"
    } else if pattern.contains("completion-messages") {
        "completion"
    } else if pattern.contains("/workflow") && !pattern.ends_with("/convert-to-workflow") {
        "workflow"
    } else {
        "chat"
    }
}

/// Which installed app a route is about.
fn installed(pattern: &str) -> &'static str {
    if pattern.contains("/workflows/") {
        "installed_workflow"
    } else if ["/completion-messages", "/more-like-this", "/saved-messages"].iter().any(|part| pattern.contains(part)) {
        "installed_completion"
    } else {
        "installed_chat"
    }
}

/// What that part of that path is; `None` for one that nobody has thought of.
pub(super) fn part(name: &str, pattern: &str) -> Option<Part> {
    Some(match name {
        "{app_id}" if pattern.starts_with("/apps/imports/") => Part::Thing("workflow"),
        "{app_id}" => Part::Thing(app(pattern)),
        "{installed_app_id}" => Part::Thing(installed(pattern)),
        "{conversation_id}" => Part::Thing("conversation"),
        "{annotation_id}" => Part::Thing("annotation"),
        "{setting_id}" => Part::Thing("setting"),
        "{job_id}" if pattern.contains("/annotation-reply/") => Part::Thing("reply_job"),
        "{job_id}" if pattern.starts_with("/datasets/") => Part::Thing("segments_job"),
        "{job_id}" => Part::Thing("annotations_job"),
        "{task_id}" => Part::Thing("task"),
        "{message_id}" => Part::Thing("message"),
        "{import_id}" => Part::Thing("import"),
        "{run_id}" => Part::Thing("run"),
        "{workflow_id}" => Part::Thing("version"),
        "{variable_id}" => Part::Thing("variable"),
        "{form_token}" => Part::Thing("form"),
        "{server_id}" => Part::Thing("server"),
        "{key_id}" if pattern.starts_with("/datasets/{dataset_id}/") => Part::Thing("key_of_dataset"),
        "{key_id}" if pattern.starts_with("/datasets/") => Part::Thing("key_of_datasets"),
        "{key_id}" => Part::Thing("key"),
        "{dataset_id}" => Part::Thing("dataset"),
        "{document_id}" => Part::Thing("document"),
        "{segment_id}" => Part::Thing("segment"),
        "{child_chunk_id}" => Part::Thing("child"),
        "{metadata_id}" => Part::Thing("field"),
        "{batch}" => Part::Thing("batch"),
        "{api_id}" => Part::Thing("api"),
        "{tag_id}" => Part::Thing("tag"),
        "{file_id}" => Part::Thing("file"),
        "{extension_id}" => Part::Thing("extension"),
        "{member_id}" => Part::Thing("member"),
        "{tenant_id}" => Part::Thing("workspace"),
        "{node_id}" => Part::Word("hello"),
        "{container}" => Part::Word("iteration"),
        "{block_type}" => Part::Word("start"),
        "{provider}" => Part::Word("langgenius/openai/openai"),
        "{model_type}" => Part::Word("llm"),
        "{vector_type}" => Part::Word("pgvector"),
        "{icon_type}" => Part::Word("icon_small"),
        "{lang}" => Part::Word("en_US"),
        "{url}" => Part::Word("http%3A%2F%2F127.0.0.1%3A9%2Fa"),
        "{action}" if pattern.contains("/processing/") => Part::Word("pause"),
        "{action}" => Part::Word("disable"),
        _ => return None,
    })
}

/// Routes that answer that there is no such thing in their own way, with the status and why.
const OTHERWISE: [(&str, &str, u16); 18] = [
    // What is not offered to all is nothing.
    ("GET", "/explore/apps/{app_id}", 200),
    // A run that is not there is one without anything.
    ("GET", "/apps/{app_id}/workflow-runs/{run_id}", 200),
    ("GET", "/apps/{app_id}/workflow-runs/{run_id}/node-executions", 200),
    // Whether there is such a task or not: stopping is a wish.
    ("POST", "/apps/{app_id}/chat-messages/{task_id}/stop", 200),
    ("POST", "/apps/{app_id}/completion-messages/{task_id}/stop", 200),
    ("POST", "/apps/{app_id}/workflow-runs/tasks/{task_id}/stop", 200),
    ("POST", "/installed-apps/{installed_app_id}/chat-messages/{task_id}/stop", 200),
    ("POST", "/installed-apps/{installed_app_id}/completion-messages/{task_id}/stop", 200),
    ("POST", "/installed-apps/{installed_app_id}/workflows/tasks/{task_id}/stop", 200),
    // What is not there is neither pinned nor saved.
    ("PATCH", "/installed-apps/{installed_app_id}/conversations/{conversation_id}/unpin", 200),
    ("DELETE", "/installed-apps/{installed_app_id}/saved-messages/{message_id}", 204),
    // The query is looked at first.
    ("GET", "/installed-apps/{installed_app_id}/messages/{message_id}/more-like-this", 400),
    // Imports that are not there have failed.
    ("POST", "/apps/imports/{import_id}/confirm", 400),
    ("GET", "/apps/{app_id}/annotations/batch-import-status/{job_id}", 400),
    ("GET", "/apps/{app_id}/annotation-reply/{action}/status/{job_id}", 400),
    ("GET", "/datasets/batch_import_status/{job_id}", 400),
    // The token is looked at first.
    ("POST", "/workspaces/current/members/{member_id}/owner-transfer", 400),
    ("PUT", "/workspaces/current/members/{member_id}/update-role", 400),
];

pub(super) fn answered_otherwise(method: &str, pattern: &str, answer: &Answer) -> bool {
    OTHERWISE.contains(&(method, pattern, answer.status))
}

/// Writes that name nothing in their path: about the caller alone, or tried with things of others in their bodies.
pub(super) const NAMELESS: &[(&str, &str)] = &[
    ("POST", "/account/name"),
    ("POST", "/account/avatar"),
    ("POST", "/account/interface-language"),
    ("POST", "/account/interface-theme"),
    ("POST", "/account/timezone"),
    ("POST", "/account/password"),
    ("POST", "/account/change-email"),
    ("POST", "/account/change-email/validity"),
    ("POST", "/account/change-email/reset"),
    ("POST", "/account/delete"),
    ("POST", "/workspaces/current"),
    ("POST", "/workspaces/switch"),
    ("POST", "/workspaces/info"),
    ("POST", "/workspaces/custom-config"),
    ("POST", "/workspaces/custom-config/webapp-logo/upload"),
    ("POST", "/workspaces/current/members/invite-email"),
    ("POST", "/workspaces/current/members/send-owner-transfer-confirm-email"),
    ("POST", "/workspaces/current/members/owner-transfer-check"),
    ("POST", "/apps"),
    ("POST", "/apps/imports"),
    ("POST", "/installed-apps"),
    ("POST", "/datasets"),
    ("POST", "/datasets/init"),
    ("POST", "/datasets/indexing-estimate"),
    ("POST", "/datasets/external-knowledge-api"),
    ("POST", "/datasets/external"),
    ("POST", "/datasets/api-keys"),
    ("POST", "/tags"),
    ("POST", "/tag-bindings/create"),
    ("POST", "/tag-bindings/remove"),
    ("POST", "/files/upload"),
    ("POST", "/remote-files/upload"),
    ("POST", "/api-based-extension"),
    ("POST", "/workspaces/current/default-model"),
    ("POST", "/workspaces/current/model-providers/{provider}/models"),
    ("DELETE", "/workspaces/current/model-providers/{provider}/models"),
    ("PATCH", "/workspaces/current/model-providers/{provider}/models/enable"),
    ("PATCH", "/workspaces/current/model-providers/{provider}/models/disable"),
    ("POST", "/workspaces/current/model-providers/{provider}/credentials"),
    ("PUT", "/workspaces/current/model-providers/{provider}/credentials"),
    ("DELETE", "/workspaces/current/model-providers/{provider}/credentials"),
    ("POST", "/workspaces/current/model-providers/{provider}/credentials/switch"),
    ("POST", "/workspaces/current/model-providers/{provider}/credentials/validate"),
    ("POST", "/workspaces/current/model-providers/{provider}/models/credentials"),
    ("PUT", "/workspaces/current/model-providers/{provider}/models/credentials"),
    ("DELETE", "/workspaces/current/model-providers/{provider}/models/credentials"),
    ("POST", "/workspaces/current/model-providers/{provider}/models/credentials/switch"),
    ("POST", "/workspaces/current/model-providers/{provider}/models/credentials/validate"),
    ("POST", "/workspaces/current/model-providers/{provider}/preferred-provider-type"),
    ("POST", "/workspaces/current/plugin/preferences/change"),
    ("POST", "/workspaces/current/plugin/preferences/autoupgrade/exclude"),
    ("POST", "/workspaces/current/plugin/permission/change"),
    ("POST", "/workspaces/current/plugin/list/installations/ids"),
    ("POST", "/workspaces/current/plugin/list/latest-versions"),
];

/// What handlers ask of members, beside what the gate does.
pub(super) const IN_ADDITION: &[(&str, &str, Right)] =
    &[("POST", "/workspaces/current/members/invite-email", Right::Admin)];

pub(super) fn asked_in_addition(method: &str, pattern: &str) -> Option<Right> {
    let found = IN_ADDITION.iter().find(|(m, p, _)| (*m, *p) == (method, pattern));
    found.map(|(_, _, right)| *right)
}
