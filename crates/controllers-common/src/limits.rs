//! `GET /files/upload`: how large and how many files may be.

use config::UploadSettings;
use serde::Serialize;
use utoipa::ToSchema;

/// Sizes are in megabytes.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct UploadLimits {
    file_size_limit: u64,
    batch_count_limit: u32,
    file_upload_limit: u32,
    image_file_size_limit: u64,
    video_file_size_limit: u64,
    audio_file_size_limit: u64,
    workflow_file_upload_limit: u32,
    image_file_batch_limit: u32,
    single_chunk_attachment_limit: u32,
    attachment_image_file_size_limit: u64,
}

impl UploadLimits {
    pub fn new(settings: &UploadSettings) -> Self {
        Self {
            file_size_limit: settings.file_mb,
            batch_count_limit: settings.batch_count,
            file_upload_limit: settings.file_upload_limit,
            image_file_size_limit: settings.image_mb,
            video_file_size_limit: settings.video_mb,
            audio_file_size_limit: settings.audio_mb,
            workflow_file_upload_limit: settings.workflow_file_limit,
            image_file_batch_limit: settings.image_batch_limit,
            single_chunk_attachment_limit: settings.single_chunk_attachment_limit,
            attachment_image_file_size_limit: settings.attachment_image_mb,
        }
    }
}
