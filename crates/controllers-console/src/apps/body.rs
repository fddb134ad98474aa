//! Parts of apps that cards and details share.

use chrono::NaiveDateTime;
use controllers_common::links::Links;
use models::app::App;
use models::app_workflow::AppWorkflow;
use models::tag::{Tag, TagType};
use models::{AccountId, IconType};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answers::seconds;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagLine {
    id: String,
    name: String,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: TagType,
}

impl From<Tag> for TagLine {
    fn from(tag: Tag) -> Self {
        Self { id: tag.id.to_string(), name: tag.name, kind: tag.kind }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkflowLine {
    id: String,
    #[serde(flatten)]
    stamps: Stamps,
}

impl From<AppWorkflow> for WorkflowLine {
    fn from(workflow: AppWorkflow) -> Self {
        let AppWorkflow { id, created_by, created_at, updated_by, updated_at } = workflow;
        Self { id: id.to_string(), stamps: Stamps::new(Some(created_by), created_at, updated_by, updated_at) }
    }
}

/// Who made and changed something, and when.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stamps {
    created_by: Option<String>,
    created_at: i64,
    updated_by: Option<String>,
    updated_at: i64,
}

impl Stamps {
    pub(crate) fn new(
        created_by: Option<AccountId>,
        created_at: NaiveDateTime,
        updated_by: Option<AccountId>,
        updated_at: NaiveDateTime,
    ) -> Self {
        Self {
            created_by: created_by.map(|id| id.to_string()),
            created_at: seconds(created_at),
            updated_by: updated_by.map(|id| id.to_string()),
            updated_at: seconds(updated_at),
        }
    }

    pub(crate) fn of_app(app: &App) -> Self {
        Self::new(app.created_by, app.created_at, app.updated_by, app.updated_at)
    }
}

/// A signed link to the picture, where the icon is one.
pub(crate) fn icon_url(icon_type: Option<IconType>, icon: Option<&str>, links: &Links) -> Option<String> {
    match (icon_type, icon) {
        (Some(IconType::Image), Some(icon)) => links.file_preview(icon),
        _ => None,
    }
}
