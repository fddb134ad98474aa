//! What may be uploaded.

use actix_web::web;
use controllers_common::auth::ConsoleUser;
use controllers_common::limits::UploadLimits;
use serde::Serialize;
use utoipa::ToSchema;

/// The limits of uploads.
#[utoipa::path(get, path = "/console/api/files/upload", responses((status = 200, body = UploadLimits)))]
pub(crate) async fn limits(_user: ConsoleUser, limits: web::Data<UploadLimits>) -> web::Json<UploadLimits> {
    std::future::ready(web::Json(*limits.get_ref())).await
}

/// Documents that text can be taken from.
const DOCUMENTS: [&str; 13] =
    ["txt", "markdown", "md", "mdx", "pdf", "html", "htm", "xlsx", "xls", "docx", "csv", "vtt", "properties"];

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupportedTypes {
    allowed_extensions: Vec<String>,
}

/// The extensions of documents for datasets, in lower and upper case.
#[utoipa::path(get, path = "/console/api/files/support-type", responses((status = 200, body = SupportedTypes)))]
pub(crate) async fn support_type(_user: ConsoleUser) -> web::Json<SupportedTypes> {
    let both = DOCUMENTS.iter().flat_map(|e| [(*e).to_owned(), e.to_uppercase()]);
    std::future::ready(web::Json(SupportedTypes { allowed_extensions: both.collect() })).await
}
