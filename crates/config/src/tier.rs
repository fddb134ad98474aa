//! Which part of the platform a process serves.

/// A deployable tier; [`Tier::All`] answers all prefixes on one port, as Dify does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tier {
    All,
    Console,
    Service,
    Web,
    Worker,
}

impl Tier {
    /// The port it listens on unless told otherwise.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::All | Self::Console => 5001,
            Self::Service => 5002,
            Self::Web => 5003,
            Self::Worker => 5004,
        }
    }

    /// The name used in logs, metrics and the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Console => "console",
            Self::Service => "service",
            Self::Web => "web",
            Self::Worker => "worker",
        }
    }
}
