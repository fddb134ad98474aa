//! Descriptions of the APIs.

use config::Tier;

use crate::error::CliError;
use crate::output::line;

pub(crate) fn print(tier: Tier, json: bool) -> Result<(), CliError> {
    let document = server::openapi(tier);
    let document = document.ok_or_else(|| CliError::Usage(format!("the tier `{}` has no API", tier.name())))?;
    if json {
        line(serde_json::to_string_pretty(&document).map_err(CliError::failed)?);
    } else {
        line(serde_yaml_ng::to_string(&document).map_err(CliError::failed)?.trim_end());
    }
    Ok(())
}
