//! The order in which a process comes up.

use std::net::TcpListener;

use config::{Settings, Tier};
use core_rag::extract::isolated::Program;
use models::db::DbError;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::parts::Parts;
use crate::running::Running;
use crate::{http, sweep};

/// Why a process does not come up. Every text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "no database is configured: set DATABASE_URL (or DB_HOST and its companions), or use `ferrify up`, which starts a private one"
    )]
    NoDatabase,
    #[error(
        "no Redis is configured: set REDIS_URL (or REDIS_HOST and its companions), or use `ferrify up`, which starts a private one"
    )]
    NoRedis,
    #[error(transparent)]
    Migration(#[from] models::migrate::MigrationError),
    #[error("the database cannot be used: {0}")]
    Database(#[from] DbError),
    #[error("Redis cannot be reached: {0}. Is the server running, and is REDIS_URL right?")]
    Redis(String),
    #[error(
        "this database was set up with another SECRET_KEY: what is encrypted in it cannot be read with this one. Set the SECRET_KEY of the installation that made it"
    )]
    WrongSecretKey,
    #[error("the storage cannot be used: {0}. Check STORAGE_TYPE and its companions")]
    Storage(#[from] storage::StorageError),
    #[error("the demo model is refused when DEPLOY_ENV=PRODUCTION; unset FERRIFY_DEMO_MODEL")]
    DemoInProduction,
    #[error("{0}")]
    Setup(String),
    #[error("cannot serve HTTP: {0}")]
    Http(#[from] std::io::Error),
}

/// The fact in `ferrify_meta` by which a wrong secret key is noticed.
const KEY_FACT: &str = "secret_key_check";

/// Brings a tier up on a listener. Must be called on a multi-threaded runtime.
///
/// # Errors
/// See [`StartError`].
pub async fn start(settings: Settings, tier: Tier, listener: TcpListener) -> Result<Running, StartError> {
    // The parts are many: on the heap they weigh on nobody's stack.
    Box::pin(bring_up(settings, tier, listener, None)).await
}

/// The same, with documents read in processes of a program that knows how to: a parser that dies does not take the
/// server with it.
///
/// # Errors
/// See [`StartError`].
pub async fn start_with_reader(
    settings: Settings,
    tier: Tier,
    listener: TcpListener,
    reader: Program,
) -> Result<Running, StartError> {
    Box::pin(bring_up(settings, tier, listener, Some(reader))).await
}

async fn bring_up(
    settings: Settings,
    tier: Tier,
    listener: TcpListener,
    reader: Option<Program>,
) -> Result<Running, StartError> {
    let metrics = crate::metered::recorder()?;
    if let Err(error) = crate::open_files::raise() {
        tracing::warn!(error = %error, "the limit of open files stays as it is");
    }
    let url = settings.database.url.clone().ok_or(StartError::NoDatabase)?;
    if settings.database.migrate_on_start {
        let ran = models::migrate::run(&url).await?;
        if !ran.is_empty() {
            tracing::info!(migrations = ran.len(), "brought the database up to date");
        }
    }
    let address = listener.local_addr()?;
    let parts = Parts::build(settings, url, reader).await?;
    check_secret_key(&parts).await?;
    parts.spawn_background();
    sweep::spawn(&parts);
    if matches!(tier, Tier::All | Tier::Worker) {
        parts.spawn_worker();
    }
    let server = http::serve(&parts, tier, listener, metrics)?;
    tracing::info!(tier = tier.name(), %address, "serving");
    Ok(Running::new(address, parts, server))
}

/// Serves until the process is told to stop (interrupt or terminate).
///
/// # Errors
/// See [`StartError`].
pub async fn serve(settings: Settings, tier: Tier, listener: TcpListener) -> Result<(), StartError> {
    let running = start(settings, tier, listener).await?;
    stop_signal().await?;
    tracing::info!("asked to stop: draining");
    running.shutdown().await;
    Ok(())
}

async fn stop_signal() -> Result<(), std::io::Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}

/// Notices a secret key that is not the one with which this database was set up.
async fn check_secret_key(parts: &Parts) -> Result<(), StartError> {
    let ours = fingerprint(&parts.settings.deployment.secret_key);
    let mut conn = parts.pool.get().await.map_err(DbError::from)?;
    let known = models::meta::get_or_set(&mut conn, KEY_FACT, &ours).await.map_err(DbError::from)?;
    if known == ours { Ok(()) } else { Err(StartError::WrongSecretKey) }
}

/// Tells keys apart without telling the key: many rounds make guessing short keys slow.
fn fingerprint(key: &SecretString) -> String {
    let mut digest = Sha256::digest(format!("ferrify key check:{}", key.expose_secret()));
    for _ in 0..10_000 {
        digest = Sha256::digest(digest);
    }
    digest.iter().map(|b| format!("{b:02x}")).collect()
}
