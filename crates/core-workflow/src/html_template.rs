//! Jinja2 templates that make HTML, outside of workflows: values are escaped.

use serde_json::{Map as JsonMap, Value as Json};

use crate::nodes::template_transform::JinjaTemplate;
use crate::value::{Map, Value};

/// What one template may cost.
#[derive(Debug, Clone, Copy)]
pub struct TemplateLimits {
    /// Steps; some ten thousand take a millisecond.
    pub fuel: u64,
    /// Characters of the output.
    pub max_length: usize,
}

/// The template with the values in it, each escaped for HTML unless the template says `safe`. Takes as long as its fuel
/// lasts.
///
/// # Errors
/// Says what is wrong with the template, or that it takes too many steps or gets too long.
pub fn render_html(source: &str, values: &JsonMap<String, Json>, limits: TemplateLimits) -> Result<String, String> {
    let values: Map = values.iter().map(|(name, value)| (name.clone(), Value::plain(value.clone()))).collect();
    JinjaTemplate::compile_html(source).text_now(&values, limits.fuel, limits.max_length)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(source: &str) -> Result<String, String> {
        let values = json!({"name": "<b>\"Ann\" & co</b>", "n": 3});
        let limits = TemplateLimits { fuel: 10_000, max_length: 500 };
        render_html(source, values.as_object().unwrap(), limits)
    }

    #[test]
    fn values_cannot_add_markup() {
        let expected = "<p>&lt;b&gt;&quot;Ann&quot; &amp; co&lt;&#x2f;b&gt; 3 </p>";
        assert_eq!(rendered("<p>{{ name }} {{ n }} {{ missing }}</p>").unwrap(), expected);
        assert!(rendered("{{ name|upper }}").unwrap().starts_with("&lt;B&gt;"));
        assert!(rendered("{% set x = name ~ '!' %}{{ x }}").unwrap().starts_with("&lt;b&gt;"));
    }

    #[test]
    fn templates_end() {
        assert!(rendered("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}").is_err());
        assert!(rendered("{% for a in range(600) %}x{% endfor %}").is_err());
        assert!(rendered("{{ name").is_err());
    }
}
