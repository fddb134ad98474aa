//! YAML to values. Aliases are written out within the module's bounds, so that a small file cannot become a large one.

use std::collections::HashMap;

use indexmap::IndexMap;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput, Tag};

use super::tree::{Budget, ReadError, Tree, without_nul};
use super::{MAX_BYTES, MAX_DEPTH, scalar};

pub(super) fn read(text: &str) -> Result<Tree, ReadError> {
    if text.len() > MAX_BYTES {
        return Err(ReadError::TooLarge);
    }
    // The parser takes a NUL for the end of the file.
    if text.contains('\0') {
        return Err(ReadError::Syntax("unacceptable character #x0000".to_owned()));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), budget: Budget::default() };
    let mut document = None;
    loop {
        let event = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(document.unwrap_or(Tree::Null)),
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::SequenceEnd
            | Event::MappingStart(..)
            | Event::MappingEnd => {
                if document.is_some() {
                    let second = "expected a single document in the stream but found another document";
                    return Err(ReadError::Syntax(second.to_owned()));
                }
                document = Some(reader.value(event, 0)?);
            }
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Tree>,
    budget: Budget,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, ReadError> {
        match self.parser.next_event() {
            Some(Ok((event, _span))) => Ok(event),
            Some(Err(e)) => Err(ReadError::Syntax(e.to_string())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn value(&mut self, event: Event<'a>, depth: usize) -> Result<Tree, ReadError> {
        if depth > MAX_DEPTH {
            return Err(ReadError::TooDeep);
        }
        let (tree, anchor) = match event {
            Event::Alias(anchor) => return self.alias(anchor, depth),
            Event::Scalar(text, style, anchor, tag) => (self.scalar(&text, style, tag.as_deref())?, anchor),
            Event::SequenceStart(anchor, tag) => {
                only_core(tag.as_deref(), "seq")?;
                (self.list(depth)?, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                only_core(tag.as_deref(), "map")?;
                (self.map(depth)?, anchor)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(ReadError::Syntax("a value is missing".to_owned())),
        };
        if anchor > 0 {
            // The copy is paid for like any other value.
            self.budget.again(&tree)?;
            self.anchors.insert(anchor, tree.clone());
        }
        Ok(tree)
    }

    fn alias(&mut self, anchor: usize, depth: usize) -> Result<Tree, ReadError> {
        let known = self.anchors.get(&anchor);
        let tree = known.ok_or_else(|| ReadError::Syntax("found a recursive or undefined alias".to_owned()))?;
        self.budget.again(tree)?;
        if depth + deepest(tree) > MAX_DEPTH {
            return Err(ReadError::TooDeep);
        }
        Ok(tree.clone())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Tree, ReadError> {
        self.budget.value()?;
        self.budget.text(text.len())?;
        let as_text = || Tree::Text(without_nul(unfold(text, style)));
        match tag {
            None if style == ScalarStyle::Plain => Ok(scalar::resolve(text)),
            None => Ok(as_text()),
            // The tag that says: a text, whatever it looks like.
            Some(tag) if tag.handle.is_empty() && tag.suffix == "!" || tag.handle == "!" && tag.suffix.is_empty() => {
                Ok(as_text())
            }
            Some(tag) if tag.is_yaml_core_schema() => match tag.suffix.as_str() {
                "str" | "binary" | "timestamp" => Ok(as_text()),
                "null" => Ok(Tree::Null),
                "int" | "float" | "bool" => match scalar::resolve(text) {
                    value @ (Tree::Number(_) | Tree::Bool(_)) => Ok(value),
                    Tree::Null | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => {
                        Err(ReadError::Syntax(format!("`{text}` is no {}", tag.suffix)))
                    }
                },
                _ => Err(unknown(tag)),
            },
            Some(tag) => Err(unknown(tag)),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Tree, ReadError> {
        self.budget.value()?;
        let mut items = Vec::new();
        loop {
            let event = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Tree::List(items));
            }
            items.push(self.value(event, depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Tree, ReadError> {
        self.budget.value()?;
        let mut map = IndexMap::new();
        let mut merged = Vec::new();
        loop {
            let event = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            if let Event::Scalar(text, ScalarStyle::Plain, _, None) = &event
                && text == "<<"
            {
                let event = self.next()?;
                merged.push(self.value(event, depth + 1)?);
                continue;
            }
            let key = self.value(event, depth + 1)?;
            let key = match key {
                Tree::Text(text) | Tree::Number(text) => text,
                Tree::Bool(flag) => flag.to_string(),
                Tree::Null => "null".to_owned(),
                Tree::List(_) | Tree::Map(_) => return Err(ReadError::Syntax("found unhashable key".to_owned())),
            };
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            map.insert(key, value);
        }
        for source in merged {
            merge(&mut map, source)?;
        }
        Ok(Tree::Map(map))
    }
}

/// U+2028 and U+2029 end lines in YAML 1.1, so that its writers indent what follows them in quotes; to the parser the
/// indentation is text.
fn unfold(text: &str, style: ScalarStyle) -> String {
    const BREAKS: [char; 2] = ['\u{2028}', '\u{2029}'];
    if !matches!(style, ScalarStyle::SingleQuoted) || !text.contains(BREAKS) {
        return text.to_owned();
    }
    let mut lines = text.split_inclusive(BREAKS);
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |all, line| all + line.trim_start_matches(' '))
}

/// What `<<` brings in; members that are there already win.
fn merge(map: &mut IndexMap<String, Tree>, source: Tree) -> Result<(), ReadError> {
    match source {
        Tree::Map(members) => {
            for (key, value) in members {
                map.entry(key).or_insert(value);
            }
            Ok(())
        }
        Tree::List(sources) if sources.iter().all(|source| matches!(source, Tree::Map(_))) => {
            sources.into_iter().try_for_each(|source| merge(map, source))
        }
        Tree::List(_) | Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => {
            Err(ReadError::Syntax("expected a mapping or list of mappings for merging".to_owned()))
        }
    }
}

fn only_core(tag: Option<&Tag>, suffix: &str) -> Result<(), ReadError> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == suffix) => Err(unknown(tag)),
        _ => Ok(()),
    }
}

fn unknown(tag: &Tag) -> ReadError {
    ReadError::Syntax(format!("could not determine a constructor for the tag '{}{}'", tag.handle, tag.suffix))
}

fn deepest(tree: &Tree) -> usize {
    match tree {
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => 0,
        Tree::List(items) => 1 + items.iter().map(deepest).max().unwrap_or(0),
        Tree::Map(map) => 1 + map.values().map(deepest).max().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(yaml: &str, json: &str) {
        assert_eq!(Tree::from_yaml(yaml).unwrap().to_json(), json, "{yaml}");
    }

    #[test]
    fn documents_are_read() {
        check("", "null");
        check("# nothing\n", "null");
        check("a: 1\nb: [x, 'yes', yes, \"1\"]\n", r#"{"a":1,"b":["x","yes",true,"1"]}"#);
        check(
            "a:\n- k: |-\n    one\n     two\n  l: >\n    three\n    four\n",
            r#"{"a":[{"k":"one\n two","l":"three four\n"}]}"#,
        );
        check("1: x\ntrue: y\nnull: z\n", r#"{"1":"x","true":"y","null":"z"}"#);
        check("a: 1\na: 2\n", r#"{"a":2}"#);
        check("a: &x {k: [1]}\nb: *x\n", r#"{"a":{"k":[1]},"b":{"k":[1]}}"#);
        check("base: &b {k: 1, l: 2}\nd:\n  <<: *b\n  k: 3\n", r#"{"base":{"k":1,"l":2},"d":{"k":3,"l":2}}"#);
        check("a: !!str 5\nb: !!int '5'\nc: ! 5\n", r#"{"a":"5","b":5,"c":"5"}"#);
        check("a: \"x\\0y\"\n", r#"{"a":"xy"}"#);
        check("a: 'x\u{2028}    y'\n", "{\"a\":\"x\u{2028}y\"}");
        check("\u{feff}a: b\r\nc: d\r\n", r#"{"a":"b","c":"d"}"#);
    }

    #[test]
    fn nonsense_is_refused() {
        for yaml in [
            "a: [",
            "a: b: c",
            "a: *nobody",
            "a: &x [*x]",
            "--- 1\n--- 2\n",
            "a: !!python/object:os.system {}",
            "a: !ruby x",
            "? [1]\n: 2\n",
            "a: 'b",
            "<<: 5",
            "a: !!int x",
            "%YAML 9\n",
            "\u{0}",
        ] {
            assert!(
                matches!(Tree::from_yaml(yaml), Err(ReadError::Syntax(_))),
                "{yaml:?}: {:?}",
                Tree::from_yaml(yaml)
            );
        }
    }

    #[test]
    fn small_files_stay_small() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..20 {
            let items = vec![format!("*a{}", i - 1); 9].join(", ");
            bomb.push_str(&format!("a{i}: &a{i} [{items}]\n"));
        }
        assert_eq!(Tree::from_yaml(&bomb), Err(ReadError::TooMany));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), vec!["*a"; 1000].join(", "));
        assert_eq!(Tree::from_yaml(&long), Err(ReadError::TooLarge));
        let chain: String = (1..200)
            .map(|i| format!("a{i}: &a{i} [*a{}]\n", i - 1))
            .fold("a0: &a0 [x]\n".to_owned(), |all, line| all + &line);
        assert_eq!(Tree::from_yaml(&chain), Err(ReadError::TooDeep));
        assert_eq!(Tree::from_yaml(&"x".repeat(MAX_BYTES + 1)), Err(ReadError::TooLarge));
    }

    #[test]
    fn deep_files_are_refused_quickly() {
        for yaml in [
            "[".repeat(100_000),
            "{a: ".repeat(100_000),
            "- ".repeat(100_000),
            (0..2_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect(),
        ] {
            assert!(Tree::from_yaml(&yaml).is_err());
        }
    }
}
