//! Workflows of apps.

use actix_web::web::{ServiceConfig, delete, get, patch, post, put};
use controllers_common::rules::time_limits::AsksModel;

use super::resource;
use crate::{human_forms, workflows};

/// Fixed names before the ids of versions, which would swallow them.
pub(super) fn workflow_routes(config: &mut ServiceConfig) {
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
        .service(
            resource("/apps/{app_id}/workflows/draft/run").app_data(AsksModel).route(post().to(workflows::run_draft)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/nodes/{node_id}/run")
                .app_data(AsksModel)
                .route(post().to(workflows::run_node)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/nodes/{node_id}/last-run").route(get().to(workflows::last_run)),
        )
        .service(
            resource("/apps/{app_id}/workflows/draft/{container}/nodes/{node_id}/run")
                .app_data(AsksModel)
                .route(post().to(workflows::run_rounds)),
        )
        .service(
            resource("/apps/{app_id}/advanced-chat/workflows/draft/run")
                .app_data(AsksModel)
                .route(post().to(workflows::run_chatflow_draft)),
        )
        .service(
            resource("/apps/{app_id}/advanced-chat/workflows/draft/{container}/nodes/{node_id}/run")
                .app_data(AsksModel)
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
pub(super) fn inspector_routes(config: &mut ServiceConfig) {
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
