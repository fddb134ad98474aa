//! What builders of workflows may do: `MAX_VARIABLE_SIZE`, `DSL_EXPORT_ENCRYPT_DATASET_ID`, and what the form of a new
//! HTTP node proposes (`HTTP_REQUEST_MAX_CONNECT_TIMEOUT`, `HTTP_REQUEST_MAX_READ_TIMEOUT`,
//! `HTTP_REQUEST_MAX_WRITE_TIMEOUT`, `HTTP_REQUEST_NODE_SSL_VERIFY`).

use crate::reader::{Reader, SettingsError};

#[derive(Debug, Clone)]
pub struct AuthoringSettings {
    /// Largest value of an environment or conversation variable, in bytes.
    pub max_variable_bytes: usize,
    /// Whether files name datasets so that only their own workspace can read it.
    pub hide_dataset_ids: bool,
    /// Seconds, like the next two.
    pub http_connect_timeout: u32,
    pub http_read_timeout: u32,
    pub http_write_timeout: u32,
    pub http_verify: bool,
}

impl AuthoringSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SettingsError> {
        Ok(Self {
            max_variable_bytes: reader.parsed("MAX_VARIABLE_SIZE", 200 * 1024)?,
            hide_dataset_ids: reader.flag("DSL_EXPORT_ENCRYPT_DATASET_ID", true)?,
            http_connect_timeout: reader.parsed("HTTP_REQUEST_MAX_CONNECT_TIMEOUT", 10)?,
            http_read_timeout: reader.parsed("HTTP_REQUEST_MAX_READ_TIMEOUT", 600)?,
            http_write_timeout: reader.parsed("HTTP_REQUEST_MAX_WRITE_TIMEOUT", 600)?,
            http_verify: reader.flag("HTTP_REQUEST_NODE_SSL_VERIFY", true)?,
        })
    }
}
