//! Apps: making, listing, changing, copying and removing them.
//!
//! An app is made with its page, its row on the explore page and, for chat and completion apps, a first configuration,
//! all in one transaction; a workflow gets its draft when its canvas is opened first. Saved configurations are never changed: each save adds one and points the app at it.
//!
//! What must stay true: whoever keeps apps in memory hears of every change ([`AppChanges`]).

mod changes;
mod config;
mod convert;
mod copy;
mod create;
mod delete;
mod error;
mod icon;
mod list;
mod read;
mod site;

use std::sync::Arc;

use models::db::Pool;

use crate::api_keys::ApiKeys;
use crate::providers::Providers;

pub use changes::AppUpdate;
pub use copy::CopyRequest;
pub(crate) use create::NewAppParts;
pub use create::NewAppRequest;
pub use error::AppError;
pub use list::{AppCard, ListRequest};
pub use read::{AppDetail, StoredConfig, shown_mode};
pub use site::{ChangedSite, SiteUpdate};
pub use watch::{AppChanges, NobodyWatches};

mod watch;

/// Apps of the installation; cheap to clone.
#[derive(Clone)]
pub struct Apps {
    pool: Pool,
    providers: Providers,
    keys: ApiKeys,
    watch: Arc<dyn AppChanges>,
}

impl Apps {
    pub fn new(pool: Pool, providers: Providers, keys: ApiKeys, watch: Arc<dyn AppChanges>) -> Self {
        Self { pool, providers, keys, watch }
    }
}
