//! Putting tool calls together from their pieces.

use uuid::Uuid;

use crate::capability::ToolCallPart;
use crate::message::ToolCall;

#[derive(Default)]
pub(crate) struct Merger {
    calls: Vec<Partial>,
}

struct Partial {
    index: Option<u32>,
    call: ToolCall,
}

impl Merger {
    pub(crate) fn push(&mut self, part: ToolCallPart) {
        match self.place(&part) {
            Some(place) => {
                place.call.arguments.push_str(&part.arguments);
                // Some servers repeat the whole name with every piece.
                if place.call.name.is_empty() {
                    place.call.name = part.name;
                }
            }
            None => {
                let id = if part.id.is_empty() { format!("call_{}", Uuid::new_v4().simple()) } else { part.id };
                let call = ToolCall { id, name: part.name, arguments: part.arguments };
                self.calls.push(Partial { index: part.index, call });
            }
        }
    }

    /// The call a piece belongs to; `None` starts a new one.
    fn place(&mut self, part: &ToolCallPart) -> Option<&mut Partial> {
        let same_id = |known: &Partial| part.id.is_empty() || known.call.id == part.id;
        let position = if part.index.is_some() {
            // Servers that number every call 0 are told apart by id.
            self.calls.iter().rposition(|known| known.index == part.index && same_id(known))
        } else if part.id.is_empty() {
            None
        } else {
            self.calls.iter().rposition(|known| known.call.id == part.id)
        };
        match position {
            Some(position) => self.calls.get_mut(position),
            None if part.id.is_empty() && part.name.is_empty() => self.calls.last_mut(),
            None => None,
        }
    }

    pub(crate) fn take(&mut self) -> Vec<ToolCall> {
        let whole = std::mem::take(&mut self.calls).into_iter().map(|Partial { mut call, .. }| {
            if call.arguments.trim().is_empty() {
                "{}".clone_into(&mut call.arguments);
            }
            call
        });
        whole.filter(|call| !call.name.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Piece<'a> = (Option<u32>, &'a str, &'a str, &'a str);

    fn check(parts: &[Piece<'_>], expected: &[(&str, &str)]) -> Vec<ToolCall> {
        let mut merger = Merger::default();
        for &(index, id, name, arguments) in parts {
            let (id, name, arguments) = (id.to_owned(), name.to_owned(), arguments.to_owned());
            merger.push(ToolCallPart { index, id, name, arguments });
        }
        let calls = merger.take();
        let found: Vec<_> = calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect();
        assert_eq!(found, expected);
        calls
    }

    #[test]
    fn pieces_find_their_call() {
        check(
            &[(Some(0), "a", "f", "{"), (Some(1), "b", "g", "["), (Some(0), "", "", "}"), (Some(1), "", "", "]")],
            &[("f", "{}"), ("g", "[]")],
        );
        check(&[(None, "a", "f", "{"), (None, "b", "g", ""), (None, "a", "", "}")], &[("f", "{}"), ("g", "{}")]);
        check(&[(None, "a", "f", "{"), (None, "", "", "}")], &[("f", "{}")]);
        check(&[(Some(0), "a", "f", "1"), (Some(0), "b", "f", "2")], &[("f", "1"), ("f", "2")]);
        check(&[(Some(0), "a", "f", "1"), (Some(0), "a", "f", "2")], &[("f", "12")]);
        check(&[(None, "", "", "lost")], &[]);
    }

    #[test]
    fn a_name_without_id_gets_an_id() {
        let calls =
            check(&[(None, "", "f", "1"), (None, "", "g", "2"), (None, "", "", "3")], &[("f", "1"), ("g", "23")]);
        assert!(calls.iter().all(|call| call.id.starts_with("call_")));
        assert_ne!(calls[0].id, calls[1].id);
    }
}
