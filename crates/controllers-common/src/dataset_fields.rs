//! What requests on both tiers say of a dataset itself, and how it is read. How its documents are indexed is in
//! [`crate::indexing_fields`].

use models::{AccountId, DatasetPermission};
use serde::{Deserialize, Serialize};
use services::knowledge::ExternalLink;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;

/// Members that one dataset is opened to, at most.
const MOST_MEMBERS: usize = 10_000;

/// A member whom a dataset is opened to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MemberOf {
    pub user_id: Uuid,
}

/// # Errors
/// `invalid_param` for more than anybody has.
pub fn members(list: Option<Vec<MemberOf>>) -> Result<Option<Vec<AccountId>>, ApiError> {
    let Some(list) = list else { return Ok(None) };
    if list.len() > MOST_MEMBERS {
        let text = format!("partial_member_list: must have at most {MOST_MEMBERS} members");
        return Err(ApiError::invalid_field("partial_member_list", text));
    }
    Ok(Some(list.into_iter().map(|member| AccountId(member.user_id)).collect()))
}

/// Rows may have words of other releases, requests may not.
///
/// # Errors
/// `invalid_param` for a word that is no permission.
pub fn permission(given: Option<DatasetPermission>) -> Result<Option<DatasetPermission>, ApiError> {
    match given {
        Some(DatasetPermission::Unknown) => {
            let known = "only_me, all_team_members, partial_members";
            Err(ApiError::invalid_field("permission", format!("permission: is none of {known}")))
        }
        known => Ok(known),
    }
}

/// # Errors
/// `invalid_param`, naming the one that is missing.
pub fn external_link(api: Option<Uuid>, knowledge: Option<String>) -> Result<ExternalLink, ApiError> {
    let missing = |field: &'static str| ApiError::invalid_field(field, format!("{field} is required"));
    let api = api.ok_or_else(|| missing("external_knowledge_api_id"))?;
    let knowledge = knowledge.filter(|id| !id.is_empty()).ok_or_else(|| missing("external_knowledge_id"))?;
    Ok(ExternalLink { api, knowledge })
}
