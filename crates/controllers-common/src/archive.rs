//! Several files in one answer.

use actix_web::HttpResponse;
use actix_web::http::header;
use services::files::archive::ArchiveStream;

/// Answers with an archive that is made while it is sent.
pub fn archive(stream: ArchiveStream, name: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .streaming(stream)
}
