//! Preparing the one turn of a completion app.

use crate::engine::EngineParts;
use crate::engine::prepare::check;
use crate::engine::turn::Turn;
use crate::error::GenerateError;
use crate::request::Request;

pub(super) async fn prepare(parts: &EngineParts, request: Request) -> Result<Turn, GenerateError> {
    let checked = check(parts, request).await?;
    let call = checked.call(parts, Vec::new()).await?;
    checked.begin(parts, None, call).await
}
