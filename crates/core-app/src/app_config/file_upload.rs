//! Which files a question may bring along.

use core_model_runtime::ImageDetail;
use models::{FileTransferMethod, FileType};
use serde_json::Value;

use super::ConfigDocument;

/// Present only when files are allowed at all.
#[derive(Debug, Clone, PartialEq)]
pub struct FileUpload {
    pub types: Vec<FileType>,
    /// Lower case, without the dot; decides for type `custom`.
    pub extensions: Vec<String>,
    pub methods: Vec<FileTransferMethod>,
    pub number_limit: usize,
    /// How closely the model looks at pictures.
    pub image_detail: ImageDetail,
}

const DEFAULT_NUMBER_LIMIT: usize = 3;

impl FileUpload {
    pub(super) fn read(document: &ConfigDocument) -> Option<Self> {
        let object = document.get("file_upload")?;
        let flag = |v: &Value| v.get("enabled").and_then(Value::as_bool).unwrap_or(false);
        let image = object.get("image").filter(|i| !i.is_null());
        let image_detail = match image.and_then(|i| i.get("detail")).and_then(Value::as_str) {
            Some("low") => ImageDetail::Low,
            _ => ImageDetail::High,
        };
        if flag(object) {
            let methods = texts(object.get("allowed_file_upload_methods"))
                .filter_map(FileTransferMethod::parse)
                .collect::<Vec<_>>();
            return Some(Self {
                types: texts(object.get("allowed_file_types")).filter_map(FileType::parse).collect(),
                extensions: texts(object.get("allowed_file_extensions"))
                    .map(|e| e.trim_start_matches('.').to_ascii_lowercase())
                    .collect(),
                methods: if methods.is_empty() { both_methods() } else { methods },
                number_limit: number(object.get("number_limits")),
                image_detail,
            });
        }
        // Releases before file types were configurable know pictures only.
        let image = image.filter(|i| flag(i))?;
        let methods = texts(image.get("transfer_methods")).filter_map(FileTransferMethod::parse).collect::<Vec<_>>();
        Some(Self {
            types: vec![FileType::Image],
            extensions: Vec::new(),
            methods: if methods.is_empty() { both_methods() } else { methods },
            number_limit: number(image.get("number_limits")),
            image_detail,
        })
    }
}

fn both_methods() -> Vec<FileTransferMethod> {
    vec![FileTransferMethod::RemoteUrl, FileTransferMethod::LocalFile]
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn number(value: Option<&Value>) -> usize {
    value.and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(DEFAULT_NUMBER_LIMIT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Option<FileUpload> {
        let mut document = ConfigDocument::default();
        document.set("file_upload", value);
        FileUpload::read(&document)
    }

    #[test]
    fn off_means_none() {
        assert_eq!(read(json!({})), None);
        assert_eq!(read(json!({"image": {"enabled": false}})), None);
        assert_eq!(read(json!({"enabled": false, "allowed_file_types": ["image"]})), None);
    }

    #[test]
    fn both_generations_are_read() {
        let old = read(json!({"image": {"enabled": true, "number_limits": 2, "detail": "low", "transfer_methods": ["local_file"]}})).unwrap();
        assert_eq!(
            (old.number_limit, old.image_detail, old.methods),
            (2, ImageDetail::Low, vec![FileTransferMethod::LocalFile])
        );
        let new = read(json!({"enabled": true, "allowed_file_types": ["custom"], "allowed_file_extensions": [".PDF"]}))
            .unwrap();
        assert_eq!((new.types, new.extensions, new.number_limit), (vec![FileType::Custom], vec!["pdf".to_owned()], 3));
    }
}
