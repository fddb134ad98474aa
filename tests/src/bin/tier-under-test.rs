//! All tiers in a process of their own, for tests that kill it or read what it logs; with a command, the `ferrify`
//! program.

use std::process::ExitCode;

fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    if first.is_some_and(|argument| matches!(argument.to_str(), Some("datasets" | "doctor"))) {
        return cli::ferrify();
    }
    cli::tier(config::Tier::All)
}
