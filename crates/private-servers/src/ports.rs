//! Free ports on the loopback address.

use std::net::{Ipv4Addr, TcpListener};

use crate::error::BootstrapError;

/// How far above the preferred port a free one is looked for.
const RANGE: u16 = 200;

/// The first free port from `preferred` on, leaving out `taken`.
pub(crate) fn pick(server: &'static str, preferred: u16, taken: &[u16]) -> Result<u16, BootstrapError> {
    let last = preferred.saturating_add(RANGE);
    (preferred..=last).find(|port| !taken.contains(port) && is_free(*port)).ok_or(BootstrapError::NoFreePort {
        server,
        first: preferred,
        last,
    })
}

pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_left_out() {
        let busy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = busy.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert!(pick("redis", port, &[]).unwrap() > port);
    }
}
