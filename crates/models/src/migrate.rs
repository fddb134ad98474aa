//! Bringing a database to the schema of this release.

use diesel::QueryableByName;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel_async::{AsyncMigrationHarness, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use secrecy::{ExposeSecret, SecretString};

use crate::db::{AsyncPgConnection, QueryResult};

/// The migrations of this release, compiled in.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Only one process migrates at a time; the number is arbitrary, fixed and ours.
const LOCK: i64 = 0x0046_4552_5249_4659;

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("the database cannot be reached: {0}. Is the server running, and are DATABASE_URL or DB_* right?")]
    Connect(#[from] diesel::ConnectionError),
    #[error("migration failed: {0}")]
    Failed(String),
    #[error("database query failed: {0}")]
    Query(#[from] diesel::result::Error),
}

/// Runs what is pending, under an advisory lock, and returns the names of what ran. Several callers and processes may
/// call it at once: one migrates, the others wait and find nothing to do.
pub async fn run(url: &SecretString) -> Result<Vec<String>, MigrationError> {
    on_own_thread(url, |harness| {
        let ran = harness.run_pending_migrations(MIGRATIONS)?;
        Ok(ran.iter().map(ToString::to_string).collect())
    })
    .await
}

/// Takes every migration back; for tests of the migrations themselves.
pub async fn revert_all(url: &SecretString) -> Result<usize, MigrationError> {
    on_own_thread(url, |harness| Ok(harness.revert_all_migrations(MIGRATIONS)?.len())).await
}

type Harness = AsyncMigrationHarness<AsyncPgConnection>;

/// The harness blocks its thread. On a thread of its own it holds up nothing else of the caller's task, such as the
/// connection of another migration that is joined with this one.
async fn on_own_thread<T: Send + 'static>(
    url: &SecretString,
    work: fn(&mut Harness) -> diesel::migration::Result<T>,
) -> Result<T, MigrationError> {
    let url = url.expose_secret().to_owned();
    let runtime = tokio::runtime::Handle::current();
    let blocking = move || {
        let conn = runtime.block_on(locked(url))?;
        // The lock ends with the connection, also when this fails.
        work(&mut AsyncMigrationHarness::new(conn)).map_err(|e| MigrationError::Failed(e.to_string()))
    };
    tokio::task::spawn_blocking(blocking).await.map_err(|e| MigrationError::Failed(e.to_string()))?
}

async fn locked(url: String) -> Result<AsyncPgConnection, MigrationError> {
    let mut conn = crate::db::connect(url).await?;
    diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(&mut conn).await?;
    Ok(conn)
}

/// Whether the database has every migration of this release.
pub async fn is_current(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    let ours: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().unwrap_or_default();
    let ran: Vec<Ran> = diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load(conn).await?;
    Ok(ours.iter().all(|migration| {
        let version = migration.name().version().to_string();
        ran.iter().any(|row| row.version == version)
    }))
}

#[derive(QueryableByName)]
struct Ran {
    #[diesel(sql_type = Text)]
    version: String,
}
