//! Several files in one answer.

use actix_web::HttpResponse;
use actix_web::http::header;
use services::files::archive::ArchiveStream;

use crate::download::guard;

/// Answers with an archive that is made while it is sent.
pub fn archive(stream: ArchiveStream, name: &str) -> HttpResponse {
    let mut response = HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(stream);
    guard(response.headers_mut());
    response
}
