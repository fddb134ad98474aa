//! Files of a run: from the objects that clients send to values.

use std::sync::Arc;

use core_workflow::nodes::start::{Field, FieldKind, Form};
use core_workflow::value::{ArrayKind, File, FileKind, Map, TransferMethod, Value};
use models::{Caller, FileTransferMethod, FileType, TenantId};
use serde_json::{Map as JsonMap, Value as Json};

use crate::app_config::FileUpload;
use crate::error::GenerateError;
use crate::files::{FileReference, Files};

/// What a run takes where nothing narrower is said.
fn anything(limit: usize) -> FileUpload {
    FileUpload {
        types: vec![FileType::Image, FileType::Document, FileType::Audio, FileType::Video, FileType::Custom],
        extensions: Vec::new(),
        methods: vec![FileTransferMethod::RemoteUrl, FileTransferMethod::LocalFile],
        number_limit: limit,
        image_detail: core_model_runtime::ImageDetail::High,
    }
}

/// What a field of the form takes.
fn rules(field: &Field, limit: usize) -> FileUpload {
    let (types, extensions) = (&field.allowed_file_types, &field.allowed_file_extensions);
    rules_of(types, extensions, &field.allowed_file_upload_methods, limit)
}

/// What is taken, by the words of files; what is empty takes all.
pub(super) fn rules_of(types: &[String], extensions: &[String], methods: &[String], limit: usize) -> FileUpload {
    let any = anything(limit);
    let types: Vec<FileType> = types.iter().filter_map(|t| FileType::parse(t)).collect();
    let methods: Vec<FileTransferMethod> = methods.iter().filter_map(|m| FileTransferMethod::parse(m)).collect();
    FileUpload {
        types: if types.is_empty() { any.types } else { types },
        extensions: extensions.iter().map(|extension| extension.trim_start_matches('.').to_ascii_lowercase()).collect(),
        methods: if methods.is_empty() { any.methods } else { methods },
        ..any
    }
}

/// Looks up the files of a run.
pub(super) struct Lookup<'a> {
    pub files: &'a Files,
    pub tenant: TenantId,
    pub caller: Caller,
    /// Files of one run, at most.
    pub limit: usize,
}

impl Lookup<'_> {
    /// Values of the form; files are looked up and checked against their fields.
    pub(super) async fn inputs(&self, form: &Form, given: &JsonMap<String, Json>) -> Result<Map, GenerateError> {
        let checked = form.check(given).map_err(|e| GenerateError::InvalidParam(e.to_string()))?;
        let mut values = Map::new();
        for field in &form.fields {
            let Some(value) = checked.get(&field.variable) else { continue };
            let value = match (field.kind, value) {
                (FieldKind::File, Json::Object(file)) => {
                    let files = self.of_field(field, std::slice::from_ref(file)).await?;
                    files.into_iter().next().map_or(Value::None, Value::File)
                }
                (FieldKind::FileList, Json::Array(list)) => {
                    let list: Vec<_> = list.iter().filter_map(|file| file.as_object().cloned()).collect();
                    let files = self.of_field(field, &list).await?;
                    Value::array_of(ArrayKind::File, files.into_iter().map(Value::File).collect())
                }
                (_, other) => Value::plain(other.clone()),
            };
            values.insert(field.variable.clone(), value);
        }
        Ok(values)
    }

    async fn of_field(
        &self,
        field: &Field,
        objects: &[JsonMap<String, Json>],
    ) -> Result<Vec<Arc<File>>, GenerateError> {
        let rules = rules(field, self.limit);
        let references = self.files.resolve(self.tenant, self.caller, Some(&rules), objects).await?;
        Ok(references.iter().map(|reference| Arc::new(self.value(reference))).collect())
    }

    /// Files that come beside the form, as references and as the value of `sys.files`.
    pub(super) async fn attached(
        &self,
        upload: Option<&FileUpload>,
        objects: &[JsonMap<String, Json>],
    ) -> Result<(Vec<FileReference>, Value), GenerateError> {
        let any = anything(self.limit);
        let references = self.files.resolve(self.tenant, self.caller, Some(upload.unwrap_or(&any)), objects).await?;
        let values = references.iter().map(|reference| Value::File(Arc::new(self.value(reference)))).collect();
        Ok((references, Value::array_of(ArrayKind::File, values)))
    }

    fn value(&self, reference: &FileReference) -> File {
        file_value(self.files, self.tenant, reference)
    }
}

/// A file as a value, with an address that clients can open.
pub(crate) fn file_value(files: &Files, tenant: TenantId, reference: &FileReference) -> File {
    let kind = match reference.kind {
        FileType::Image => FileKind::Image,
        FileType::Document => FileKind::Document,
        FileType::Audio => FileKind::Audio,
        FileType::Video => FileKind::Video,
        FileType::Custom | FileType::Unknown => FileKind::Custom,
    };
    let dotted = |extension: &str| if extension.is_empty() { String::new() } else { format!(".{extension}") };
    if let Some(upload) = &reference.upload {
        return File {
            id: None,
            tenant_id: tenant.to_string(),
            kind,
            transfer_method: TransferMethod::LocalFile,
            remote_url: None,
            related_id: Some(upload.id.to_string()),
            filename: Some(upload.name.clone()),
            extension: Some(dotted(&upload.extension)),
            mime_type: upload.mime_type.clone(),
            size: i64::from(upload.size),
            url: Some(files.links.file_preview_url(&files.base_url, &upload.id.to_string())),
        };
    }
    let url = reference.url.clone().unwrap_or_default();
    let filename = url.split(['?', '#']).next().and_then(|u| u.rsplit('/').next()).unwrap_or_default().to_owned();
    let sniffed = storage::sniff::sniff(&[], &filename);
    File {
        id: None,
        tenant_id: tenant.to_string(),
        kind,
        transfer_method: TransferMethod::RemoteUrl,
        remote_url: Some(url.clone()),
        related_id: None,
        filename: Some(filename),
        extension: Some(dotted(&sniffed.extension)),
        mime_type: Some(sniffed.mime_type),
        size: -1,
        url: Some(url),
    }
}
