use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// JSON as text, with numbers and escapes of every kind.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "(null|true|false)",
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        "\"(\\\\u[0-9a-fA-F]{4}|\\\\[\"\\\\/bfnrt]|[a-z ])*\"",
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(" , "))),
            prop::collection::vec(("[a-z]{0,4}", inner), 0..5).prop_map(|fields| {
                let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\" :\n{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_is_json_is_read_and_written_without_loss(text in json()) {
        let tree = Tree::from_json(&text).unwrap();
        let written = tree.to_json();
        prop_assert_eq!(&Tree::from_json(&written).unwrap(), &tree);
        prop_assert_eq!(Tree::from_json(&written).unwrap().to_json(), written);
    }

    #[test]
    fn texts_lose_nothing_but_nul(text: String) {
        let json = Value::from(text.as_str()).to_string();
        prop_assert_eq!(Tree::from_json(&json).unwrap(), Tree::text(text.replace('\0', "")));
    }

    #[test]
    fn only_json_is_read(text in "(\\PC{0,40}|[\"{}\\[\\]:,\\\\ua-f0-9 .+-]{0,40})") {
        let strict = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        let read = Tree::from_json(&text).is_ok();
        // Halves of surrogate pairs are no fault here.
        prop_assert!(!strict || read, "{:?} is JSON", text);
        prop_assert!(!read || strict || text.contains("\\u"), "{:?} is no JSON", text);
    }
}
