use proptest::prelude::*;

use super::*;

/// JSON of every kind, most of it with the names that messages have.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no such number", |n| n.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "(2\\.0|ping|tools/(call|list)|initialize|notifications/[a-z]{1,4})".prop_map(Value::from),
    ];
    let names = "(jsonrpc|method|params|id|name|arguments|protocolVersion|capabilities|clientInfo|version|[a-z]{0,3})";
    leaf.prop_recursive(4, 30, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_message_is_read_or_refused(params in json(), id in json(), method in "(ping|initialize|tools/(call|list)|\\PC{0,12})") {
        let message = serde_json::json!({"jsonrpc": "2.0", "method": method, "params": params, "id": id});
        let fits = (params.is_object() || params.is_null()) && (id.is_null() || id.is_string() || id.is_i64());
        let read = serde_json::from_value::<Message>(message);
        prop_assert_eq!(read.is_ok(), fits);
        let Ok(read) = read else { return Ok(()) };
        // What an answer is recognised by comes back as it was.
        prop_assert_eq!(serde_json::to_value(&read.id).unwrap(), id);
        match Call::read(&read.method, read.params) {
            Ok(Call::Other) => prop_assert!(!method.starts_with("tools/") && !method.starts_with("notifications/")),
            Ok(_) => {}
            Err(fault) => prop_assert_eq!((fault.status.as_u16(), fault.code), (400, -32602)),
        }
    }

    #[test]
    fn parameters_are_calls_or_faults(params in json(), method in "(initialize|tools/call)") {
        let Value::Object(params) = params else { return Ok(()) };
        let named = params.get("name").is_some_and(Value::is_string);
        let arguments = params.get("arguments").is_none_or(|a| a.is_object() || a.is_null());
        match Call::read(&method, Some(params.clone())) {
            Ok(Call::UseTool(given)) => {
                prop_assert!(named && arguments);
                prop_assert_eq!(Value::Object(given.clone()), params.get("arguments").filter(|a| !a.is_null()).cloned().unwrap_or_else(|| Value::Object(given)));
            }
            Ok(call) => prop_assert!(matches!(call, Call::Initialize(_))),
            Err(fault) => prop_assert_eq!((fault.status.as_u16(), fault.code), (400, -32602)),
        }
    }
}
