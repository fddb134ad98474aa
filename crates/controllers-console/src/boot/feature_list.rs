//! `GET /features`: nothing here is billed or limited.

use serde::Serialize;
use services::features::Features;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeatureList {
    billing: Billing,
    education: Education,
    members: Size,
    apps: Size,
    vector_space: Size,
    knowledge_rate_limit: u32,
    annotation_quota_limit: Size,
    documents_upload_quota: Size,
    docs_processing: &'static str,
    can_replace_logo: bool,
    model_load_balancing_enabled: bool,
    dataset_operator_enabled: bool,
    webapp_copyright_enabled: bool,
    workspace_members: EnabledSize,
    is_allow_transfer_workspace: bool,
    trigger_event: Usage,
    api_rate_limit: Usage,
    knowledge_pipeline: KnowledgePipeline,
    next_credit_reset_date: i64,
    human_input_email_delivery_enabled: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct Billing {
    enabled: bool,
    subscription: Subscription,
}

#[derive(Debug, Serialize, ToSchema)]
struct Subscription {
    plan: &'static str,
    interval: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct Education {
    enabled: bool,
    activated: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct Size {
    size: u32,
    limit: u32,
}

#[derive(Debug, Serialize, ToSchema)]
struct EnabledSize {
    enabled: bool,
    size: u32,
    limit: u32,
}

#[derive(Debug, Serialize, ToSchema)]
struct Usage {
    usage: u32,
    limit: u32,
    reset_date: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct KnowledgePipeline {
    publish_enabled: bool,
}

/// The numbers of an unbilled plan; the frontend ignores them while `billing.enabled` is false.
const fn up_to(limit: u32) -> Size {
    Size { size: 0, limit }
}

impl FeatureList {
    pub(crate) fn new(features: &Features) -> Self {
        let switches = features.switches();
        Self {
            billing: Billing { enabled: false, subscription: Subscription { plan: "sandbox", interval: "" } },
            education: Education { enabled: switches.education, activated: false },
            members: up_to(1),
            apps: up_to(10),
            vector_space: up_to(5),
            knowledge_rate_limit: 10,
            annotation_quota_limit: up_to(10),
            documents_upload_quota: up_to(50),
            docs_processing: "standard",
            can_replace_logo: switches.can_replace_logo,
            model_load_balancing_enabled: switches.model_load_balancing,
            dataset_operator_enabled: switches.dataset_operator,
            webapp_copyright_enabled: false,
            workspace_members: EnabledSize { enabled: false, size: 0, limit: 0 },
            is_allow_transfer_workspace: true,
            trigger_event: Usage { usage: 0, limit: 3000, reset_date: 0 },
            api_rate_limit: Usage { usage: 0, limit: 5000, reset_date: 0 },
            knowledge_pipeline: KnowledgePipeline { publish_enabled: false },
            next_credit_reset_date: 0,
            human_input_email_delivery_enabled: false,
        }
    }
}
