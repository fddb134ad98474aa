//! Upload limits, with Dify's names (megabytes and counts), and which documents datasets take (`ETL_TYPE`,
//! `UNSTRUCTURED_API_URL`).

use crate::ScanSettings;
use crate::reader::{Reader, SettingsError};

/// Extensions of documents, always.
const DOCUMENTS: [&str; 13] =
    ["txt", "markdown", "md", "mdx", "pdf", "html", "htm", "xlsx", "xls", "docx", "csv", "vtt", "properties"];
/// More of them with `ETL_TYPE=Unstructured`.
const MORE_DOCUMENTS: [&str; 6] = ["doc", "eml", "msg", "pptx", "xml", "epub"];

#[derive(Debug, Clone)]
pub struct UploadSettings {
    /// Megabytes, as are the other `*_mb`.
    pub file_mb: u64,
    pub image_mb: u64,
    pub video_mb: u64,
    pub audio_mb: u64,
    pub batch_count: u32,
    pub file_upload_limit: u32,
    pub workflow_file_limit: u32,
    pub image_batch_limit: u32,
    pub single_chunk_attachment_limit: u32,
    pub attachment_image_mb: u64,
    /// Lower case, without the dot.
    pub extension_blacklist: Vec<String>,
    /// Extensions of the documents that datasets take; lower case, without the dot.
    pub document_extensions: Vec<&'static str>,
    /// `None`: uploads are not scanned for malware.
    pub scan: Option<ScanSettings>,
}

impl UploadSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        Ok(Self {
            file_mb: reader.parsed("UPLOAD_FILE_SIZE_LIMIT", 15)?,
            image_mb: reader.parsed("UPLOAD_IMAGE_FILE_SIZE_LIMIT", 10)?,
            video_mb: reader.parsed("UPLOAD_VIDEO_FILE_SIZE_LIMIT", 100)?,
            audio_mb: reader.parsed("UPLOAD_AUDIO_FILE_SIZE_LIMIT", 50)?,
            batch_count: reader.parsed("UPLOAD_FILE_BATCH_LIMIT", 5)?,
            file_upload_limit: reader.parsed("BATCH_UPLOAD_LIMIT", 20)?,
            workflow_file_limit: reader.parsed("WORKFLOW_FILE_UPLOAD_LIMIT", 10)?,
            image_batch_limit: reader.parsed("IMAGE_FILE_BATCH_LIMIT", 10)?,
            single_chunk_attachment_limit: reader.parsed("SINGLE_CHUNK_ATTACHMENT_LIMIT", 10)?,
            attachment_image_mb: reader.parsed("ATTACHMENT_IMAGE_FILE_SIZE_LIMIT", 2)?,
            extension_blacklist: reader
                .list("UPLOAD_FILE_EXTENSION_BLACKLIST", "")
                .into_iter()
                .map(|e| e.trim_start_matches('.').to_ascii_lowercase())
                .collect(),
            document_extensions: documents(reader),
            scan: ScanSettings::read(reader)?,
        })
    }
}

impl UploadSettings {
    /// The largest file of any kind, in megabytes.
    pub fn largest_mb(&self) -> u64 {
        [self.file_mb, self.image_mb, self.video_mb, self.audio_mb].into_iter().max().unwrap_or_default()
    }
}

/// All of them are read here, so that the other service is never called; the settings still say what is offered.
fn documents(reader: &mut Reader<'_>) -> Vec<&'static str> {
    let mut documents = DOCUMENTS.to_vec();
    let has_service = reader.optional_text("UNSTRUCTURED_API_URL").is_some();
    if reader.text("ETL_TYPE", "dify").eq_ignore_ascii_case("unstructured") {
        documents.extend(MORE_DOCUMENTS);
        if has_service {
            documents.push("ppt");
        }
    }
    documents
}
