//! So many requests of an app at the same time, counted together with Dify.

use uuid::Uuid;

use crate::limiter::{Call, FailurePolicy, Limiter};

/// Fields of ours, and their life without renewal.
const OURS: &str = "ferrify-";
const OUR_SECONDS: u32 = 180;
/// What Dify grants its own.
const FOREIGN_SECONDS: u32 = 600;

pub(crate) struct Concurrency {
    pub(crate) app: Uuid,
    pub(crate) max: u32,
    pub(crate) request_id: Uuid,
}

impl Concurrency {
    fn active(&self) -> String {
        format!("dify:rate_limit:{}:active_requests", self.app)
    }

    fn field(&self) -> String {
        format!("{OURS}{}", self.request_id)
    }
}

impl Limiter for Concurrency {
    fn name(&self) -> &'static str {
        "concurrency"
    }

    fn failure_policy(&self) -> FailurePolicy {
        FailurePolicy::Open
    }

    fn limits(&self) -> bool {
        self.max > 0
    }

    fn call(&self) -> Call {
        Call {
            keys: vec![self.active(), format!("dify:rate_limit:{}:max_active_requests", self.app)],
            arguments: vec![
                self.max.to_string(),
                self.field(),
                OURS.to_owned(),
                OUR_SECONDS.to_string(),
                FOREIGN_SECONDS.to_string(),
            ],
        }
    }

    fn lease(&self) -> Option<(String, String)> {
        Some((self.active(), self.field()))
    }
}
