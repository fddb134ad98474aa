//! Where the parts are reached from outside: `CONSOLE_API_URL`, `CONSOLE_WEB_URL`, `SERVICE_API_URL`, `APP_WEB_URL`,
//! `FILES_URL`, `INTERNAL_FILES_URL`, `CHECK_UPDATE_URL`. Empty means "derive it from the request".

use crate::reader::Reader;

#[derive(Debug, Clone, Default)]
pub struct UrlSettings {
    pub console_api: String,
    pub console_web: String,
    pub service_api: String,
    pub app_web: String,
    /// Base of signed file links for browsers and API clients; falls back to `CONSOLE_API_URL`.
    pub files: String,
    pub internal_files: String,
    /// Asked for newer versions; empty = never asked.
    pub check_update: String,
}

impl UrlSettings {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        let mut url = |name| reader.text(name, "").trim_end_matches('/').to_owned();
        let console_api = url("CONSOLE_API_URL");
        let files = Some(url("FILES_URL")).filter(|u| !u.is_empty()).unwrap_or_else(|| console_api.clone());
        let internal_files = Some(url("INTERNAL_FILES_URL")).filter(|u| !u.is_empty()).unwrap_or_else(|| files.clone());
        Self {
            console_web: url("CONSOLE_WEB_URL"),
            service_api: url("SERVICE_API_URL"),
            app_web: url("APP_WEB_URL"),
            check_update: url("CHECK_UPDATE_URL"),
            console_api,
            files,
            internal_files,
        }
    }
}
