//! Preparing the one turn of a completion app.

use crate::engine::EngineParts;
use crate::engine::prepare::check;
use crate::engine::turn::Turn;
use crate::error::GenerateError;
use crate::request::Request;

pub(super) async fn prepare(parts: &EngineParts, request: Request) -> Result<Turn, GenerateError> {
    check(parts, request).await?.begin(parts, None, Vec::new()).await
}
