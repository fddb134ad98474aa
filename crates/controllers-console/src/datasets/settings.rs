//! What holds for all datasets of the installation.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::links::Links;
use controllers_common::valid::ValidQuery;
use core_rag::rule::ProcessRule;
use models::DocumentId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use services::knowledge::Knowledge;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::actor;

const SEMANTIC: &str = "semantic_search";
const FULL_TEXT: &str = "full_text_search";
const HYBRID: &str = "hybrid_search";

/// Stores that find vectors and nothing else.
const VECTORS_ONLY: [&str; 6] = ["chroma", "relyt", "tidb_vector", "pgvecto-rs", "vikingdb", "upstash"];

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetrievalSetting {
    /// `semantic_search`, `full_text_search` and `hybrid_search`, or the first alone.
    #[schema(value_type = Vec<String>)]
    retrieval_method: &'static [&'static str],
}

/// The ways in which datasets can be searched: both stores of this release know all.
#[utoipa::path(get, path = "/console/api/datasets/retrieval-setting", responses((status = 200, body = RetrievalSetting)))]
pub(crate) async fn retrieval(_user: ConsoleUser) -> web::Json<RetrievalSetting> {
    std::future::ready(web::Json(RetrievalSetting { retrieval_method: &[SEMANTIC, FULL_TEXT, HYBRID] })).await
}

/// The ways in which a kind of vector store can be searched.
#[utoipa::path(get, path = "/console/api/datasets/retrieval-setting/{vector_type}", params(("vector_type" = String, Path)),
    responses((status = 200, body = RetrievalSetting)))]
pub(crate) async fn retrieval_of(_user: ConsoleUser, kind: web::Path<String>) -> web::Json<RetrievalSetting> {
    let vectors_only = VECTORS_ONLY.contains(&kind.as_str());
    let retrieval_method: &[&str] = if vectors_only { &[SEMANTIC] } else { &[SEMANTIC, FULL_TEXT, HYBRID] };
    std::future::ready(web::Json(RetrievalSetting { retrieval_method })).await
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiBase {
    api_base_url: String,
}

/// Where the dataset API is reached.
#[utoipa::path(get, path = "/console/api/datasets/api-base-info", responses((status = 200, body = ApiBase)))]
pub(crate) async fn api_base(_user: ConsoleUser, links: Links) -> web::Json<ApiBase> {
    std::future::ready(web::Json(ApiBase { api_base_url: links.service_api() })).await
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RuleQuery {
    #[param(value_type = Option<String>)]
    document_id: Option<DocumentId>,
}

/// The rule that a document was split by, or the one that a person starts from.
#[utoipa::path(get, path = "/console/api/datasets/process-rule", params(RuleQuery),
    responses((status = 200, body = Object), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn process_rule(
    user: ConsoleUser,
    ValidQuery(query): ValidQuery<RuleQuery>,
    knowledge: web::Data<Knowledge>,
) -> Result<web::Json<Value>, ApiError> {
    let most = usize::try_from(knowledge.settings().max_segment_length).unwrap_or(usize::MAX);
    let rule = match query.document_id {
        Some(document) => knowledge.rule_of(&actor(&user), document).await?,
        None => None,
    };
    Ok(web::Json(match rule {
        Some(rule) => {
            let mut shown = controllers_common::dto::knowledge::document::rule_of(&rule);
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("limits".to_owned(), json!({"indexing_max_segmentation_tokens_length": most}));
            }
            shown
        }
        None => ProcessRule::suggested_json(most),
    }))
}
