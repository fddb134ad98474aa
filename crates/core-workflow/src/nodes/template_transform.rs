//! `template-transform`: a Jinja2 template over named variables.

mod environment;
mod filters;
mod text_methods;

use std::io;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, ErrorKind};
use serde::Deserialize;

use super::fields::{self, LooseText, NamedSelector};
use crate::graph::NodeSpec;
use crate::limits::Limits;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::registry::Body;
use crate::value::{Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    template: LooseText,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    variables: Vec<NamedSelector>,
}

#[derive(Debug)]
struct TemplateTransform {
    template: JinjaTemplate,
    variables: Vec<NamedSelector>,
}

/// A compiled Jinja2 template, or why it cannot be compiled.
#[derive(Debug, Clone)]
pub(crate) struct JinjaTemplate(Result<Arc<Environment<'static>>, String>);

/// Steps that a template may take in the run's own task; a longer one is moved to a thread.
const QUICK_FUEL: u64 = 50_000;
const NAME: &str = "template";

/// Why a template has no output.
enum RenderError {
    OutOfFuel,
    TooLong,
    Failed(String),
}

impl JinjaTemplate {
    pub(crate) fn compile(source: &str) -> Self {
        let mut environment = environment::ENVIRONMENT.clone();
        let added = environment.add_template_owned(NAME, source.to_owned());
        Self(added.map(|()| Arc::new(environment)).map_err(|error| message(&error)))
    }

    /// The same for HTML: values are escaped.
    pub(crate) fn compile_html(source: &str) -> Self {
        let mut environment = environment::ENVIRONMENT.clone();
        environment.set_auto_escape_callback(|_name| AutoEscape::Html);
        let added = environment.add_template_owned(NAME, source.to_owned());
        Self(added.map(|()| Arc::new(environment)).map_err(|error| message(&error)))
    }

    /// The text, at once and in the caller's thread.
    pub(crate) fn text_now(&self, variables: &Map, fuel: u64, max: usize) -> Result<String, String> {
        self.render_with(variables, fuel, max).map_err(|error| error.text(max))
    }

    fn render_with(&self, variables: &Map, fuel: u64, max: usize) -> Result<String, RenderError> {
        let environment = self.0.as_ref().map_err(|reason| RenderError::Failed(reason.clone()))?;
        let mut environment = environment.as_ref().clone();
        environment.set_fuel(Some(fuel));
        let template = environment.get_template(NAME).map_err(|e| RenderError::Failed(message(&e)))?;
        let context: minijinja::Value =
            minijinja::Value::from_pairs(variables.iter().map(|(name, value)| (name.as_str(), jinja_value(value))));
        // Characters are at most four bytes.
        let mut out = Limited { text: Vec::new(), max: max.saturating_mul(4) };
        match template.render_captured_to(context, &mut out) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::OutOfFuel => return Err(RenderError::OutOfFuel),
            Err(error) if error.kind() == ErrorKind::WriteFailure => return Err(RenderError::TooLong),
            Err(error) => return Err(RenderError::Failed(message(&error))),
        }
        let text = String::from_utf8(out.text).map_err(|e| RenderError::Failed(e.to_string()))?;
        if text.len() > max && text.chars().count() > max {
            return Err(RenderError::TooLong);
        }
        Ok(text)
    }

    /// The text, for nodes that wait for other things too.
    pub(crate) async fn text(&self, variables: Map, limits: &Limits) -> Result<String, String> {
        let (fuel, max) = (limits.template_fuel, limits.max_template_length);
        match self.render_with(&variables, fuel.min(QUICK_FUEL), max) {
            Err(RenderError::OutOfFuel) if fuel > QUICK_FUEL => {}
            other => return other.map_err(|error| error.text(max)),
        }
        let template = self.clone();
        let rendering = tokio::task::spawn_blocking(move || template.render_with(&variables, fuel, max));
        match rendering.await {
            Ok(text) => text.map_err(|error| error.text(max)),
            Err(error) => Err(format!("the template could not be rendered: {error}")),
        }
    }

    /// The text; `finish` makes the attempt's end of it. Quick templates are done at once.
    pub(crate) fn render(
        &self,
        variables: Map,
        limits: &Limits,
        finish: impl FnOnce(Map, Result<String, String>) -> Result<Outcome, NodeError> + Send + 'static,
    ) -> Step {
        let (fuel, max) = (limits.template_fuel, limits.max_template_length);
        match self.render_with(&variables, fuel.min(QUICK_FUEL), max) {
            Err(RenderError::OutOfFuel) if fuel > QUICK_FUEL => {}
            other => return Step::Done(finish(variables, other.map_err(|error| error.text(max)))),
        }
        let template = self.clone();
        Step::pending(async move {
            let rendering = tokio::task::spawn_blocking(move || {
                let text = template.render_with(&variables, fuel, max).map_err(|error| error.text(max));
                (variables, text)
            });
            match rendering.await {
                Ok((variables, text)) => finish(variables, text),
                Err(error) => Err(NodeError::generic(format!("the template could not be rendered: {error}"))),
            }
        })
    }
}

fn jinja_value(value: &Value) -> minijinja::Value {
    match value {
        Value::None => minijinja::Value::from(()),
        Value::String(text) | Value::Secret(text) => minijinja::Value::from(Arc::clone(text)),
        Value::Integer(number) => minijinja::Value::from(*number),
        Value::Float(number) => minijinja::Value::from(*number),
        Value::Boolean(yes) => minijinja::Value::from(*yes),
        Value::Object(map) => {
            minijinja::Value::from_pairs(map.iter().map(|(key, item)| (key.as_str(), jinja_value(item))))
        }
        Value::File(file) => jinja_value(&Value::plain(file.to_json())),
        Value::Array(array) => array.items.iter().map(jinja_value).collect(),
    }
}

impl RenderError {
    fn text(self, max: usize) -> String {
        match self {
            Self::OutOfFuel => "the template takes too many steps or too much memory".to_owned(),
            Self::TooLong => format!("Output length exceeds {max} characters"),
            Self::Failed(reason) => reason,
        }
    }
}

fn message(error: &minijinja::Error) -> String {
    let place = error.line().map(|line| format!(" (line {line})")).unwrap_or_default();
    error
        .detail()
        .map_or_else(|| format!("{}{place}", error.kind()), |detail| format!("{}: {detail}{place}", error.kind()))
}

/// Text up to a limit.
struct Limited {
    text: Vec<u8>,
    max: usize,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the output is too long"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let template = JinjaTemplate::compile(&fields.template.0);
    Ok(Body::Leaf(Arc::new(TemplateTransform { template, variables: fields.variables })))
}

/// Named values; what leads nowhere is nothing.
pub(crate) fn named_values(variables: &[NamedSelector], visit: &Visit<'_>) -> Map {
    let value = |variable: &NamedSelector| {
        let selector = variable.value_selector.0.as_ref();
        let value = selector.and_then(|selector| visit.variables.get(selector));
        (variable.variable.clone(), value.map_or(Value::None, std::borrow::Cow::into_owned))
    };
    variables.iter().map(value).collect()
}

impl Node for TemplateTransform {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let variables = named_values(&self.variables, visit);
        self.template.render(variables, &visit.run.limits, |inputs, text| match text {
            Ok(text) => {
                let outputs = Map::from_iter([("output".to_owned(), Value::from(text))]);
                Ok(Outcome { inputs, outputs, ..Outcome::default() })
            }
            Err(reason) => Err(NodeError::generic(reason).with_inputs(inputs)),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(template: &str) -> String {
        let values = json!({"s": "Hello, wörld", "l": [3, 1, 2], "f": 2.5, "long": "The quick brown fox jumps"});
        let Value::Object(values) = Value::plain(values) else { panic!("an object") };
        let rendered = JinjaTemplate::compile(template).render_with(&values, 100_000, 10_000);
        rendered.unwrap_or_else(|error| format!("error: {}", error.text(10_000)))
    }

    #[test]
    fn templates_find_what_jinja2_and_python_have() {
        // As jinja2 3.1 renders them.
        for (template, expected) in [
            (
                "{{ long|truncate(12) }}|{{ long|truncate(12, True) }}|{{ long|truncate(12, end='~', leeway=0) }}",
                "The...|The quick...|The quick~",
            ),
            ("{{ s|truncate(8) }}|{{ s|truncate(length=6, killwords=true, leeway=0) }}", "Hello, wörld|Hel..."),
            ("{{ s|wordcount }} {{ 'a-b c_d'|wordcount }}", "2 3"),
            ("{{ s|urlencode }} {{ '<p>a <b>b</b></p>'|striptags }}", "Hello%2C%20w%C3%B6rld a b"),
            ("[{{ 'ab'|center(5) }}] [{{ 'abc'.center(6, '*') }}] [{{ 'abc'.center(4) }}]", "[  ab ] [*abc**] [abc ]"),
            ("{{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'x'.rjust(3) }}| {{ 'x'.ljust(3, '.') }}", "007 -007   x| x.."),
            (
                "{{ s.partition(', ') }} {{ 'a.b.c'.rpartition('.') }} {{ 'a'.partition('.') }}",
                "('Hello', ', ', 'wörld') ('a.b', '.', 'c') ('a', '', '')",
            ),
            ("{{ 'a.txt'.removesuffix('.txt') }} {{ 'un-do'.removeprefix('un-') }} {{ 'aB'.swapcase() }}", "a do Ab"),
            ("{{ s.index('wö') }} {{ s.find('wö') }} {{ 'ẞ'.casefold() }}", "7 7 ss"),
            ("{% set j = joiner('-') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}", "3-1-2"),
        ] {
            assert_eq!(rendered(template), expected, "{template}");
        }
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        for (template, part) in [
            ("{{ 'a'.zfill(2000000) }}", "a width of 2000000 is more than 1000000"),
            ("{{ 'a'.center(9, 'xy') }}", "exactly one character"),
            ("{{ s.index('z') }}", "substring not found"),
            ("{{ s.partition('') }}", "empty separator"),
            ("{{ s.encode() }}", "encode"),
            ("{{ s|truncate(2) }}", "no room"),
        ] {
            let text = rendered(template);
            assert!(text.starts_with("error: ") && text.contains(part), "{template}: {text}");
        }
    }
}
