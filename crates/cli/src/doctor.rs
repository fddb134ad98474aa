//! What is in force and what is wrong.

mod checks;

use std::path::Path;

use config::Settings;
use private_servers::ServerStatus;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use crate::arguments::Data;
use crate::error::CliError;
use crate::ground;
use crate::output::{Paint, columns, line, paint};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Ok,
    /// Works, but not as it should in production.
    Warning,
    Failed,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    status: Health,
    detail: String,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: Health::Ok, detail: detail.into() }
    }

    fn warning(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: Health::Warning, detail: detail.into() }
    }

    fn failed(name: &'static str, detail: impl ToString) -> Self {
        Self { name, status: Health::Failed, detail: detail.to_string() }
    }
}

/// Changes nothing except for a file that is written and deleted again.
pub(crate) async fn doctor(data: Data, as_json: bool) -> Result<(), CliError> {
    let mut settings = ground::settings(&data.data)?;
    find_private(&mut settings, &data.data);
    let mut all = checks::database(&settings).await;
    all.extend(checks::vectors(&settings).await);
    all.push(checks::redis(&settings).await);
    all.push(checks::storage(&settings).await);
    all.extend(checks::scanner(&settings).await);
    all.push(checks::secret_key(&settings));
    if as_json {
        line(serde_json::to_string_pretty(&report(&all, &settings)).map_err(CliError::failed)?);
    } else {
        print(&all, &settings);
    }
    if all.iter().any(|check| check.status == Health::Failed) { Err(CliError::Unhealthy) } else { Ok(()) }
}

/// The URLs of private servers that run already; none is started for a check.
fn find_private(settings: &mut Settings, data: &Path) {
    let running = private_servers::status(data);
    let url_of = |server: ServerStatus| match server {
        ServerStatus::Running { url, .. } => Some(SecretString::from(url)),
        ServerStatus::Absent | ServerStatus::Stopped => None,
    };
    if settings.database.url.is_none() {
        settings.database.url = url_of(running.postgres);
    }
    if settings.redis.url.is_none() {
        settings.redis.url = url_of(running.redis);
    }
}

fn report(checks: &[Check], settings: &Settings) -> serde_json::Value {
    let settings: Vec<_> = settings
        .report()
        .iter()
        .map(|entry| json!({"name": entry.name, "value": entry.value, "source": entry.source.to_string()}))
        .collect();
    json!({"version": services::VERSION, "checks": checks, "settings": settings})
}

fn print(checks: &[Check], settings: &Settings) {
    line(paint(&format!("Ferrify {}", services::VERSION), Paint::Bold));
    let rows: Vec<_> = checks.iter().map(|check| vec![check.name.to_owned(), check.detail.clone()]).collect();
    for (check, row) in checks.iter().zip(columns(&rows)) {
        let mark = match check.status {
            Health::Ok => paint("ok     ", Paint::Green),
            Health::Warning => paint("warning", Paint::Yellow),
            Health::Failed => paint("FAILED ", Paint::Red),
        };
        line(format!("  {mark}  {row}"));
    }
    line("");
    line(paint("Settings", Paint::Bold));
    let rows: Vec<_> = settings
        .report()
        .iter()
        .map(|entry| vec![entry.name.to_owned(), entry.source.to_string(), entry.value.clone()])
        .collect();
    for row in columns(&rows) {
        line(format!("  {row}"));
    }
}
