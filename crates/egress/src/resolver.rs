//! Name resolution that only yields addresses the policy allows.

use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::error::Refusal;
use crate::policy::Policy;

/// The system resolver behind the policy's address filter. The client connects to what this returns and to
/// nothing else, so a name cannot be checked with one answer and used with another.
pub(crate) struct GuardedResolver {
    policy: Arc<Policy>,
}

impl GuardedResolver {
    pub(crate) fn new(policy: Arc<Policy>) -> Self {
        Self { policy }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.policy);
        Box::pin(async move {
            // Port 0 stands for "the port of the URL".
            let found = match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => found.collect(),
                Err(error) => {
                    tracing::debug!(%error, "a host name was not resolved");
                    return Err(Refusal::Resolve { host: name.as_str().to_owned() }.into());
                }
            };
            let allowed = policy.filter(name.as_str(), found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
