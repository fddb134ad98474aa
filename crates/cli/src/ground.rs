//! The servers that everything stands on: those that are configured, else private ones.

use std::path::{Path, PathBuf};

use config::{Settings, Source, StorageKind};
use models::db::Pool;
use private_servers::Options;
use secrecy::SecretString;

use crate::arguments::Data;
use crate::error::CliError;
use crate::output::{line, note};

/// Tried first; the next free ones are taken and remembered.
const POSTGRES_PORT: u16 = 15_433;
const REDIS_PORT: u16 = 16_380;
const REDIS_DATABASES: u32 = 16;
/// Commands do one thing after the other.
const CONNECTIONS: usize = 2;

/// The settings of the process, with the folder for stored files below `data` unless another one is configured.
pub(crate) fn settings(data: &Path) -> Result<Settings, CliError> {
    let mut settings = Settings::load()?;
    let chosen = ["OPENDAL_FS_ROOT", "STORAGE_LOCAL_PATH"];
    let configured = settings.report().iter().any(|e| chosen.contains(&e.name) && e.source != Source::Default);
    if let StorageKind::Folder { path } = &mut settings.storage.kind
        && !configured
    {
        *path = data.join("storage").display().to_string();
    }
    Ok(settings)
}

/// Fills in the URLs of private servers where none is configured, starting what does not run.
pub(crate) async fn provide(settings: &mut Settings, data: PathBuf) -> Result<(), CliError> {
    let (need_postgres, need_redis) = (settings.database.url.is_none(), settings.redis.url.is_none());
    if !need_postgres && !need_redis {
        return Ok(());
    }
    if settings.deployment.env.is_production() {
        return Err(CliError::Failed(
            "private servers are not for production: set DATABASE_URL and REDIS_URL".to_owned(),
        ));
    }
    let options = Options {
        data_dir: data,
        postgres_port: POSTGRES_PORT,
        redis_port: REDIS_PORT,
        redis_databases: REDIS_DATABASES,
        need_postgres,
        need_redis,
        ephemeral: false,
    };
    let ensure = move || private_servers::ensure(&options, &mut |said| note(format!("· {said}")));
    let endpoints = tokio::task::spawn_blocking(ensure).await.map_err(CliError::failed)??;
    if let Some(url) = endpoints.database_url {
        settings.database.url = Some(SecretString::from(url));
    }
    if let Some(url) = endpoints.redis_url {
        settings.redis.url = Some(SecretString::from(url));
    }
    Ok(())
}

/// The URL of the database; [`provide`] has seen to it that there is one.
pub(crate) fn database_url(settings: &Settings) -> Result<&SecretString, CliError> {
    settings
        .database
        .url
        .as_ref()
        .ok_or_else(|| CliError::Failed("no database is configured: set DATABASE_URL".to_owned()))
}

/// Settings and a small pool, for commands that need nothing but the database.
pub(crate) async fn database(data: Data) -> Result<(Settings, Pool), CliError> {
    let mut settings = settings(&data.data)?;
    provide(&mut settings, data.data).await?;
    let pool = Pool::new(database_url(&settings)?, CONNECTIONS, settings.database.pool_timeout)?;
    Ok((settings, pool))
}

pub(crate) async fn migrate(data: Data) -> Result<(), CliError> {
    let mut settings = settings(&data.data)?;
    provide(&mut settings, data.data).await?;
    let ran = models::migrate::run(database_url(&settings)?).await?;
    if ran.is_empty() {
        line("nothing to do: the database is up to date");
    }
    for name in ran {
        line(format!("ran {name}"));
    }
    Ok(())
}

pub(crate) fn stop(data: &Path, delete_data: bool) -> Result<(), CliError> {
    let stopped = private_servers::stop(data, &mut |said| note(format!("· {said}")))?;
    if !stopped.postgres && !stopped.redis {
        line(format!("nothing ran for {}", data.display()));
    }
    if delete_data {
        // Not the whole folder: it may hold what is not ours. The programs in `cache` are no data.
        for folder in ["pg", "redis", "run", "storage"].map(|name| data.join(name)) {
            match std::fs::remove_dir_all(&folder) {
                Ok(()) => line(format!("deleted {}", folder.display())),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(CliError::Failed(format!("cannot delete {}: {e}", folder.display()))),
            }
        }
    }
    Ok(())
}
