//! Telling others that an app changed.

use async_trait::async_trait;
use models::{AppId, TenantId};

/// Somebody who keeps apps, their pages or configurations in memory.
#[async_trait]
pub trait AppChanges: Send + Sync {
    /// Called after the change is committed; `code` is the public code that the app's page had before.
    async fn app_changed(&self, tenant: TenantId, app: AppId, code: Option<&str>);
}

/// Nobody keeps anything.
pub struct NobodyWatches;

#[async_trait]
impl AppChanges for NobodyWatches {
    async fn app_changed(&self, _tenant: TenantId, _app: AppId, _code: Option<&str>) {}
}
