//! Finding a port to listen on.

use std::io::{Error, ErrorKind};
use std::net::TcpListener;

use crate::error::CliError;
use crate::output::note;

/// How far above a preferred port a free one is looked for.
const RANGE: u16 = 50;

/// Who chose the port decides what happens when it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Exactly this one.
    Asked(u16),
    /// This one, or the next free one.
    Preferred(u16),
}

pub(crate) fn listen(bind: &str, wish: Wish) -> Result<TcpListener, CliError> {
    let first = match wish {
        Wish::Asked(port) => return open(bind, port),
        Wish::Preferred(port) => port,
    };
    let mut refused = None;
    for port in first..=first.saturating_add(RANGE) {
        match open(bind, port) {
            Ok(listener) => {
                if port != first {
                    note(format!("port {first} is taken, using {port} (ask for one with --port)"));
                }
                return Ok(listener);
            }
            Err(e @ CliError::Usage(_)) => return Err(e),
            Err(e) => refused = refused.or(Some(e)),
        }
    }
    Err(refused.unwrap_or_else(|| CliError::Failed(format!("no free port at or above {first}"))))
}

fn open(bind: &str, port: u16) -> Result<TcpListener, CliError> {
    TcpListener::bind((bind, port)).map_err(|e| refusal(bind, port, &e))
}

fn refusal(bind: &str, port: u16, e: &Error) -> CliError {
    if e.kind() == ErrorKind::AddrInUse {
        return CliError::Failed(format!(
            "port {port} on {bind} is taken: stop what listens there, or choose another one with --port or DIFY_PORT"
        ));
    }
    if e.kind() == ErrorKind::PermissionDenied {
        return CliError::Failed(format!(
            "port {port} may not be used by this user: choose one above 1023 with --port"
        ));
    }
    CliError::Usage(format!("cannot listen on {bind}:{port}: {e}; correct --bind or DIFY_BIND_ADDRESS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over_unless_it_was_asked_for() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let other = listen("127.0.0.1", Wish::Preferred(port)).unwrap().local_addr().unwrap().port();
        assert!(other > port);
        let refused = listen("127.0.0.1", Wish::Asked(port)).unwrap_err();
        assert!(matches!(&refused, CliError::Failed(text) if text.contains("--port")), "{refused}");
    }

    #[test]
    fn an_address_that_is_none_is_wrong_use() {
        assert!(matches!(listen("256.0.0.1", Wish::Preferred(50_000)), Err(CliError::Usage(_))));
    }
}
