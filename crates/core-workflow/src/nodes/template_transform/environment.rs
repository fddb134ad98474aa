//! What templates find: Jinja2's filters and functions, and Python's methods of values.

use std::sync::LazyLock;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, State, Value, escape_formatter};

use super::{filters, text_methods};
use crate::value::python;

/// Set up once; a clone is cheap beside a template's compilation.
pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_unknown_method_callback(method);
    environment.set_recursion_limit(100);
    environment.add_filter("truncate", filters::truncate);
    environment.add_filter("wordcount", filters::wordcount);
    environment.add_filter("center", text_methods::center);
    environment.add_filter("striptags", minijinja_contrib::filters::striptags);
    environment.add_filter("filesizeformat", minijinja_contrib::filters::filesizeformat);
    environment.add_filter("random", minijinja_contrib::filters::random);
    environment.add_function("joiner", minijinja_contrib::globals::joiner);
    environment.set_formatter(|out, state, value| {
        if value.kind() == ValueKind::Number
            && !value.is_integer()
            && let Ok(number) = f64::try_from(value.clone())
        {
            return out.write_str(&python::float(number)).map_err(Into::into);
        }
        escape_formatter(out, state, value)
    });
    environment
});

fn method(state: &mut State<'_, '_>, value: &Value, name: &str, arguments: &[Value]) -> Result<Value, Error> {
    if let Some(text) = value.as_str()
        && let Some(result) = text_methods::call(state, text, name, arguments)
    {
        return result;
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, arguments)
}
