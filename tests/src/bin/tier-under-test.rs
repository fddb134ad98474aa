//! All tiers in a process of their own, for tests that kill it or read what it logs.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::tier(config::Tier::All)
}
