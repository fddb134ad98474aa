//! Building the workflow of an app: its draft, its versions, and what new nodes look like.

mod block_configs;
mod body;
mod conversation_variables;
mod debug;
mod draft;
mod draft_variables;
mod history;
mod node_execution;
mod publish;
mod versions;

use models::app::App;
use models::{AppId, TenantId};
use services::apps::{AppError, Apps};
use services::workflows::WORKFLOW_MODES;

pub(crate) use block_configs::*;
pub(crate) use body::raw_value;
pub(crate) use conversation_variables::*;
pub(crate) use debug::*;
pub(crate) use draft::*;
pub(crate) use draft_variables::*;
pub(crate) use history::*;
pub(crate) use publish::*;
pub(crate) use versions::*;

/// An app of the workspace that is a workflow; any other counts as missing.
pub(crate) async fn workflow_app(apps: &Apps, tenant: TenantId, app: AppId) -> Result<App, AppError> {
    apps.find_in(tenant, app, &WORKFLOW_MODES).await
}
