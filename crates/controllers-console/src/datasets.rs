//! Datasets with everything in them, for members.
//!
//! The gate has shown, before an argument is read, that the dataset in the path is the workspace's and that the member
//! may see it; the services ask again.

pub(crate) mod add;
pub(crate) mod children;
pub(crate) mod documents;
pub(crate) mod downloads;
pub(crate) mod estimate;
pub(crate) mod hits;
pub(crate) mod indexing;
mod knowledge_config;
pub(crate) mod list;
pub(crate) mod relations;
pub(crate) mod segments;
pub(crate) mod settings;
pub(crate) mod sources;
pub(crate) mod summaries;
pub(crate) mod write;

use services::accounts::SignedIn;
use services::knowledge::Actor;

/// The member as one who acts on datasets.
pub(crate) fn actor(user: &SignedIn) -> Actor {
    Actor { tenant: user.tenant_id(), account: user.account_id(), role: user.role }
}
