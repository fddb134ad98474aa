//! Icons: plain images without a login.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use controllers_common::download::guard;
use controllers_common::error::ApiError;
use services::providers::Providers;

const KINDS: [&str; 3] = ["icon_small", "icon_small_dark", "icon_large"];

/// The icon of a provider.
#[utoipa::path(get, path = "/console/api/workspaces/{tenant_id}/model-providers/{provider}/{icon_type}/{lang}", responses((status = 200, content_type = "image/svg+xml", body = String)))]
pub(crate) async fn icon(
    path: web::Path<(String, String, String, String)>,
    providers: web::Data<Providers>,
) -> Result<HttpResponse, ApiError> {
    let (_tenant, provider, kind, _language) = path.into_inner();
    if !KINDS.contains(&kind.as_str()) {
        return Err(ApiError::invalid_param(format!("{kind} is not a kind of icon")));
    }
    let provider = providers.named(&provider)?;
    let mut answer = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "image/svg+xml"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .body(provider.icon());
    guard(answer.headers_mut());
    std::future::ready(Ok(answer)).await
}
