//! Who calls the Console, and what they may.
//!
//! A handler names the right that it needs by the type of its first argument: [`ConsoleUser`] is any member,
//! [`Editor`], [`Admin`], [`Owner`] and [`DatasetEditor`] need a role. The order of checks is setup, login, CSRF,
//! account state, role. The admin API key acts as the owner of the workspace named in `X-WORKSPACE-ID`.

mod console;
mod csrf_exempt;
mod right;

pub use console::{Admin, AdminKey, ConsoleUser, DatasetEditor, Editor, NewcomerToo, Owner, SetUp, known, sign_in};
pub use right::Right;
