//! Tools and triggers of the workspace. There is no tool engine in this release, so there is nothing to list.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use serde::Serialize;
use utoipa::ToSchema;

/// A provider of tools; this release has none.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) enum Collection {}

macro_rules! nothing_yet {
    ($($(#[$meta:meta])* $name:ident, $path:literal;)+) => {$(
        $(#[$meta])*
        #[utoipa::path(get, path = $path, responses((status = 200, body = Vec<String>)))]
        pub(crate) async fn $name(_user: ConsoleUser) -> web::Json<Vec<Collection>> {
            std::future::ready(web::Json(Vec::new())).await
        }
    )+};
}

nothing_yet! {
    /// Providers of tools.
    providers, "/console/api/workspaces/current/tool-providers";
    /// Tools that ship with the program.
    builtin, "/console/api/workspaces/current/tools/builtin";
    /// Tools described by OpenAPI documents.
    api, "/console/api/workspaces/current/tools/api";
    /// Workflows as tools.
    workflow, "/console/api/workspaces/current/tools/workflow";
    /// Tools of MCP servers.
    mcp, "/console/api/workspaces/current/tools/mcp";
    /// Labels of tools.
    labels, "/console/api/workspaces/current/tool-labels";
    /// Agent strategies.
    agent_providers, "/console/api/workspaces/current/agent-providers";
    /// Triggers.
    triggers, "/console/api/workspaces/current/triggers";
}
