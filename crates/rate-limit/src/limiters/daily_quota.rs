//! So much per tenant and UTC day.

use uuid::Uuid;

use crate::limiter::{Call, FailurePolicy, Limiter};

pub(crate) struct DailyQuota {
    pub(crate) tenant: Uuid,
    pub(crate) limit: u64,
    pub(crate) cost: u64,
}

impl Limiter for DailyQuota {
    fn name(&self) -> &'static str {
        "daily_quota"
    }

    fn failure_policy(&self) -> FailurePolicy {
        FailurePolicy::Open
    }

    fn limits(&self) -> bool {
        self.limit > 0 && self.cost > 0
    }

    fn call(&self) -> Call {
        Call {
            keys: vec![format!("ferrify:{{{}}}:quota", self.tenant)],
            arguments: vec![self.limit.to_string(), self.cost.to_string()],
        }
    }
}
