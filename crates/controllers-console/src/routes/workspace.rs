//! Workspaces, their members, and what they share.

use actix_web::web::{ServiceConfig, delete, get, patch, post, put};

use super::resource;
use crate::{
    api_extensions, audit_log, custom_config, data_sources, files, files_upload, members, plugins, remote_files, tags,
    tools, workspaces,
};

pub(super) fn workspaces_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/workspaces").route(get().to(workspaces::list)))
        .service(resource("/workspaces/current").route(post().to(workspaces::current)))
        .service(resource("/workspaces/switch").route(post().to(workspaces::switch)))
        .service(resource("/workspaces/info").route(post().to(workspaces::rename)))
        .service(resource("/workspaces/custom-config").route(post().to(custom_config::change)))
        .service(resource("/workspaces/custom-config/webapp-logo/upload").route(post().to(custom_config::upload_logo)))
        .service(resource("/all-workspaces").route(get().to(workspaces::all)));
}

pub(super) fn members_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/workspaces/current/members").route(get().to(members::list)))
        .service(resource("/workspaces/current/audit-log").route(get().to(audit_log::list)))
        .service(resource("/workspaces/current/dataset-operators").route(get().to(members::dataset_operators)))
        .service(resource("/workspaces/current/members/{member_id}").route(delete().to(members::remove)))
        .service(resource("/workspaces/current/members/{member_id}/update-role").route(put().to(members::set_role)));
}

pub(super) fn tags_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/tags").route(get().to(tags::list)).route(post().to(tags::create)))
        .service(resource("/tag-bindings/create").route(post().to(tags::bind)))
        .service(resource("/tag-bindings/remove").route(post().to(tags::unbind)))
        .service(resource("/tags/{tag_id}").route(patch().to(tags::rename)).route(delete().to(tags::delete)));
}

pub(super) fn files_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/files/upload").route(get().to(files::limits)).route(post().to(files_upload::upload)))
        .service(resource("/files/support-type").route(get().to(files::support_type)))
        .service(resource("/files/{file_id}/preview").route(get().to(files::preview)))
        .service(resource("/remote-files/upload").route(post().to(remote_files::take)))
        .service(resource("/remote-files/{url:.+}").route(get().to(remote_files::look)));
}

pub(super) fn extensions_routes(config: &mut ServiceConfig) {
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

pub(super) fn plugins_routes(config: &mut ServiceConfig) {
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

pub(super) fn data_source_routes(config: &mut ServiceConfig) {
    config
        .service(resource("/auth/plugin/datasource/list").route(get().to(data_sources::of_plugins)))
        .service(resource("/auth/plugin/datasource/default-list").route(get().to(data_sources::of_plugins_by_default)))
        .service(resource("/data-source/integrates").route(get().to(data_sources::integrations)))
        .service(resource("/api-key-auth/data-source").route(get().to(data_sources::with_keys)))
        .service(resource("/rag/pipeline/templates").route(get().to(data_sources::pipeline_templates)));
}

pub(super) fn tools_routes(config: &mut ServiceConfig) {
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
