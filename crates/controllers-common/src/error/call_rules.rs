//! Faults of an app's rules for its callers.

use services::call_rules::CallRuleError;

use crate::error::ApiError;

impl From<CallRuleError> for ApiError {
    fn from(e: CallRuleError) -> Self {
        match &e {
            CallRuleError::NoApp => Self::not_found(e.to_string()),
            CallRuleError::NotANetwork(_) | CallRuleError::TooMany => {
                Self::invalid_field("allowed_networks", e.to_string())
            }
            CallRuleError::Secrets(_) | CallRuleError::Db(_) => Self::internal(&e),
        }
    }
}
