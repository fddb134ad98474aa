//! The single checks. Each ends within a few seconds, whatever it meets.

use std::time::Duration;

use config::{Settings, Source, StorageKind, Unscanned};
use core_rag::store::{PgVector, StoreError, Stores};
use models::about::About;
use models::db::Pool;
use redis_link::{RedisLink, RedisSettings};
use storage::Storage;
use storage::scan::Scanner;
use uuid::Uuid;

use super::Check;
use crate::output;

/// Longer than any healthy server takes.
const PATIENCE: Duration = Duration::from_secs(5);
const OLDEST_POSTGRES: u32 = 15;

pub(super) async fn database(settings: &Settings) -> Vec<Check> {
    let Some(url) = &settings.database.url else {
        let advice = "none configured and no private one runs: set DATABASE_URL, or start one with `ferrify up`";
        return vec![Check::failed("postgres", advice)];
    };
    let looked = async {
        let pool = Pool::new(url, 1, PATIENCE).map_err(|e| e.to_string())?;
        let mut conn = pool.get().await.map_err(|e| e.to_string())?;
        let about = About::read(&mut conn).await.map_err(|e| e.to_string())?;
        // The table of migrations may not be there yet.
        let current = models::migrate::is_current(&mut conn).await.unwrap_or(false);
        Ok::<_, String>((about, current))
    };
    match looked.await {
        Err(e) => vec![Check::failed("postgres", e)],
        Ok((about, current)) => vec![server(&about), vector(&about), migrations(settings, current)],
    }
}

fn server(about: &About) -> Check {
    let major: Option<u32> = about.server_version.split('.').next().and_then(|text| text.trim().parse().ok());
    let version = format!("PostgreSQL {}", about.server_version);
    if major.is_some_and(|major| major < OLDEST_POSTGRES) {
        return Check::warning("postgres", format!("{version}; {OLDEST_POSTGRES} or newer is supported"));
    }
    Check::ok("postgres", version)
}

fn vector(about: &About) -> Check {
    match (&about.vector_version, &about.vector_available) {
        (Some(version), _) => Check::ok("vector extension", format!("pgvector {version}")),
        (None, Some(_)) => {
            Check::warning("vector extension", "not installed: run CREATE EXTENSION vector as a superuser")
        }
        (None, None) => {
            Check::warning("vector extension", "the server does not have pgvector; knowledge bases need it")
        }
    }
}

fn migrations(settings: &Settings, current: bool) -> Check {
    match (current, settings.database.migrate_on_start) {
        (true, _) => Check::ok("migrations", "up to date"),
        (false, true) => Check::warning("migrations", "pending; the next start runs them"),
        (false, false) => Check::failed("migrations", "pending: run `ferrify migrate`"),
    }
}

/// The store of new datasets, and another one that is configured for those that are still in it.
pub(super) async fn vectors(settings: &Settings) -> Vec<Check> {
    // Without a database that is what is wrong, and it is told.
    let Some(url) = &settings.database.url else { return Vec::new() };
    let stores = match Pool::new(url, 1, PATIENCE) {
        Ok(pool) => Stores::new(&settings.vectors, pool),
        Err(_told) => return Vec::new(),
    };
    let stores = match stores {
        Ok(stores) => stores,
        Err(e) => return vec![Check::failed("vector store", e)],
    };
    let mut checks = Vec::new();
    for kind in stores.kinds() {
        let is_default = kind.eq_ignore_ascii_case(stores.default_kind());
        // The database alone is no store that somebody has chosen.
        if !is_default && kind == PgVector::KIND {
            continue;
        }
        let pinged = async { stores.of_kind(kind)?.ping().await };
        checks.push(match tokio::time::timeout(PATIENCE, pinged).await {
            Ok(Ok(())) if is_default => Check::ok("vector store", kind),
            Ok(Ok(())) => Check::ok("vector store", format!("{kind}, beside {}", stores.default_kind())),
            Ok(Err(e)) => Check::failed("vector store", format!("{kind}: {e}; {}", vector_advice(kind, &e))),
            Err(_elapsed) => Check::failed("vector store", format!("{kind} does not answer; {}", silent_advice(kind))),
        });
    }
    checks
}

fn vector_advice(kind: &str, error: &StoreError) -> &'static str {
    if matches!(error, StoreError::NoExtension) {
        "as a superuser: CREATE EXTENSION vector, or ALTER EXTENSION vector UPDATE"
    } else if matches!(error, StoreError::Refused { status: 401 | 403, .. }) {
        "set QDRANT_API_KEY to the key of that server"
    } else {
        silent_advice(kind)
    }
}

fn silent_advice(kind: &str) -> &'static str {
    if kind == PgVector::KIND {
        "see what is said of postgres"
    } else {
        "start the server, or set QDRANT_URL to where it is; datasets in it cannot be searched meanwhile"
    }
}

pub(super) async fn redis(settings: &Settings) -> Check {
    let Some(url) = settings.redis.url.clone() else {
        let advice = "none configured and no private one runs: set REDIS_URL, or start one with `ferrify up`";
        return Check::failed("redis", advice);
    };
    let link = match RedisLink::connect(RedisSettings::new(url)).await {
        Ok(link) => link,
        Err(e) => return Check::failed("redis", output::chain(&e)),
    };
    match link.server_version().await {
        Ok(version) => Check::ok("redis", format!("Redis {version}")),
        Err(e) => Check::failed("redis", e),
    }
}

pub(super) async fn storage(settings: &Settings) -> Check {
    let place = match &settings.storage.kind {
        StorageKind::Folder { path } => format!("folder {path}"),
        StorageKind::S3 { bucket, .. } => format!("S3 bucket {bucket}"),
        StorageKind::Azure { container, .. } => format!("Azure container {container}"),
        StorageKind::Google { bucket, .. } => format!("Google bucket {bucket}"),
    };
    let tried = async {
        let storage = Storage::open(&settings.storage)?;
        let path = format!("ferrify-doctor/{}", Uuid::new_v4());
        storage.put(&path, b"written to see whether it works".to_vec()).await?;
        storage.get(&path).await?;
        storage.delete(&path).await
    };
    match tokio::time::timeout(PATIENCE * 2, tried).await {
        Ok(Ok(())) => Check::ok("storage", format!("{place} can be written")),
        Ok(Err(e)) => Check::failed("storage", format!("{place}: {e}")),
        Err(_elapsed) => Check::failed("storage", format!("{place} does not answer")),
    }
}

/// `None`: uploads are not scanned.
pub(super) async fn scanner(settings: &Settings) -> Option<Check> {
    let mut scan = settings.uploads.scan.clone()?;
    scan.timeout = scan.timeout.min(PATIENCE);
    let consequence = match scan.unscanned {
        Unscanned::Refuse => "uploads are refused meanwhile",
        Unscanned::Accept => "uploads are accepted unscanned meanwhile",
    };
    Some(match Scanner::new(scan).version().await {
        Ok(version) => Check::ok("virus scanner", version),
        Err(e) => Check::failed("virus scanner", format!("{}; {consequence}", output::chain(&e))),
    })
}

pub(super) fn secret_key(settings: &Settings) -> Check {
    let entry = settings.report().iter().find(|entry| entry.name == "SECRET_KEY");
    match entry.map(|entry| entry.source) {
        Some(Source::Environment | Source::DotEnv) => Check::ok("SECRET_KEY", "set"),
        Some(Source::Default) | None => Check::warning(
            "SECRET_KEY",
            "the built-in one of development: set your own, e.g. `openssl rand -base64 42`",
        ),
    }
}
