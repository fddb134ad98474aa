//! The routes that a tier describes, with the fields that they take.

use config::Tier;
use reqwest::Method;
use serde_json::{Map, Value};

/// One route that takes a body or a query.
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: String,
    /// Fields of the JSON body with their schemas; `None` where the route takes no JSON.
    pub(super) body: Option<Map<String, Value>>,
    pub(super) query: Vec<String>,
}

pub(super) fn routes(tier: Tier) -> Vec<Route> {
    let document = serde_json::to_value(server::openapi(tier).unwrap()).unwrap();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            let schema = operation.pointer("/requestBody/content/application~1json/schema");
            let body = schema.map(|schema| fields(&document, schema));
            let parameters = operation.get("parameters").and_then(Value::as_array);
            let of_query = parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query");
            let query: Vec<_> = of_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
            if body.is_some() || !query.is_empty() {
                let method = method.to_uppercase().parse().unwrap();
                routes.push(Route { method, path: path.clone(), body, query });
            }
        }
    }
    routes
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(path) => resolved(document, document.pointer(path.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// The fields of an object, also where it is put together from several.
fn fields(document: &Value, schema: &Value) -> Map<String, Value> {
    let schema = resolved(document, schema);
    let mut all = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        all.extend(fields(document, part));
    }
    all
}
