//! Which items of a list stay.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::nodes::fields::LooseText;
use crate::pool::Variables;
use crate::template::Template;
use crate::value::{ArrayKind, Value};

#[derive(Debug, Deserialize)]
pub(super) struct FilterCondition {
    /// An attribute of files.
    #[serde(default)]
    key: LooseText,
    #[serde(default = "contains")]
    comparison_operator: String,
    #[serde(default)]
    value: Json,
}

fn contains() -> String {
    "contains".to_owned()
}

/// What an item is compared with.
enum Wanted {
    Text(String),
    Texts(Vec<String>),
}

impl FilterCondition {
    pub(super) fn keep(
        &self,
        kind: ArrayKind,
        items: Vec<Value>,
        variables: &Variables<'_>,
    ) -> Result<Vec<Value>, String> {
        let wanted = match &self.value {
            Json::Array(texts) => Wanted::Texts(texts.iter().map(text_of).collect()),
            other @ Json::Null
            | other @ Json::Bool(_)
            | other @ Json::Number(_)
            | other @ Json::String(_)
            | other @ Json::Object(_) => Wanted::Text(Template::parse(&text_of(other)).render(variables)),
        };
        let mut kept = Vec::new();
        for item in items {
            if self.holds(kind, &item, &wanted)? {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    fn holds(&self, kind: ArrayKind, item: &Value, wanted: &Wanted) -> Result<bool, String> {
        match kind {
            ArrayKind::String => self.text_holds(item.as_str().unwrap_or_default(), wanted),
            ArrayKind::Number => self.number_holds(item, wanted),
            ArrayKind::Boolean => self.boolean_holds(item, wanted),
            ArrayKind::File => self.file_holds(item, wanted),
            ArrayKind::Object | ArrayKind::Any => {
                Err("only texts, numbers, truth values and files can be filtered".into())
            }
        }
    }

    fn unknown(&self) -> String {
        format!("Invalid condition: {}", self.comparison_operator)
    }

    fn text_holds(&self, text: &str, wanted: &Wanted) -> Result<bool, String> {
        let one = || match wanted {
            Wanted::Text(text) => Ok(text.as_str()),
            Wanted::Texts(_) => Err(format!("`{}` needs a text", self.comparison_operator)),
        };
        // A list of texts, or a text that the item may be a part of.
        let is_in = || match wanted {
            Wanted::Text(whole) => whole.contains(text),
            Wanted::Texts(texts) => texts.iter().any(|one| one == text),
        };
        Ok(match self.comparison_operator.as_str() {
            "contains" => text.contains(one()?),
            "not contains" => !text.contains(one()?),
            "start with" => text.starts_with(one()?),
            "end with" => text.ends_with(one()?),
            "is" => text == one()?,
            "is not" => text != one()?,
            "in" => is_in(),
            "not in" => !is_in(),
            "empty" => text.is_empty(),
            "not empty" => !text.is_empty(),
            _ => return Err(self.unknown()),
        })
    }

    fn number_holds(&self, item: &Value, wanted: &Wanted) -> Result<bool, String> {
        let Wanted::Text(text) = wanted else { return Err(format!("`{}` needs a number", self.comparison_operator)) };
        let wanted: f64 = text.trim().parse().map_err(|_not_a_number| format!("`{text}` is no number"))?;
        let number = item.as_f64().ok_or("an item is no number")?;
        Ok(match self.comparison_operator.as_str() {
            "=" => number == wanted,
            "≠" => number != wanted,
            "<" => number < wanted,
            ">" => number > wanted,
            "≤" => number <= wanted,
            "≥" => number >= wanted,
            _ => return Err(self.unknown()),
        })
    }

    fn boolean_holds(&self, item: &Value, wanted: &Wanted) -> Result<bool, String> {
        let Wanted::Text(text) = wanted else {
            return Err(format!("`{}` needs true or false", self.comparison_operator));
        };
        let wanted = match text.trim().to_lowercase().as_str() {
            "true" | "1" | "yes" => true,
            "false" | "0" | "no" | "" => false,
            _ => return Err(format!("`{text}` is neither true nor false")),
        };
        let same = item.is_truthy() == wanted;
        match self.comparison_operator.as_str() {
            "is" | "=" => Ok(same),
            "is not" | "≠" => Ok(!same),
            _ => Err(self.unknown()),
        }
    }

    fn file_holds(&self, item: &Value, wanted: &Wanted) -> Result<bool, String> {
        let file = item.as_file().ok_or("an item is no file")?;
        let attribute = file.attribute(&self.key.0).ok_or_else(|| format!("Invalid key: {}", self.key.0))?;
        if self.key.0 == "size" {
            return self.number_holds(&attribute, wanted);
        }
        self.text_holds(attribute.as_str().unwrap_or_default(), wanted)
    }
}

fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        Json::Bool(true) => "true".to_owned(),
        other @ Json::Bool(_) | other @ Json::Number(_) | other @ Json::Array(_) | other @ Json::Object(_) => {
            other.to_string()
        }
    }
}
