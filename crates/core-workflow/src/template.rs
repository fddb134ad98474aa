//! Texts with references to variables: `Hello {{#start.name#}}`.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::pool::Variables;
use crate::selector::Selector;
use crate::value::File;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Text(Arc<str>),
    Variable(Selector),
}

/// A text with its references found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    segments: Vec<Segment>,
}

/// What counts as a reference; anything else in braces is plain text. The limits are the contract's.
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a literal, compiled by every test")]
    Regex::new(r"\{\{#([a-zA-Z0-9_]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}").expect("the pattern is valid")
});

impl Template {
    pub fn parse(text: &str) -> Self {
        if !text.contains("{{#") {
            return Self::literal(text);
        }
        let mut segments = Vec::new();
        let mut end = 0;
        let push_text = |segments: &mut Vec<Segment>, from: usize, to: usize| {
            if let Some(text) = text.get(from..to).filter(|text| !text.is_empty()) {
                segments.push(Segment::Text(text.into()));
            }
        };
        for captures in REFERENCE.captures_iter(text) {
            let (Some(whole), Some(reference)) = (captures.get(0), captures.get(1)) else { continue };
            push_text(&mut segments, end, whole.start());
            if let Some(selector) = Selector::new(reference.as_str().split('.')) {
                segments.push(Segment::Variable(selector));
            }
            end = whole.end();
        }
        push_text(&mut segments, end, text.len());
        Self { segments }
    }

    fn literal(text: &str) -> Self {
        let segments = if text.is_empty() { Vec::new() } else { vec![Segment::Text(text.into())] };
        Self { segments }
    }

    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The variables it refers to, in order, as often as they occur.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Variable(selector) => Some(selector),
            Segment::Text(_) => None,
        })
    }

    /// The text with every reference replaced by its value's text; one that leads nowhere by its own dotted name.
    pub fn render(&self, variables: &Variables<'_>) -> String {
        self.render_with(variables, crate::value::Value::text)
    }

    /// As answers are written.
    pub fn render_markdown(&self, variables: &Variables<'_>) -> String {
        self.render_with(variables, crate::value::Value::markdown)
    }

    /// As a log may show it: without secrets.
    pub fn render_log(&self, variables: &Variables<'_>) -> String {
        self.render_with(variables, crate::value::Value::log)
    }

    fn render_with(&self, variables: &Variables<'_>, form: impl Fn(&crate::value::Value) -> String) -> String {
        let mut out = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Text(text) => out.push_str(text),
                Segment::Variable(selector) => match variables.get(selector) {
                    Some(value) => out.push_str(&form(&value)),
                    None => out.push_str(&selector.dotted()),
                },
            }
        }
        out
    }

    /// All files that it refers to.
    pub fn files(&self, variables: &Variables<'_>) -> Vec<Arc<File>> {
        self.selectors().filter_map(|selector| variables.get(selector)).flat_map(|value| value.files()).collect()
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Pool;
    use crate::value::Value;

    #[test]
    fn what_is_no_reference_stays_text() {
        let mut pool = Pool::default();
        pool.set("n1", "name", Value::from("Ada"));
        pool.set("n1", "o", Value::from_json(serde_json::json!({"k": null, "l": [1, "x"]})));
        let cases = [
            ("Hi {{#n1.name#}}!", "Hi Ada!"),
            ("{{ name }} {{#bad-id.x#}} {{#n1#}} {{#n1.1x#}}", "{{ name }} {{#bad-id.x#}} {{#n1#}} {{#n1.1x#}}"),
            ("{{#start.o.z#}}|{{#n1.o.z#}}|{{#n1.o.k#}}|", "start.o.z|n1.o.z||"),
            ("{{#n1.o.l#}}", "[1, 'x']"),
            ("", ""),
        ];
        for (template, expected) in cases {
            assert_eq!(Template::parse(template).render(&Variables::of(&pool)), expected, "{template}");
        }
    }
}
