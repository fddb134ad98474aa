//! Every route of the Console, by subject. What may call which stands in [`crate::rights::ROUTES`].

mod account;
mod apps;
mod boot;
mod explore;
mod knowledge;
mod providers;
mod workflows;
mod workspace;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use controllers_common::cors::Cors;
use controllers_common::envelope::{envelope, no_such_route, path_config};
use controllers_common::rules::time_limits::{Tier, timed as resource};

use crate::audit::record;
use crate::gate::gate;
use crate::once::once;

/// Where the Console API is mounted.
pub const PREFIX: &str = "/console/api";

/// Mounts the Console API.
pub fn configure(config: &mut ServiceConfig, cors: Cors) {
    let scope = web::scope(PREFIX)
        .wrap(from_fn(record))
        .wrap(from_fn(once))
        .wrap(from_fn(gate))
        .wrap(from_fn(envelope))
        .wrap(cors)
        .app_data(path_config())
        .app_data(Tier::Console)
        .configure(boot::boot_routes)
        .configure(boot::session_routes)
        .configure(account::account_routes)
        .configure(workspace::workspaces_routes)
        .configure(account::mailed_routes)
        .configure(workspace::members_routes)
        .configure(apps::apps_routes)
        .configure(apps::annotations_routes)
        .configure(apps::debug_routes)
        .configure(explore::explore_routes)
        .configure(workflows::inspector_routes)
        .configure(workflows::workflow_routes)
        .configure(apps::api_keys_routes)
        .configure(apps::mcp_server_routes)
        .configure(knowledge::external_routes)
        .configure(knowledge::metadata_routes)
        .configure(knowledge::datasets_routes)
        .configure(workspace::tags_routes)
        .configure(workspace::files_routes)
        .configure(workspace::extensions_routes)
        .configure(providers::providers_routes)
        .configure(workspace::plugins_routes)
        .configure(workspace::data_source_routes)
        .configure(workspace::tools_routes)
        .default_service(web::to(no_such_route));
    config.service(scope);
}
