//! What every limiter can tell about itself.

/// What happens when Redis cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailurePolicy {
    /// Admit.
    Open,
    /// Refuse.
    Closed,
}

/// One limit of one kind. Its Lua half, with the same name, is in `lua/`.
pub(crate) trait Limiter {
    /// Also the metric's label and the name of the Lua half.
    fn name(&self) -> &'static str;

    fn failure_policy(&self) -> FailurePolicy;

    /// Whether there is anything to ask: `false` when the limit says "no limit".
    fn limits(&self) -> bool;

    /// The keys and arguments of the Lua half.
    fn call(&self) -> Call;

    /// What a permit has to give back: key and field of a hash.
    fn lease(&self) -> Option<(String, String)> {
        None
    }
}

/// Keys and arguments for the Lua half of a limiter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) keys: Vec<String>,
    pub(crate) arguments: Vec<String>,
}
