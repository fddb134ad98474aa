//! How many files a process may have open. A stream takes two, one to its client and one to the model, and the limit
//! that systems give at first (1024) would end at five hundred; raising it to the hard limit is every process's right.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit to the hard one; says what it is then.
///
/// # Errors
/// When the system refuses.
pub fn raise() -> io::Result<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    }
    Ok(limit.maximum.unwrap_or(u64::MAX))
}
