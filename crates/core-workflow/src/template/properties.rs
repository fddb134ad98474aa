use proptest::prelude::*;

use super::*;

/// The text that a template was read from.
fn written(template: &Template) -> String {
    let parts = template.segments().iter().map(|segment| match segment {
        Segment::Text(text) => text.to_string(),
        Segment::Variable(selector) => format!("{{{{#{}#}}}}", selector.dotted()),
    });
    parts.collect()
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,10}",
        "[{}#. a-z_0-9]{0,12}",
        "\\{\\{#[a-z0-9_]{1,5}(\\.[a-z_][a-z0-9_]{0,4}){1,3}#\\}\\}",
        Just("{{#".to_owned()),
        Just("#}}".to_owned()),
        Just("\n\u{0}".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_template_is_its_text(pieces in prop::collection::vec(piece(), 0..8)) {
        let text = pieces.concat();
        prop_assert_eq!(written(&Template::parse(&text)), text);
    }

    #[test]
    fn references_are_found_in_order(names in prop::collection::vec(("[a-z0-9_]{1,50}", "[a-z_][a-z0-9_]{0,29}"), 0..6)) {
        let text: String = names.iter().map(|(node, name)| format!("a{{{{#{node}.{name}#}}}} ")).collect();
        let template = Template::parse(&text);
        let found: Vec<String> = template.selectors().map(Selector::dotted).collect();
        let expected: Vec<String> = names.iter().map(|(node, name)| format!("{node}.{name}")).collect();
        prop_assert_eq!(found, expected);
    }
}
