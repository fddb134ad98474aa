//! How an app's switched-on annotation reply is shown in its configuration.

use models::app_annotation_setting::AnnotationReply;
use serde_json::{Value, json};

pub(crate) fn shown(reply: &AnnotationReply) -> Value {
    let (provider, model) = reply.embedding.as_ref().map_or(("", ""), |(p, m)| (p.as_str(), m.as_str()));
    json!({
        "id": reply.id,
        "enabled": true,
        "score_threshold": reply.score_threshold,
        "embedding_model": {"embedding_provider_name": provider, "embedding_model_name": model},
    })
}
