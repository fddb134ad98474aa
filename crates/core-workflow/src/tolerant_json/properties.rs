use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// JSON values of every kind.
fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<i32>().prop_map(|eighths| Json::from(f64::from(eighths) / 8.0)),
        "\\PC{0,12}".prop_map(Json::from),
        "[\"'\\\\{}\\[\\]:,\n\u{0}/a]{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec(("[\"a-z:, ]{0,6}", inner), 0..6)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn json_is_left_as_it_is(value in json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(repair(&text), Some(value.to_string()));
        }
    }

    #[test]
    fn json_is_found_in_prose(value in json(), before in "[a-z .,!\n]{0,20}", after in "[a-z .!\n]{0,20}") {
        prop_assume!(value.is_array() || value.is_object());
        prop_assert_eq!(parse(&format!("{before}\n```json\n{value}\n```\n{after}")), Some(value));
    }

    #[test]
    fn whatever_comes_out_of_anything_is_json(text in "(\\PC{0,60}|[\"'{}\\[\\]:,\\\\ua-f0-9/*\n \u{201c}\u{201d}-]{0,60})") {
        if let Some(repaired) = repair(&text) {
            prop_assert!(serde_json::from_str::<IgnoredAny>(&repaired).is_ok(), "{:?} became {:?}", text, repaired);
        }
        let _ = first_object(&text);
    }

    #[test]
    fn json_that_was_cut_off_is_json(value in json(), end: Index) {
        let text = value.to_string();
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let text = text.get(..ends[end.index(ends.len())]).unwrap();
        if let Some(repaired) = repair(text) {
            prop_assert!(serde_json::from_str::<IgnoredAny>(&repaired).is_ok(), "{:?} became {:?}", text, repaired);
        }
    }
}
