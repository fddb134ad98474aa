//! What a script prints.

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::{Ctx, Function, Object, Result};

use super::text;

/// Printed text, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Printed {
    pub(super) stdout: String,
    pub(super) error: String,
    /// More was printed than is kept.
    pub(super) overflowed: bool,
    limit: usize,
}

/// Shared between the engine's functions and the host, on one thread.
pub(super) type Paper = Rc<RefCell<Printed>>;

impl Printed {
    pub(super) fn up_to(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(super) fn print(&mut self, stream: i32, text: &str) {
        let room = self.limit.saturating_sub(self.stdout.len() + self.error.len());
        let fits = text.floor_char_boundary(room.min(text.len()));
        self.overflowed |= fits < text.len();
        let target = if stream == 2 { &mut self.error } else { &mut self.stdout };
        target.push_str(text.get(..fits).unwrap_or_default());
    }
}

pub(super) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>, paper: &Paper) -> Result<()> {
    let paper = Rc::clone(paper);
    let print = move |ctx: Ctx<'js>, stream: i32, line: rquickjs::String<'js>| {
        paper.borrow_mut().print(stream, &text::lossy(&ctx, &line));
    };
    native.set("print", Function::new(ctx.clone(), print)?)
}
