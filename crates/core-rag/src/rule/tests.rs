use serde_json::{Value, json};

use super::*;

fn request() -> Value {
    json!({"mode": "custom", "rules": {
        "pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": true}],
        "segmentation": {"separator": "###", "max_tokens": 300, "chunk_overlap": 20},
    }})
}

/// The request with one part replaced, or taken out by null.
fn with(pointer: &str, value: Value) -> Value {
    let mut request = request();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    request.pointer_mut(parent).unwrap()[key] = value;
    request
}

#[test]
fn a_custom_rule() {
    let rule = ProcessRule::from_request(&request()).unwrap();
    let rules = rule.rules.as_ref().unwrap();
    assert_eq!(rule.mode, Mode::Custom);
    assert_eq!(rules.segmentation, Segmentation { separator: "###".into(), max_tokens: Some(300), chunk_overlap: 20 });
    assert!(rules.enables(REMOVE_EXTRA_SPACES) && !rules.enables(REMOVE_URLS_EMAILS));
    assert_eq!(ProcessRule::stored("custom", Some(&rule.to_stored_json())).unwrap(), rule);
    assert_eq!(rule.to_json(), request()["rules"]);
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        (json!([]), "Process rule process_rule is invalid"),
        (json!({}), "Process rule mode is required"),
        (with("/mode", json!(3)), "Process rule mode is invalid"),
        (
            with("/mode", json!("clever")),
            "Process rule mode `clever` is unknown: it must be automatic, custom or hierarchical",
        ),
        (with("/rules", Value::Null), "Process rule rules is required"),
        (with("/rules", json!({})), "Process rule rules is required"),
        (with("/rules", json!("x")), "Process rule rules is invalid"),
        (with("/rules/pre_processing_rules", Value::Null), "Process rule pre_processing_rules is required"),
        (with("/rules/pre_processing_rules", json!({})), "Process rule pre_processing_rules is invalid"),
        (
            with("/rules/pre_processing_rules", json!([{"enabled": true}])),
            "Process rule pre_processing_rules id is required",
        ),
        (
            with("/rules/pre_processing_rules", json!([{"id": "x", "enabled": 1}])),
            "Process rule pre_processing_rules enabled is invalid",
        ),
        (with("/rules/pre_processing_rules", json!(["x"])), "Process rule pre_processing_rules id is required"),
        (with("/rules/segmentation", Value::Null), "Process rule segmentation is required"),
        (with("/rules/segmentation/separator", json!("")), "Process rule segmentation separator is required"),
        (with("/rules/segmentation/separator", json!(1)), "Process rule segmentation separator is invalid"),
        (with("/rules/segmentation/max_tokens", Value::Null), "Process rule segmentation max_tokens is required"),
        (with("/rules/segmentation/max_tokens", json!("9")), "Process rule segmentation max_tokens is invalid"),
        (with("/rules/segmentation/max_tokens", json!(9.5)), "Process rule segmentation max_tokens is invalid"),
        (with("/rules/segmentation/max_tokens", json!(-1)), "Process rule segmentation max_tokens is invalid"),
        (with("/rules/segmentation/chunk_overlap", json!(-1)), "Process rule segmentation chunk_overlap is invalid"),
        (with("/rules/parent_mode", json!("page")), "Process rule parent_mode is invalid"),
        (
            with("/rules/subchunk_segmentation", json!({"separator": "\n"})),
            "Process rule subchunk_segmentation max_tokens is required",
        ),
    ];
    for (request, message) in cases {
        assert_eq!(ProcessRule::from_request(&request).unwrap_err().to_string(), message, "{request}");
    }
}

#[test]
fn a_step_said_twice_counts_as_said_last() {
    let steps = json!([
        {"id": "remove_extra_spaces", "enabled": false}, {"id": "own", "enabled": true},
        {"id": "remove_extra_spaces", "enabled": true},
    ]);
    let request = with("/rules/pre_processing_rules", steps);
    let rules = ProcessRule::from_request(&request).unwrap().rules.unwrap();
    let steps: Vec<_> = rules.pre_processing_rules.iter().map(|step| (step.id.as_str(), step.enabled)).collect();
    assert_eq!(steps, [("remove_extra_spaces", true), ("own", true)]);
    assert_eq!(ProcessRule::for_estimate(&request).unwrap_err(), RuleError::UnknownPreProcessing("own".to_owned()));
}

#[test]
fn parents_that_are_whole_documents_need_no_size() {
    let whole = json!({"mode": "hierarchical", "rules": {
        "pre_processing_rules": [], "parent_mode": "full-doc", "segmentation": {"separator": "\n"},
        "subchunk_segmentation": {"separator": "\n", "max_tokens": 100},
    }});
    let rule = ProcessRule::from_request(&whole).unwrap();
    assert!(rule.is_full_doc());
    assert_eq!(ProcessRule::stored("hierarchical", Some(&rule.to_stored_json())).unwrap(), rule);
    let mut paragraphs = whole;
    paragraphs["rules"]["parent_mode"] = json!("paragraph");
    assert_eq!(ProcessRule::from_request(&paragraphs).unwrap_err(), RuleError::Missing("segmentation max_tokens"));
}

#[test]
fn automatic_drops_what_rules_it_is_sent() {
    let rule = ProcessRule::from_request(&json!({"mode": "automatic", "rules": {"segmentation": 3}})).unwrap();
    assert_eq!(rule, ProcessRule::automatic());
    assert_eq!(rule.effective().segmentation.max_tokens, Some(500));
    assert_eq!(
        serde_json::from_str::<Value>(&rule.to_stored_json()).unwrap(),
        json!({
            "pre_processing_rules": [
                {"id": "remove_extra_spaces", "enabled": true}, {"id": "remove_urls_emails", "enabled": false},
            ],
            "segmentation": {"delimiter": "\n", "max_tokens": 500, "chunk_overlap": 50},
        })
    );
    assert_eq!(ProcessRule::stored("automatic", Some("no json")).unwrap(), rule);
}

#[test]
fn old_rows_are_read() {
    let row =
        r####"{"pre_processing_rules":null,"segmentation":{"delimiter":"###","max_tokens":200,"x":1},"old":true}"####;
    let rules = ProcessRule::stored("custom", Some(row)).unwrap().rules.unwrap();
    assert_eq!(rules.segmentation, Segmentation { max_tokens: Some(200), ..Segmentation::default() });
    assert_eq!(rules.segmentation.separator, "\n");
    for (mode, rules) in [("custom", None), ("custom", Some("")), ("hierarchical", Some("[")), ("custom", Some("[]"))] {
        assert!(matches!(ProcessRule::stored(mode, rules), Err(RuleError::Stored(_))), "{rules:?}");
    }
    assert!(matches!(ProcessRule::stored("?", None), Err(RuleError::UnknownMode(_))));
}

#[test]
fn what_a_person_starts_from() {
    let shown = ProcessRule::suggested_json(4000);
    assert_eq!(shown["mode"], "custom");
    assert_eq!(shown["rules"]["segmentation"], json!({"delimiter": "\n", "max_tokens": 1024, "chunk_overlap": 50}));
    assert_eq!(shown["limits"], json!({"indexing_max_segmentation_tokens_length": 4000}));
    assert_eq!(ProcessRule::suggested().effective().segmentation.max_tokens, Some(1024));
}
