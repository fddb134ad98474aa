//! Files that people enter into forms of runs that wait.

use models::upload_file::UploadFile;
use models::{AccountId, Caller, TenantId};
use serde_json::{Map as JsonMap, Value as Json};
use uuid::Uuid;

use super::file_values::{file_value, rules_of};
use super::forms::FormField;
use crate::engine::Engine;
use crate::error::GenerateError;

/// Files of a list whose field says nothing else.
const MOST_FILES: usize = 10;

impl Engine {
    /// The values of files that somebody entered into a field, as JSON; checked against what the field takes. Of
    /// uploads `may_use` decides.
    ///
    /// # Errors
    /// `InvalidParam` says what is wrong with a file.
    pub async fn form_files(
        &self,
        tenant: TenantId,
        field: &FormField,
        given: &[JsonMap<String, Json>],
        may_use: impl Fn(&UploadFile) -> bool + Send,
    ) -> Result<Vec<Json>, GenerateError> {
        let limit = match field.number_limits.and_then(|limit| usize::try_from(limit).ok()) {
            Some(limit) if field.takes_several_files() && limit > 0 => limit,
            _ if field.takes_several_files() => MOST_FILES,
            _ => 1,
        };
        let (types, extensions) = (&field.allowed_file_types, &field.allowed_file_extensions);
        let rules = rules_of(types, extensions, &field.allowed_file_upload_methods, limit);
        // As a member of the workspace would: who may use which upload is asked below.
        let anybody = Caller::Account(AccountId(Uuid::nil()));
        let references = self.files().resolve(tenant, anybody, Some(&rules), given).await?;
        if references.iter().filter_map(|reference| reference.upload.as_ref()).any(|upload| !may_use(upload)) {
            return Err(GenerateError::InvalidParam("Invalid upload file".to_owned()));
        }
        Ok(references.iter().map(|reference| file_value(self.files(), tenant, reference).to_json()).collect())
    }
}
