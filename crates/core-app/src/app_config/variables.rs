//! The form that a person fills in before asking.

use models::{FileTransferMethod, FileType};
use serde_json::Value;

use super::ConfigDocument;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableKind {
    TextInput,
    Paragraph,
    Select,
    Number,
    Checkbox,
    File,
    FileList,
    JsonObject,
    ExternalDataTool,
}

impl VariableKind {
    /// The text on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "text-input" => Self::TextInput,
            "paragraph" => Self::Paragraph,
            "select" => Self::Select,
            "number" => Self::Number,
            "checkbox" => Self::Checkbox,
            "file" => Self::File,
            "file-list" => Self::FileList,
            "json_object" => Self::JsonObject,
            "external_data_tool" => Self::ExternalDataTool,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone)]
pub struct Variable {
    pub kind: VariableKind,
    pub name: String,
    pub label: String,
    pub required: bool,
    pub default: Option<Value>,
    /// Characters of a text, files of a list.
    pub max_length: Option<usize>,
    pub options: Vec<String>,
    pub allowed_types: Vec<FileType>,
    pub allowed_extensions: Vec<String>,
    pub allowed_methods: Vec<FileTransferMethod>,
}

impl Variable {
    pub(super) fn read_all(document: &ConfigDocument) -> Vec<Self> {
        let form = document.get("user_input_form").and_then(Value::as_array);
        form.into_iter().flatten().filter_map(Self::read).collect()
    }

    /// Reads one item `{<type>: {variable, label, ...}}`.
    fn read(item: &Value) -> Option<Self> {
        let (kind, inner) = item.as_object()?.iter().next()?;
        let text = |key: &str| inner.get(key).and_then(Value::as_str);
        let texts = |key: &str| {
            let list = inner.get(key).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str)
        };
        Some(Self {
            kind: VariableKind::parse(kind)?,
            name: text("variable")?.to_owned(),
            label: text("label").unwrap_or_default().to_owned(),
            required: inner.get("required").and_then(Value::as_bool).unwrap_or(false),
            default: inner.get("default").filter(|v| !v.is_null()).cloned(),
            max_length: inner
                .get("max_length")
                .and_then(Value::as_u64)
                .filter(|n| *n > 0)
                .and_then(|n| usize::try_from(n).ok()),
            options: texts("options").map(str::to_owned).collect(),
            allowed_types: texts("allowed_file_types").filter_map(FileType::parse).collect(),
            allowed_extensions: texts("allowed_file_extensions")
                .map(|e| e.trim_start_matches('.').to_ascii_lowercase())
                .collect(),
            allowed_methods: texts("allowed_file_upload_methods").filter_map(FileTransferMethod::parse).collect(),
        })
    }
}
