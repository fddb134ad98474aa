//! What runs, without touching it.

use std::path::Path;

use crate::layout::Layout;
use crate::state::State;
use crate::{postgres, redis};

/// The servers of one data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub postgres: ServerStatus,
    pub redis: ServerStatus,
}

/// One server of a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerStatus {
    /// It was never prepared here.
    Absent,
    Stopped,
    Running {
        url: String,
        pid: u32,
    },
}

pub(crate) fn of(data_dir: &Path) -> Status {
    let absent = Status { postgres: ServerStatus::Absent, redis: ServerStatus::Absent };
    let Some(layout) = Layout::existing(data_dir) else { return absent };
    let Ok(state) = State::load(&layout) else { return absent };
    Status { postgres: postgres::status(&layout), redis: redis::status(&layout, &state) }
}
