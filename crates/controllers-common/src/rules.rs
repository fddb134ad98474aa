//! Rules around every call of a tier: which version of the API is spoken, what the caller need not be sent again, what
//! is sent compressed, how long a request may take, what the answer waited for.

pub mod callers;
pub mod compression;
pub mod conditional;
pub mod kept;
pub mod time_limits;
pub mod timing;
pub mod versions;
