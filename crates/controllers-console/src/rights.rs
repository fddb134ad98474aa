//! Which right each route needs. The gate looks here; a test compares this table with the mounted routes and with the
//! OpenAPI document.

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::http::Method;
use controllers_common::auth::Right;

use crate::routes::PREFIX;

/// A method, a path below the prefix, and the right that the route needs.
#[rustfmt::skip]
pub const ROUTES: &[(&str, &str, Right)] = &[
    // boot.rs
    ("GET", "/ping", Right::Public),
    ("GET", "/setup", Right::Public),
    ("POST", "/setup", Right::Public),
    ("GET", "/init", Right::Public),
    ("POST", "/init", Right::Public),
    ("GET", "/system-features", Right::Public),
    ("GET", "/features", Right::Member),
    ("GET", "/version", Right::Public),
    ("GET", "/spec/schema-definitions", Right::Member),
    ("GET", "/code-based-extension", Right::Member),
    // session.rs
    ("POST", "/login", Right::SetUp),
    ("POST", "/logout", Right::SetUp),
    ("POST", "/refresh-token", Right::Public),
    // oauth.rs
    ("GET", "/oauth/login/{provider}", Right::Public),
    ("GET", "/oauth/authorize/{provider}", Right::Public),
    // account.rs
    ("GET", "/account/profile", Right::Member),
    ("POST", "/account/init", Right::Newcomer),
    ("POST", "/account/name", Right::Member),
    ("POST", "/account/avatar", Right::Member),
    ("POST", "/account/interface-language", Right::Member),
    ("POST", "/account/interface-theme", Right::Member),
    ("POST", "/account/timezone", Right::Member),
    ("POST", "/account/password", Right::Member),
    ("GET", "/account/integrates", Right::Member),
    // workspaces.rs
    ("GET", "/workspaces", Right::Member),
    ("POST", "/workspaces/current", Right::Member),
    ("POST", "/workspaces/switch", Right::Member),
    ("POST", "/workspaces/info", Right::Member),
    ("GET", "/all-workspaces", Right::AdminKey),
    // custom_config.rs
    ("POST", "/workspaces/custom-config", Right::Member),
    ("POST", "/workspaces/custom-config/webapp-logo/upload", Right::Member),
    // members.rs
    ("GET", "/workspaces/current/members", Right::Member),
    ("GET", "/workspaces/current/dataset-operators", Right::Member),
    ("DELETE", "/workspaces/current/members/{member_id}", Right::Owner),
    ("PUT", "/workspaces/current/members/{member_id}/update-role", Right::Owner),
    // audit_log.rs
    ("GET", "/workspaces/current/audit-log", Right::Admin),
    // password_reset.rs
    ("POST", "/forgot-password", Right::SetUp),
    ("POST", "/reset-password", Right::SetUp),
    ("POST", "/forgot-password/validity", Right::SetUp),
    ("POST", "/forgot-password/resets", Right::SetUp),
    // code_login.rs
    ("POST", "/email-code-login", Right::SetUp),
    ("POST", "/email-code-login/validity", Right::SetUp),
    // registration.rs
    ("POST", "/email-register/send-email", Right::SetUp),
    ("POST", "/email-register/validity", Right::SetUp),
    ("POST", "/email-register", Right::SetUp),
    // invitations.rs
    ("POST", "/workspaces/current/members/invite-email", Right::Member),
    ("GET", "/activate/check", Right::Public),
    ("POST", "/activate", Right::Public),
    // email_change.rs
    ("POST", "/account/change-email", Right::Member),
    ("POST", "/account/change-email/validity", Right::Member),
    ("POST", "/account/change-email/reset", Right::Member),
    ("POST", "/account/change-email/check-email-unique", Right::SetUp),
    // owner_transfer.rs
    ("POST", "/workspaces/current/members/send-owner-transfer-confirm-email", Right::Member),
    ("POST", "/workspaces/current/members/owner-transfer-check", Right::Member),
    ("POST", "/workspaces/current/members/{member_id}/owner-transfer", Right::Member),
    // account_deletion.rs
    ("GET", "/account/delete/verify", Right::Member),
    ("POST", "/account/delete", Right::Member),
    ("POST", "/account/delete/feedback", Right::SetUp),
    // apps.rs
    ("GET", "/apps", Right::Member),
    ("POST", "/apps", Right::Editor),
    ("GET", "/apps/{app_id}", Right::Member),
    ("PUT", "/apps/{app_id}", Right::Editor),
    ("DELETE", "/apps/{app_id}", Right::Editor),
    ("POST", "/apps/{app_id}/copy", Right::Editor),
    ("POST", "/apps/{app_id}/name", Right::Editor),
    ("POST", "/apps/{app_id}/icon", Right::Editor),
    ("POST", "/apps/{app_id}/site-enable", Right::Editor),
    ("POST", "/apps/{app_id}/api-enable", Right::Admin),
    ("POST", "/apps/{app_id}/site", Right::Editor),
    ("POST", "/apps/{app_id}/site/access-token-reset", Right::Admin),
    ("POST", "/apps/{app_id}/model-config", Right::Editor),
    ("GET", "/apps/{app_id}/annotation-setting", Right::Editor),
    // annotations.rs
    ("GET", "/apps/{app_id}/annotations/count", Right::Member),
    ("GET", "/apps/{app_id}/annotations", Right::Editor),
    ("POST", "/apps/{app_id}/annotations", Right::Editor),
    ("DELETE", "/apps/{app_id}/annotations", Right::Editor),
    ("POST", "/apps/{app_id}/annotations/{annotation_id}", Right::Editor),
    ("DELETE", "/apps/{app_id}/annotations/{annotation_id}", Right::Editor),
    ("GET", "/apps/{app_id}/annotations/export", Right::Editor),
    ("POST", "/apps/{app_id}/annotations/batch-import", Right::Editor),
    ("GET", "/apps/{app_id}/annotations/batch-import-status/{job_id}", Right::Editor),
    ("GET", "/apps/{app_id}/annotations/{annotation_id}/hit-histories", Right::Editor),
    // annotation_reply.rs
    ("POST", "/apps/{app_id}/annotation-settings/{setting_id}", Right::Editor),
    ("POST", "/apps/{app_id}/annotation-reply/{action}", Right::Editor),
    ("GET", "/apps/{app_id}/annotation-reply/{action}/status/{job_id}", Right::Editor),
    // prompt_templates.rs
    ("GET", "/app/prompt-templates", Right::Member),
    // debug_chat.rs
    ("POST", "/apps/{app_id}/chat-messages", Right::Editor),
    ("POST", "/apps/{app_id}/chat-messages/{task_id}/stop", Right::Member),
    // debug_completion.rs
    ("POST", "/apps/{app_id}/audio-to-text", Right::Member),
    ("POST", "/apps/{app_id}/text-to-audio", Right::Member),
    ("GET", "/apps/{app_id}/text-to-audio/voices", Right::Member),
    ("POST", "/apps/{app_id}/completion-messages", Right::Member),
    ("POST", "/apps/{app_id}/completion-messages/{task_id}/stop", Right::Member),
    // debug_messages.rs
    ("GET", "/apps/{app_id}/chat-messages", Right::Editor),
    ("GET", "/apps/{app_id}/chat-messages/{message_id}/suggested-questions", Right::Member),
    ("GET", "/apps/{app_id}/messages/{message_id}", Right::Member),
    ("POST", "/apps/{app_id}/feedbacks", Right::Member),
    // explore.rs
    ("GET", "/explore/apps", Right::Member),
    ("GET", "/explore/apps/{app_id}", Right::Member),
    ("GET", "/explore/banners", Right::Member),
    // installed_apps.rs
    ("GET", "/installed-apps", Right::Member),
    ("POST", "/installed-apps", Right::Member),
    ("PATCH", "/installed-apps/{installed_app_id}", Right::Member),
    ("DELETE", "/installed-apps/{installed_app_id}", Right::Member),
    ("GET", "/installed-apps/{installed_app_id}/parameters", Right::Member),
    ("GET", "/installed-apps/{installed_app_id}/meta", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/chat-messages", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/chat-messages/{task_id}/stop", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/completion-messages", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/completion-messages/{task_id}/stop", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/workflows/run", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/workflows/tasks/{task_id}/stop", Right::Member),
    ("GET", "/installed-apps/{installed_app_id}/conversations", Right::Member),
    ("DELETE", "/installed-apps/{installed_app_id}/conversations/{conversation_id}", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/conversations/{conversation_id}/name", Right::Member),
    ("PATCH", "/installed-apps/{installed_app_id}/conversations/{conversation_id}/pin", Right::Member),
    ("PATCH", "/installed-apps/{installed_app_id}/conversations/{conversation_id}/unpin", Right::Member),
    ("GET", "/installed-apps/{installed_app_id}/messages", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/messages/{message_id}/feedbacks", Right::Member),
    ("GET", "/installed-apps/{installed_app_id}/messages/{message_id}/more-like-this", Right::Member),
    ("GET", "/installed-apps/{installed_app_id}/messages/{message_id}/suggested-questions", Right::Member),
    ("GET", "/installed-apps/{installed_app_id}/saved-messages", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/saved-messages", Right::Member),
    ("DELETE", "/installed-apps/{installed_app_id}/saved-messages/{message_id}", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/audio-to-text", Right::Member),
    ("POST", "/installed-apps/{installed_app_id}/text-to-audio", Right::Member),
    // app_files.rs
    ("GET", "/apps/{app_id}/export", Right::Editor),
    ("POST", "/apps/imports", Right::Editor),
    ("POST", "/apps/imports/{import_id}/confirm", Right::Editor),
    ("GET", "/apps/imports/{app_id}/check-dependencies", Right::Editor),
    ("POST", "/apps/{app_id}/convert-to-workflow", Right::Editor),
    // workflows.rs
    ("GET", "/apps/{app_id}/workflows/draft", Right::Editor),
    ("POST", "/apps/{app_id}/workflows/draft", Right::Editor),
    ("POST", "/apps/{app_id}/workflows/draft/run", Right::Editor),
    ("POST", "/apps/{app_id}/workflows/draft/nodes/{node_id}/run", Right::Editor),
    ("GET", "/apps/{app_id}/workflows/draft/nodes/{node_id}/last-run", Right::Member),
    ("POST", "/apps/{app_id}/workflows/draft/{container}/nodes/{node_id}/run", Right::Editor),
    ("POST", "/apps/{app_id}/advanced-chat/workflows/draft/run", Right::Editor),
    ("POST", "/apps/{app_id}/advanced-chat/workflows/draft/{container}/nodes/{node_id}/run", Right::Editor),
    ("GET", "/apps/{app_id}/workflow-runs", Right::Member),
    ("GET", "/apps/{app_id}/workflow-runs/count", Right::Member),
    ("POST", "/apps/{app_id}/workflow-runs/tasks/{task_id}/stop", Right::Editor),
    ("GET", "/apps/{app_id}/workflow-runs/{run_id}", Right::Member),
    ("GET", "/apps/{app_id}/workflow-runs/{run_id}/node-executions", Right::Member),
    ("GET", "/apps/{app_id}/advanced-chat/workflow-runs", Right::Member),
    ("GET", "/apps/{app_id}/advanced-chat/workflow-runs/count", Right::Member),
    ("GET", "/apps/{app_id}/workflow-app-logs", Right::Member),
    ("GET", "/apps/{app_id}/workflows/publish", Right::Editor),
    ("POST", "/apps/{app_id}/workflows/publish", Right::Editor),
    ("GET", "/apps/{app_id}/workflows", Right::Editor),
    ("PATCH", "/apps/{app_id}/workflows/{workflow_id}", Right::Editor),
    ("DELETE", "/apps/{app_id}/workflows/{workflow_id}", Right::Editor),
    ("POST", "/apps/{app_id}/workflows/{workflow_id}/restore", Right::Editor),
    ("GET", "/apps/{app_id}/workflows/default-workflow-block-configs", Right::Editor),
    ("GET", "/apps/{app_id}/workflows/default-workflow-block-configs/{block_type}", Right::Editor),
    ("GET", "/apps/{app_id}/workflows/draft/variables", Right::Editor),
    ("DELETE", "/apps/{app_id}/workflows/draft/variables", Right::Editor),
    ("GET", "/apps/{app_id}/workflows/draft/nodes/{node_id}/variables", Right::Editor),
    ("DELETE", "/apps/{app_id}/workflows/draft/nodes/{node_id}/variables", Right::Editor),
    ("GET", "/apps/{app_id}/workflows/draft/conversation-variables", Right::Editor),
    ("GET", "/apps/{app_id}/workflows/draft/system-variables", Right::Editor),
    ("GET", "/apps/{app_id}/workflows/draft/environment-variables", Right::Editor),
    ("GET", "/apps/{app_id}/workflows/draft/variables/{variable_id}", Right::Editor),
    ("PATCH", "/apps/{app_id}/workflows/draft/variables/{variable_id}", Right::Editor),
    ("DELETE", "/apps/{app_id}/workflows/draft/variables/{variable_id}", Right::Editor),
    ("PUT", "/apps/{app_id}/workflows/draft/variables/{variable_id}/reset", Right::Editor),
    ("GET", "/apps/{app_id}/conversation-variables", Right::Member),
    ("GET", "/apps/{app_id}/workflow-archived-logs", Right::Member),
    ("GET", "/apps/{app_id}/workflow-runs/{run_id}/export", Right::Member),
    // human_forms.rs
    ("GET", "/form/human_input/{form_token}", Right::Editor),
    ("POST", "/form/human_input/{form_token}", Right::Editor),
    // api_keys.rs
    ("GET", "/apps/{app_id}/api-keys", Right::Member),
    ("POST", "/apps/{app_id}/api-keys", Right::Editor),
    ("DELETE", "/apps/{app_id}/api-keys/{key_id}", Right::Admin),
    // call_rules.rs
    ("GET", "/apps/{app_id}/call-rules", Right::Member),
    ("PUT", "/apps/{app_id}/call-rules", Right::Admin),
    ("POST", "/apps/{app_id}/call-rules/signing-secret", Right::Admin),
    ("DELETE", "/apps/{app_id}/call-rules/signing-secret", Right::Admin),
    ("GET", "/datasets/api-keys", Right::Member),
    ("POST", "/datasets/api-keys", Right::Admin),
    ("DELETE", "/datasets/api-keys/{key_id}", Right::Admin),
    ("GET", "/datasets/{dataset_id}/api-keys", Right::Member),
    ("POST", "/datasets/{dataset_id}/api-keys", Right::Editor),
    ("DELETE", "/datasets/{dataset_id}/api-keys/{key_id}", Right::Admin),
    // callback_secret.rs
    ("GET", "/apps/{app_id}/callback-secret", Right::Editor),
    // mcp_server.rs
    ("GET", "/apps/{app_id}/server", Right::Member),
    ("POST", "/apps/{app_id}/server", Right::Editor),
    ("PUT", "/apps/{app_id}/server", Right::Editor),
    ("GET", "/apps/{server_id}/server/refresh", Right::Editor),
    // datasets/settings.rs
    ("GET", "/datasets/retrieval-setting", Right::Member),
    ("GET", "/datasets/retrieval-setting/{vector_type}", Right::Member),
    ("GET", "/datasets/api-base-info", Right::Member),
    // external_hits.rs
    ("POST", "/datasets/{dataset_id}/external-hit-testing", Right::Member),
    ("GET", "/datasets/process-rule", Right::Member),
    // datasets/list.rs
    ("GET", "/datasets", Right::Member),
    ("GET", "/datasets/{dataset_id}", Right::Member),
    // datasets/write.rs
    ("POST", "/datasets", Right::DatasetEditor),
    ("PATCH", "/datasets/{dataset_id}", Right::DatasetEditor),
    ("DELETE", "/datasets/{dataset_id}", Right::DatasetEditor),
    ("POST", "/datasets/{dataset_id}/api-keys/{action}", Right::Member),
    // datasets/relations.rs
    ("GET", "/datasets/{dataset_id}/use-check", Right::Member),
    ("GET", "/datasets/{dataset_id}/related-apps", Right::Member),
    ("GET", "/datasets/{dataset_id}/permission-part-users", Right::Member),
    ("GET", "/datasets/{dataset_id}/auto-disable-logs", Right::Member),
    // datasets/hits.rs
    ("POST", "/datasets/{dataset_id}/hit-testing", Right::Member),
    ("GET", "/datasets/{dataset_id}/queries", Right::Member),
    // datasets/indexing.rs
    ("GET", "/datasets/{dataset_id}/indexing-status", Right::Member),
    ("GET", "/datasets/{dataset_id}/error-docs", Right::Member),
    ("GET", "/datasets/{dataset_id}/batch/{batch}/indexing-status", Right::Member),
    ("GET", "/datasets/{dataset_id}/documents/{document_id}/indexing-status", Right::Member),
    ("PATCH", "/datasets/{dataset_id}/documents/{document_id}/processing/{action}", Right::Member),
    ("POST", "/datasets/{dataset_id}/retry", Right::Member),
    // datasets/documents.rs
    ("GET", "/datasets/{dataset_id}/documents", Right::Member),
    ("DELETE", "/datasets/{dataset_id}/documents", Right::Member),
    ("PATCH", "/datasets/{dataset_id}/documents/status/{action}/batch", Right::DatasetEditor),
    ("GET", "/datasets/{dataset_id}/documents/{document_id}", Right::Member),
    ("DELETE", "/datasets/{dataset_id}/documents/{document_id}", Right::Member),
    ("POST", "/datasets/{dataset_id}/documents/{document_id}/rename", Right::DatasetEditor),
    ("PUT", "/datasets/{dataset_id}/documents/{document_id}/metadata", Right::DatasetEditor),
    // datasets/add.rs
    ("POST", "/datasets/init", Right::DatasetEditor),
    ("POST", "/datasets/{dataset_id}/documents", Right::DatasetEditor),
    // datasets/estimate.rs
    ("POST", "/datasets/indexing-estimate", Right::Member),
    ("GET", "/datasets/{dataset_id}/batch/{batch}/indexing-estimate", Right::Member),
    ("GET", "/datasets/{dataset_id}/documents/{document_id}/indexing-estimate", Right::Member),
    // datasets/downloads.rs
    ("GET", "/datasets/{dataset_id}/documents/{document_id}/download", Right::Member),
    ("POST", "/datasets/{dataset_id}/documents/download-zip", Right::Member),
    // datasets/summaries.rs
    ("POST", "/datasets/{dataset_id}/documents/generate-summary", Right::DatasetEditor),
    ("GET", "/datasets/{dataset_id}/documents/{document_id}/summary-status", Right::Member),
    // datasets/sources.rs
    ("GET", "/datasets/{dataset_id}/documents/{document_id}/website-sync", Right::Member),
    ("GET", "/datasets/{dataset_id}/documents/{document_id}/notion/sync", Right::Member),
    ("GET", "/datasets/{dataset_id}/notion/sync", Right::Member),
    ("GET", "/datasets/{dataset_id}/documents/{document_id}/pipeline-execution-log", Right::Member),
    // datasets/segments.rs
    ("GET", "/datasets/{dataset_id}/documents/{document_id}/segments", Right::Member),
    ("DELETE", "/datasets/{dataset_id}/documents/{document_id}/segments", Right::DatasetEditor),
    ("POST", "/datasets/{dataset_id}/documents/{document_id}/segment", Right::DatasetEditor),
    ("PATCH", "/datasets/{dataset_id}/documents/{document_id}/segment/{action}", Right::DatasetEditor),
    ("PATCH", "/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}", Right::DatasetEditor),
    ("DELETE", "/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}", Right::DatasetEditor),
    // datasets/children.rs
    ("GET", "/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks", Right::Member),
    ("POST", "/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks", Right::DatasetEditor),
    ("PATCH", "/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks", Right::DatasetEditor),
    ("PATCH", "/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks/{child_chunk_id}", Right::DatasetEditor),
    ("DELETE", "/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks/{child_chunk_id}", Right::DatasetEditor),
    // external_knowledge.rs
    ("GET", "/datasets/external-knowledge-api", Right::Member),
    ("POST", "/datasets/external-knowledge-api", Right::DatasetEditor),
    ("GET", "/datasets/external-knowledge-api/{api_id}", Right::Member),
    ("PATCH", "/datasets/external-knowledge-api/{api_id}", Right::Member),
    ("DELETE", "/datasets/external-knowledge-api/{api_id}", Right::Editor),
    ("GET", "/datasets/external-knowledge-api/{api_id}/use-check", Right::Member),
    ("POST", "/datasets/external", Right::Editor),
    // segment_import.rs
    ("POST", "/datasets/{dataset_id}/documents/{document_id}/segments/batch_import", Right::DatasetEditor),
    ("GET", "/datasets/batch_import_status/{job_id}", Right::Member),
    // dataset_metadata.rs
    ("GET", "/datasets/metadata/built-in", Right::Member),
    ("GET", "/datasets/{dataset_id}/metadata", Right::Member),
    ("POST", "/datasets/{dataset_id}/metadata", Right::Member),
    ("PATCH", "/datasets/{dataset_id}/metadata/{metadata_id}", Right::Member),
    ("DELETE", "/datasets/{dataset_id}/metadata/{metadata_id}", Right::Member),
    ("POST", "/datasets/{dataset_id}/metadata/built-in/{action}", Right::Member),
    ("POST", "/datasets/{dataset_id}/documents/metadata", Right::Member),
    // tags.rs
    ("GET", "/tags", Right::Member),
    ("POST", "/tags", Right::DatasetEditor),
    ("PATCH", "/tags/{tag_id}", Right::DatasetEditor),
    ("DELETE", "/tags/{tag_id}", Right::Editor),
    ("POST", "/tag-bindings/create", Right::DatasetEditor),
    ("POST", "/tag-bindings/remove", Right::DatasetEditor),
    // files.rs
    ("GET", "/files/upload", Right::Member),
    ("GET", "/files/support-type", Right::Member),
    ("GET", "/files/{file_id}/preview", Right::Member),
    // files_upload.rs
    ("POST", "/files/upload", Right::Member),
    // remote_files.rs
    ("GET", "/remote-files/{url}", Right::Public),
    ("POST", "/remote-files/upload", Right::Member),
    // api_extensions.rs
    ("GET", "/api-based-extension", Right::Member),
    ("POST", "/api-based-extension", Right::Member),
    ("GET", "/api-based-extension/{extension_id}", Right::Member),
    ("POST", "/api-based-extension/{extension_id}", Right::Member),
    ("DELETE", "/api-based-extension/{extension_id}", Right::Member),
    // providers.rs
    ("GET", "/workspaces/current/model-providers", Right::Member),
    ("GET", "/workspaces/current/model-providers/{provider}/models", Right::Member),
    ("POST", "/workspaces/current/model-providers/{provider}/models", Right::Admin),
    ("DELETE", "/workspaces/current/model-providers/{provider}/models", Right::Admin),
    ("PATCH", "/workspaces/current/model-providers/{provider}/models/enable", Right::Member),
    ("PATCH", "/workspaces/current/model-providers/{provider}/models/disable", Right::Member),
    ("GET", "/workspaces/current/model-providers/{provider}/models/parameter-rules", Right::Member),
    ("GET", "/workspaces/current/model-providers/{provider}/credentials", Right::Member),
    ("POST", "/workspaces/current/model-providers/{provider}/credentials", Right::Admin),
    ("PUT", "/workspaces/current/model-providers/{provider}/credentials", Right::Admin),
    ("DELETE", "/workspaces/current/model-providers/{provider}/credentials", Right::Admin),
    ("POST", "/workspaces/current/model-providers/{provider}/credentials/switch", Right::Admin),
    ("POST", "/workspaces/current/model-providers/{provider}/credentials/validate", Right::Member),
    ("GET", "/workspaces/current/model-providers/{provider}/models/credentials", Right::Member),
    ("POST", "/workspaces/current/model-providers/{provider}/models/credentials", Right::Admin),
    ("PUT", "/workspaces/current/model-providers/{provider}/models/credentials", Right::Admin),
    ("DELETE", "/workspaces/current/model-providers/{provider}/models/credentials", Right::Admin),
    ("POST", "/workspaces/current/model-providers/{provider}/models/credentials/switch", Right::Admin),
    ("POST", "/workspaces/current/model-providers/{provider}/models/credentials/validate", Right::Member),
    ("POST", "/workspaces/current/model-providers/{provider}/preferred-provider-type", Right::Admin),
    ("GET", "/workspaces/current/models/model-types/{model_type}", Right::Member),
    ("GET", "/workspaces/current/default-model", Right::Member),
    ("POST", "/workspaces/current/default-model", Right::Admin),
    ("GET", "/workspaces/{tenant_id}/model-providers/{provider}/{icon_type}/{lang}", Right::Public),
    // data_sources.rs
    ("GET", "/auth/plugin/datasource/list", Right::Member),
    ("GET", "/auth/plugin/datasource/default-list", Right::Member),
    ("GET", "/data-source/integrates", Right::Member),
    ("GET", "/api-key-auth/data-source", Right::Member),
    ("GET", "/rag/pipeline/templates", Right::Member),
    // plugins.rs
    ("GET", "/workspaces/current/plugin/preferences/fetch", Right::Member),
    ("POST", "/workspaces/current/plugin/preferences/change", Right::Admin),
    ("POST", "/workspaces/current/plugin/preferences/autoupgrade/exclude", Right::Member),
    ("GET", "/workspaces/current/plugin/permission/fetch", Right::Member),
    ("POST", "/workspaces/current/plugin/permission/change", Right::Admin),
    ("GET", "/workspaces/current/plugin/tasks", Right::Member),
    ("GET", "/workspaces/current/plugin/list", Right::Member),
    ("POST", "/workspaces/current/plugin/list/installations/ids", Right::Member),
    ("POST", "/workspaces/current/plugin/list/latest-versions", Right::Member),
    ("GET", "/workspaces/current/plugin/debugging-key", Right::Member),
    // tools.rs
    ("GET", "/workspaces/current/tool-providers", Right::Member),
    ("GET", "/workspaces/current/tools/builtin", Right::Member),
    ("GET", "/workspaces/current/tools/api", Right::Member),
    ("GET", "/workspaces/current/tools/workflow", Right::Member),
    ("GET", "/workspaces/current/tools/mcp", Right::Member),
    ("GET", "/workspaces/current/tool-labels", Right::Member),
    ("GET", "/workspaces/current/agent-providers", Right::Member),
    ("GET", "/workspaces/current/triggers", Right::Member),
];

static RIGHTS: LazyLock<HashMap<(&str, String), Right>> = LazyLock::new(|| {
    ROUTES.iter().map(|(method, path, right)| ((*method, format!("{PREFIX}{path}")), *right)).collect()
});

/// The right that a mounted route needs; `None` if the table does not know it.
pub(crate) fn right_of(method: &Method, pattern: &str) -> Option<Right> {
    // What answers GET answers HEAD.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    RIGHTS.get(&(method, without_expressions(pattern))).copied()
}

/// A pattern with its parts named only: `{id:[0-9]+}` becomes `{id}`.
pub(crate) fn without_expressions(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let mut inside = false;
    for c in pattern.chars() {
        match c {
            ':' => inside = true,
            '}' => inside = false,
            _ => {}
        }
        if !inside {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests;
