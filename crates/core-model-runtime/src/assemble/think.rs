//! Reasoning text inside the answer: one `<think>` block per reply.

#[derive(Default, PartialEq, Eq)]
pub(crate) enum Think {
    #[default]
    Before,
    Open,
    Closed,
}

impl Think {
    /// Reasoning that comes after the block was closed is not shown.
    pub(crate) fn reasoning(&mut self, text: &str, out: &mut String) {
        match self {
            Self::Before => {
                out.push_str("<think>\n");
                out.push_str(text);
                *self = Self::Open;
            }
            Self::Open => out.push_str(text),
            Self::Closed => {}
        }
    }

    /// Something else begins, or the reply ends.
    pub(crate) fn close(&mut self, out: &mut String) {
        if *self == Self::Open {
            out.push_str("\n</think>");
            *self = Self::Closed;
        }
    }
}
