//! Every route of the Console, by subject. What may call which stands in [`crate::rights::ROUTES`].

mod knowledge;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig, delete, get, patch, post, put, resource};
use controllers_common::cors::Cors;
use controllers_common::envelope::{envelope, no_such_route, path_config};
use controllers_common::valid::BodyLimit;

use crate::gate::gate;
use crate::{
    account, account_deletion, annotation_reply, annotations, api_extensions, api_keys, app_files, apps, boot,
    code_login, custom_config, debug_chat, debug_completion, debug_messages, email_change, files, files_upload,
    human_forms, invitations, mcp_server, members, oauth, owner_transfer, password_reset, plugins, prompt_templates,
    providers, registration, remote_files, session, tags, tools, workflows, workspaces,
};

/// Where the Console API is mounted.
pub const PREFIX: &str = "/console/api";

/// A file of the largest size, half of whose characters are escaped in JSON, in bytes.
const LARGEST_IMPORT: usize = core_workflow::dsl::MAX_BYTES * 3 / 2;

/// Mounts the Console API.
pub fn configure(config: &mut ServiceConfig, cors: Cors) {
    let scope = web::scope(PREFIX)
        .wrap(from_fn(gate))
        .wrap(from_fn(envelope))
        .wrap(cors)
        .app_data(path_config())
        .configure(boot_routes)
        .configure(session_routes)
        .configure(account_routes)
        .configure(workspaces_routes)
        .configure(mailed_routes)
        .configure(members_routes)
        .configure(apps_routes)
        .configure(annotations_routes)
        .configure(debug_routes)
        .configure(inspector_routes)
        .configure(workflow_routes)
        .configure(api_keys_routes)
        .configure(mcp_server_routes)
        .configure(knowledge::external_routes)
        .configure(knowledge::metadata_routes)
        .configure(knowledge::datasets_routes)
        .configure(tags_routes)
        .configure(files_routes)
        .configure(extensions_routes)
        .configure(providers_routes)
        .configure(plugins_routes)
        .configure(tools_routes)
        .default_service(web::to(no_such_route));
    config.service(scope);
}

fn boot_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/ping").route(get().to(boot::ping)))
        .service(resource("/setup").route(get().to(boot::setup_status)).route(post().to(boot::set_up)))
        .service(resource("/init").route(get().to(boot::init_status)).route(post().to(boot::init)))
        .service(resource("/system-features").route(get().to(boot::system_features)))
        .service(resource("/features").route(get().to(boot::features)))
        .service(resource("/version").route(get().to(boot::version)))
        .service(resource("/spec/schema-definitions").route(get().to(boot::schema_definitions)))
        .service(resource("/code-based-extension").route(get().to(boot::code_extensions)));
}

fn session_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/login").route(post().to(session::login)))
        .service(resource("/logout").route(post().to(session::logout)))
        .service(resource("/refresh-token").route(post().to(session::refresh)))
        .service(resource("/oauth/login/{provider}").route(get().to(oauth::begin)))
        .service(resource("/oauth/authorize/{provider}").route(get().to(oauth::come_back)));
}

fn account_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/account/profile").route(get().to(account::profile)))
        .service(resource("/account/init").route(post().to(account::init)))
        .service(resource("/account/name").route(post().to(account::set_name)))
        .service(resource("/account/avatar").route(post().to(account::set_avatar)))
        .service(resource("/account/interface-language").route(post().to(account::set_language)))
        .service(resource("/account/interface-theme").route(post().to(account::set_theme)))
        .service(resource("/account/timezone").route(post().to(account::set_timezone)))
        .service(resource("/account/password").route(post().to(account::set_password)))
        .service(resource("/account/integrates").route(get().to(account::integrations)));
}

fn workspaces_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/workspaces").route(get().to(workspaces::list)))
        .service(resource("/workspaces/current").route(post().to(workspaces::current)))
        .service(resource("/workspaces/switch").route(post().to(workspaces::switch)))
        .service(resource("/workspaces/info").route(post().to(workspaces::rename)))
        .service(resource("/workspaces/custom-config").route(post().to(custom_config::change)))
        .service(resource("/workspaces/custom-config/webapp-logo/upload").route(post().to(custom_config::upload_logo)))
        .service(resource("/all-workspaces").route(get().to(workspaces::all)));
}

fn members_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/workspaces/current/members").route(get().to(members::list)))
        .service(resource("/workspaces/current/dataset-operators").route(get().to(members::dataset_operators)))
        .service(resource("/workspaces/current/members/{member_id}").route(delete().to(members::remove)))
        .service(resource("/workspaces/current/members/{member_id}/update-role").route(put().to(members::set_role)));
}

/// What goes by mail. Before the members: their ids would swallow some of these names.
fn mailed_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/forgot-password").route(post().to(password_reset::ask)))
        .service(resource("/reset-password").route(post().to(password_reset::ask_alias)))
        .service(resource("/forgot-password/validity").route(post().to(password_reset::prove)))
        .service(resource("/forgot-password/resets").route(post().to(password_reset::reset)))
        .service(resource("/email-code-login").route(post().to(code_login::ask)))
        .service(resource("/email-code-login/validity").route(post().to(code_login::sign_in)))
        .service(resource("/email-register/send-email").route(post().to(registration::ask)))
        .service(resource("/email-register/validity").route(post().to(registration::prove)))
        .service(resource("/email-register").route(post().to(registration::register)))
        .service(resource("/workspaces/current/members/invite-email").route(post().to(invitations::invite)))
        .service(resource("/activate/check").route(get().to(invitations::check)))
        .service(resource("/activate").route(post().to(invitations::activate)))
        .service(resource("/account/change-email").route(post().to(email_change::ask)))
        .service(resource("/account/change-email/validity").route(post().to(email_change::prove)))
        .service(resource("/account/change-email/reset").route(post().to(email_change::change)))
        .service(resource("/account/change-email/check-email-unique").route(post().to(email_change::check_unused)))
        .service(
            resource("/workspaces/current/members/send-owner-transfer-confirm-email")
                .route(post().to(owner_transfer::ask)),
        )
        .service(resource("/workspaces/current/members/owner-transfer-check").route(post().to(owner_transfer::prove)))
        .service(
            resource("/workspaces/current/members/{member_id}/owner-transfer")
                .route(post().to(owner_transfer::transfer)),
        )
        .service(resource("/account/delete/verify").route(get().to(account_deletion::ask)))
        .service(resource("/account/delete").route(post().to(account_deletion::delete)))
        .service(resource("/account/delete/feedback").route(post().to(account_deletion::feedback)));
}

fn apps_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/apps").route(get().to(apps::list)).route(post().to(apps::create)))
        // Before the ids of apps, which would swallow the name.
        .service(
            resource("/apps/imports")
                .app_data(Data::new(BodyLimit(LARGEST_IMPORT)))
                .route(post().to(app_files::import)),
        )
        .service(resource("/apps/imports/{import_id}/confirm").route(post().to(app_files::confirm)))
        .service(resource("/apps/imports/{app_id}/check-dependencies").route(get().to(app_files::check_dependencies)))
        .service(
            resource("/apps/{app_id}")
                .route(get().to(apps::get))
                .route(put().to(apps::update))
                .route(delete().to(apps::delete)),
        )
        .service(resource("/apps/{app_id}/copy").route(post().to(apps::copy)))
        .service(resource("/apps/{app_id}/export").route(get().to(app_files::export)))
        .service(resource("/apps/{app_id}/convert-to-workflow").route(post().to(app_files::convert)))
        .service(resource("/apps/{app_id}/name").route(post().to(apps::rename)))
        .service(resource("/apps/{app_id}/icon").route(post().to(apps::set_icon)))
        .service(resource("/apps/{app_id}/site-enable").route(post().to(apps::enable_site)))
        .service(resource("/apps/{app_id}/api-enable").route(post().to(apps::enable_api)))
        .service(resource("/apps/{app_id}/site").route(post().to(apps::update_site)))
        .service(resource("/apps/{app_id}/site/access-token-reset").route(post().to(apps::reset_site_code)))
        .service(resource("/app/prompt-templates").route(get().to(prompt_templates::get)))
        .service(resource("/apps/{app_id}/model-config").route(post().to(apps::save_config)))
        .service(resource("/apps/{app_id}/annotation-setting").route(get().to(apps::annotation_setting)));
}

/// Fixed names before the ids of annotations, which would swallow them.
fn annotations_routes(config: &mut ServiceConfig) {
    use annotations::{change, count, create, delete as remove, delete_all, export, hits, import, import_state, list};
    const OF_APP: &str = "/apps/{app_id}/annotations";
    let named = |rest: &str| resource(format!("{OF_APP}{rest}"));
    config
        .service(named("").route(get().to(list)).route(post().to(create)).route(delete().to(delete_all)))
        .service(named("/count").route(get().to(count)))
        .service(named("/export").route(get().to(export)))
        .service(named("/batch-import").route(post().to(import)))
        .service(named("/batch-import-status/{job_id}").route(get().to(import_state)))
        .service(named("/{annotation_id}").route(post().to(change)).route(delete().to(remove)))
        .service(named("/{annotation_id}/hit-histories").route(get().to(hits)))
        .service(
            resource("/apps/{app_id}/annotation-settings/{setting_id}")
                .route(post().to(annotation_reply::set_threshold)),
        )
        .service(resource("/apps/{app_id}/annotation-reply/{action}").route(post().to(annotation_reply::switch_reply)))
        .service(
            resource("/apps/{app_id}/annotation-reply/{action}/status/{job_id}")
                .route(get().to(annotation_reply::switch_state)),
        );
}

fn debug_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/apps/{app_id}/chat-messages")
                .route(get().to(debug_messages::list))
                .route(post().to(debug_chat::create)),
        )
        .service(resource("/apps/{app_id}/chat-messages/{task_id}/stop").route(post().to(debug_chat::stop)))
        .service(
            resource("/apps/{app_id}/chat-messages/{message_id}/suggested-questions")
                .route(get().to(debug_messages::suggested)),
        )
        .service(resource("/apps/{app_id}/completion-messages").route(post().to(debug_completion::create)))
        .service(resource("/apps/{app_id}/completion-messages/{task_id}/stop").route(post().to(debug_completion::stop)))
        .service(resource("/apps/{app_id}/messages/{message_id}").route(get().to(debug_messages::get)))
        .service(resource("/apps/{app_id}/feedbacks").route(post().to(debug_messages::give_feedback)));
}

/// Fixed names before the ids of versions, which would swallow them.
fn workflow_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/form/human_input/{form_token}")
                .route(get().to(human_forms::get))
                .route(post().to(human_forms::submit)),
        )
        .service(resource("/apps/{app_id}/workflows").route(get().to(workflows::list_versions)))
        .service(
            resource("/apps/{app_id}/workflows/draft")
                .route(get().to(workflows::get_draft))
                .route(post().to(workflows::save_draft)),
        )
        .service(resource("/apps/{app_id}/workflows/draft/run").route(post().to(workflows::run_draft)))
        .service(resource("/apps/{app_id}/workflows/draft/nodes/{node_id}/run").route(post().to(workflows::run_node)))
        .service(
            resource("/apps/{app_id}/workflows/draft/nodes/{node_id}/last-run").route(get().to(workflows::last_run)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/{container}/nodes/{node_id}/run")
                .route(post().to(workflows::run_rounds)),
        )
        .service(
            resource("/apps/{app_id}/advanced-chat/workflows/draft/run")
                .route(post().to(workflows::run_chatflow_draft)),
        )
        .service(
            resource("/apps/{app_id}/advanced-chat/workflows/draft/{container}/nodes/{node_id}/run")
                .route(post().to(workflows::run_chatflow_rounds)),
        )
        .service(resource("/apps/{app_id}/workflow-runs").route(get().to(workflows::list_runs)))
        .service(resource("/apps/{app_id}/workflow-runs/count").route(get().to(workflows::count_runs)))
        .service(resource("/apps/{app_id}/workflow-runs/tasks/{task_id}/stop").route(post().to(workflows::stop_run)))
        .service(resource("/apps/{app_id}/workflow-runs/{run_id}").route(get().to(workflows::get_run)))
        .service(
            resource("/apps/{app_id}/workflow-runs/{run_id}/node-executions")
                .route(get().to(workflows::list_node_executions)),
        )
        .service(resource("/apps/{app_id}/advanced-chat/workflow-runs").route(get().to(workflows::list_chatflow_runs)))
        .service(
            resource("/apps/{app_id}/advanced-chat/workflow-runs/count")
                .route(get().to(workflows::count_chatflow_runs)),
        )
        .service(resource("/apps/{app_id}/workflow-app-logs").route(get().to(workflows::list_logs)))
        .service(
            resource("/apps/{app_id}/workflows/publish")
                .route(get().to(workflows::get_published))
                .route(post().to(workflows::publish)),
        )
        .service(
            resource("/apps/{app_id}/workflows/default-workflow-block-configs")
                .route(get().to(workflows::all_block_configs)),
        )
        .service(
            resource("/apps/{app_id}/workflows/default-workflow-block-configs/{block_type}")
                .route(get().to(workflows::block_config)),
        )
        .service(
            resource("/apps/{app_id}/workflows/{workflow_id}")
                .route(patch().to(workflows::mark_version))
                .route(delete().to(workflows::delete_version)),
        )
        .service(
            resource("/apps/{app_id}/workflows/{workflow_id}/restore").route(post().to(workflows::restore_version)),
        );
}

/// Variables of drafts and conversations. Before the ids of versions.
fn inspector_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/apps/{app_id}/workflows/draft/variables")
                .route(get().to(workflows::list_draft_variables))
                .route(delete().to(workflows::delete_draft_variables)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/nodes/{node_id}/variables")
                .route(get().to(workflows::list_node_variables))
                .route(delete().to(workflows::delete_node_variables)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/conversation-variables")
                .route(get().to(workflows::list_draft_conversation_variables)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/system-variables")
                .route(get().to(workflows::list_draft_system_variables)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/environment-variables")
                .route(get().to(workflows::list_draft_environment_variables)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/variables/{variable_id}")
                .route(get().to(workflows::get_draft_variable))
                .route(patch().to(workflows::change_draft_variable))
                .route(delete().to(workflows::delete_draft_variable)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/variables/{variable_id}/reset")
                .route(put().to(workflows::reset_draft_variable)),
        )
        .service(
            resource("/apps/{app_id}/conversation-variables").route(get().to(workflows::list_conversation_variables)),
        )
        .service(resource("/apps/{app_id}/workflow-archived-logs").route(get().to(workflows::list_archived_logs)))
        .service(resource("/apps/{app_id}/workflow-runs/{run_id}/export").route(get().to(workflows::export_run)));
}

fn api_keys_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/datasets/api-keys")
                .route(get().to(api_keys::of_workspace))
                .route(post().to(api_keys::create_for_workspace)),
        )
        .service(
            resource("/apps/{app_id}/api-keys")
                .route(get().to(api_keys::of_app))
                .route(post().to(api_keys::create_for_app)),
        )
        .service(resource("/apps/{app_id}/api-keys/{key_id}").route(delete().to(api_keys::delete_of_app)))
        .service(resource("/datasets/api-keys/{key_id}").route(delete().to(api_keys::delete_of_workspace)));
}

fn mcp_server_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/apps/{app_id}/server")
                .route(get().to(mcp_server::get))
                .route(post().to(mcp_server::create))
                .route(put().to(mcp_server::update)),
        )
        // Named by the server, not by the app.
        .service(resource("/apps/{server_id}/server/refresh").route(get().to(mcp_server::refresh)));
}

fn tags_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/tags").route(get().to(tags::list)).route(post().to(tags::create)))
        .service(resource("/tag-bindings/create").route(post().to(tags::bind)))
        .service(resource("/tag-bindings/remove").route(post().to(tags::unbind)))
        .service(resource("/tags/{tag_id}").route(patch().to(tags::rename)).route(delete().to(tags::delete)));
}

fn files_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/files/upload").route(get().to(files::limits)).route(post().to(files_upload::upload)))
        .service(resource("/files/support-type").route(get().to(files::support_type)))
        .service(resource("/files/{file_id}/preview").route(get().to(files::preview)))
        .service(resource("/remote-files/upload").route(post().to(remote_files::take)))
        .service(resource("/remote-files/{url:.+}").route(get().to(remote_files::look)));
}

fn extensions_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/api-based-extension")
                .route(get().to(api_extensions::list))
                .route(post().to(api_extensions::create)),
        )
        .service(
            resource("/api-based-extension/{extension_id}")
                .route(get().to(api_extensions::get))
                .route(post().to(api_extensions::change))
                .route(delete().to(api_extensions::delete)),
        );
}

/// A provider id: one part, or three.
macro_rules! of_provider {
    ($rest:literal) => {
        concat!("/workspaces/current/model-providers/{provider:[^/]+(?:/[^/]+/[^/]+)?}", $rest)
    };
}

fn providers_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/workspaces/current/model-providers").route(get().to(providers::list)))
        .service(
            resource("/workspaces/current/default-model")
                .route(get().to(providers::default_model))
                .route(post().to(providers::set_default_models)),
        )
        .service(
            resource(of_provider!("/models"))
                .route(get().to(providers::models))
                .route(post().to(providers::save_model))
                .route(delete().to(providers::remove_model)),
        )
        .service(resource(of_provider!("/models/enable")).route(patch().to(providers::enable_model)))
        .service(resource(of_provider!("/models/disable")).route(patch().to(providers::disable_model)))
        .service(resource(of_provider!("/models/parameter-rules")).route(get().to(providers::parameter_rules)))
        .service(
            resource(of_provider!("/credentials"))
                .route(get().to(providers::credential))
                .route(post().to(providers::add_credential))
                .route(put().to(providers::edit_credential))
                .route(delete().to(providers::remove_credential)),
        )
        .service(resource(of_provider!("/credentials/switch")).route(post().to(providers::switch_credential)))
        .service(resource(of_provider!("/credentials/validate")).route(post().to(providers::check_credential)))
        .service(
            resource(of_provider!("/models/credentials"))
                .route(get().to(providers::model_credential))
                .route(post().to(providers::add_model_credential))
                .route(put().to(providers::edit_model_credential))
                .route(delete().to(providers::remove_model_credential)),
        )
        .service(
            resource(of_provider!("/models/credentials/switch")).route(post().to(providers::switch_model_credential)),
        )
        .service(
            resource(of_provider!("/models/credentials/validate")).route(post().to(providers::check_model_credential)),
        )
        .service(resource(of_provider!("/preferred-provider-type")).route(post().to(providers::set_preferred)))
        .service(
            resource("/workspaces/current/models/model-types/{model_type}").route(get().to(providers::models_by_type)),
        )
        .service(
            resource("/workspaces/{tenant_id}/model-providers/{provider:[^/]+(?:/[^/]+/[^/]+)?}/{icon_type}/{lang}")
                .route(get().to(providers::icon)),
        );
}

fn plugins_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/workspaces/current/plugin/preferences/fetch").route(get().to(plugins::preferences)))
        .service(resource("/workspaces/current/plugin/preferences/change").route(post().to(plugins::set_preferences)))
        .service(
            resource("/workspaces/current/plugin/preferences/autoupgrade/exclude").route(post().to(plugins::exclude)),
        )
        .service(resource("/workspaces/current/plugin/permission/fetch").route(get().to(plugins::permission)))
        .service(resource("/workspaces/current/plugin/permission/change").route(post().to(plugins::set_permission)))
        .service(resource("/workspaces/current/plugin/tasks").route(get().to(plugins::tasks)))
        .service(resource("/workspaces/current/plugin/list").route(get().to(plugins::list)))
        .service(resource("/workspaces/current/plugin/list/installations/ids").route(post().to(plugins::installations)))
        .service(resource("/workspaces/current/plugin/list/latest-versions").route(post().to(plugins::latest_versions)))
        .service(resource("/workspaces/current/plugin/debugging-key").route(get().to(plugins::debugging_key)));
}

fn tools_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/workspaces/current/tool-providers").route(get().to(tools::providers)))
        .service(resource("/workspaces/current/tools/builtin").route(get().to(tools::builtin)))
        .service(resource("/workspaces/current/tools/api").route(get().to(tools::api)))
        .service(resource("/workspaces/current/tools/workflow").route(get().to(tools::workflow)))
        .service(resource("/workspaces/current/tools/mcp").route(get().to(tools::mcp)))
        .service(resource("/workspaces/current/tool-labels").route(get().to(tools::labels)))
        .service(resource("/workspaces/current/agent-providers").route(get().to(tools::agent_providers)))
        .service(resource("/workspaces/current/triggers").route(get().to(tools::triggers)));
}
