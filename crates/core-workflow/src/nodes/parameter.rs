//! Parameters of tools and agents: constants, texts with references, variables.

use serde_json::Value as Json;

use super::fields::ParameterFields;
use crate::pool::Variables;
use crate::selector::Selector;
use crate::template::Template;
use crate::value::{Map, Value};

/// Where a parameter's value comes from.
#[derive(Debug)]
pub(crate) enum Parameter {
    /// As it is. `None`: written as a selector, but none.
    Variable(Option<Selector>),
    Text(Template),
    /// Every text in it is filled in.
    Structure(Json),
    /// Nothing in it is a reference.
    Plain(Json),
}

/// A value, and what a log may show of it.
pub(crate) struct Filled {
    pub value: Value,
    pub shown: Value,
}

impl Parameter {
    /// `None` for a parameter without a value.
    pub(crate) fn build(fields: ParameterFields) -> Result<Option<Self>, String> {
        if fields.value.is_null() {
            return Ok(None);
        }
        Ok(Some(match fields.kind.as_str() {
            "variable" => Self::Variable(selector(&fields.value)),
            "mixed" | "constant" => Self::constant(fields.value),
            other => return Err(format!("Unknown tool input type '{other}'")),
        }))
    }

    pub(crate) fn constant(value: Json) -> Self {
        match value {
            Json::String(text) => Self::Text(Template::parse(&text)),
            other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => {
                Self::Structure(other)
            }
        }
    }

    /// The value, or why there is none.
    pub(crate) fn fill(&self, variables: &Variables<'_>) -> Result<Filled, String> {
        match self {
            Self::Variable(selector) => {
                let value = selector.as_ref().and_then(|selector| variables.get(selector));
                let Some(value) = value else {
                    let name = selector.as_ref().map_or_else(|| "[]".to_owned(), ToString::to_string);
                    return Err(format!("Variable {name} does not exist"));
                };
                let value = value.into_owned();
                let shown = if matches!(value, Value::Secret(_)) { Value::from(value.log()) } else { value.clone() };
                Ok(Filled { value, shown })
            }
            Self::Text(template) => Ok(Filled {
                value: Value::from(template.render(variables)),
                shown: Value::from(template.render_log(variables)),
            }),
            Self::Plain(json) => {
                let value = Value::plain(json.clone());
                Ok(Filled { shown: value.clone(), value })
            }
            Self::Structure(json) => Ok(Filled {
                value: structure(json, &|template| template.render(variables)),
                shown: structure(json, &|template| template.render_log(variables)),
            }),
        }
    }
}

/// A selector that is written as a list.
fn selector(value: &Json) -> Option<Selector> {
    let parts: Option<Vec<&str>> = value.as_array()?.iter().map(Json::as_str).collect();
    Selector::new(parts?)
}

fn structure(json: &Json, text: &impl Fn(&Template) -> String) -> Value {
    match json {
        Json::String(template) => Value::from(text(&Template::parse(template))),
        Json::Array(items) => Value::array(items.iter().map(|item| structure(item, text)).collect()),
        Json::Object(object) => {
            let map: Map = object.iter().map(|(key, item)| (key.clone(), structure(item, text))).collect();
            Value::object(map)
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => Value::plain(json.clone()),
    }
}
