//! The pool of Postgres connections, and what the layers above need of it.
//!
//! Connections belong to the runtime on which the pool was made, not to the thread that happened to need one: web
//! worker threads come and go in bursts, a connection's traffic must not wait for them.

mod silence;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use deadpool::managed::TimeoutType;
use diesel::connection::InstrumentationEvent;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel_async::SimpleAsyncConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool as DeadPool, PoolError as DeadPoolError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use server_timing::Waited;
use tokio_postgres::tls::MakeTlsConnect;

use silence::Suspicion;

pub use diesel::result::Error as QueryError;
pub use diesel_async::{AsyncConnection, AsyncPgConnection};

/// For opening a connection. Longer than a busy server takes, shorter than a caller's patience.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// When an idle connection is asked by the kernel whether its peer lives, and how long unacknowledged bytes may wait.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Result of a query.
pub type QueryResult<T> = Result<T, QueryError>;

/// A pooled connection; goes back to the pool when dropped.
pub type Conn = Object<AsyncPgConnection>;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    #[error("no database connection became free within {}s; raise SQLALCHEMY_POOL_SIZE or find who holds them", .0.as_secs())]
    Timeout(Duration),
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
}

/// What can go wrong when a service talks to the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error("database query failed: {0}")]
    Query(#[from] QueryError),
}

impl DbError {
    /// Whether a unique constraint refused the row.
    pub fn is_unique_violation(&self) -> bool {
        use diesel::result::DatabaseErrorKind::UniqueViolation;
        matches!(self, Self::Query(QueryError::DatabaseError(UniqueViolation, _)))
    }

    /// Whether the server could not be reached or was lost, rather than refused what it was asked.
    pub fn is_outage(&self) -> bool {
        use diesel::result::DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
        match self {
            Self::Pool(_) => true,
            Self::Query(QueryError::DatabaseError(kind, _)) => matches!(kind, ClosedConnection | UnableToSendCommand),
            Self::Query(_) => false,
        }
    }
}

/// A cheap handle on the process's connections.
#[derive(Clone)]
pub struct Pool {
    inner: DeadPool<AsyncPgConnection>,
    timeout: Duration,
    suspicion: Suspicion,
}

impl Pool {
    /// Statements that take longer are ended.
    pub const STATEMENT_LIMIT: Duration = Duration::from_secs(30);

    /// A pool of at most `size` connections. Opens none yet. Must be called on the runtime that is to own them.
    pub fn new(url: &SecretString, size: usize, timeout: Duration) -> Result<Self, PoolError> {
        Self::with_statement_limit(url, size, timeout, Self::STATEMENT_LIMIT)
    }

    /// The same, with a limit of one's own for each statement.
    pub fn with_statement_limit(
        url: &SecretString,
        size: usize,
        timeout: Duration,
        statement_limit: Duration,
    ) -> Result<Self, PoolError> {
        let owner = tokio::runtime::Handle::current();
        let statement_limit = statement_limit.max(Duration::from_secs(1));
        let suspicion = Suspicion::default();
        let mut config = ManagerConfig::default();
        config.recycling_method = RecyclingMethod::Fast;
        let suspect = suspicion.clone();
        config.custom_setup =
            Box::new(move |url| establish(owner.clone(), url.to_owned(), statement_limit, suspect.clone()));
        let manager = AsyncDieselConnectionManager::new_with_config(url.expose_secret(), config);
        let inner = DeadPool::builder(manager)
            .max_size(size.max(1))
            .wait_timeout(Some(timeout))
            .create_timeout(Some(timeout.min(CONNECT_LIMIT)))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|e| PoolError::Unreachable(e.to_string()))?;
        Ok(Self { inner, timeout, suspicion })
    }

    /// A connection, after at most the pool's timeout.
    pub async fn get(&self) -> Result<Conn, PoolError> {
        let asked = Instant::now();
        if self.suspicion.take() {
            // Idle connections to a server that went silent would cost their next users the same wait.
            self.inner.retain(|_conn, _metrics| false);
        }
        let conn = self.inner.get().await.map_err(|e| match e {
            DeadPoolError::Timeout(TimeoutType::Wait) => PoolError::Timeout(self.timeout),
            DeadPoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => {
                PoolError::Unreachable("the server did not answer in time".to_owned())
            }
            DeadPoolError::Backend(_)
            | DeadPoolError::Closed
            | DeadPoolError::NoRuntimeSpecified
            | DeadPoolError::PostCreateHook(_) => PoolError::Unreachable(e.to_string()),
        });
        let waited = asked.elapsed();
        metrics::histogram!("ferrify_db_pool_wait_seconds").record(waited.as_secs_f64());
        server_timing::add(Waited::Db, waited);
        conn
    }

    /// Connections handed out at this moment.
    pub fn in_use(&self) -> usize {
        let status = self.inner.status();
        status.size.saturating_sub(status.available)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbError> {
        use diesel_async::RunQueryDsl;
        let mut conn = self.get().await?;
        diesel::sql_query("SELECT 1").execute(&mut conn).await?;
        Ok(())
    }
}

fn establish(
    owner: tokio::runtime::Handle,
    url: String,
    statement_limit: Duration,
    suspicion: Suspicion,
) -> BoxFuture<'static, diesel::ConnectionResult<AsyncPgConnection>> {
    async move {
        let bad = |e: String| diesel::ConnectionError::BadConnection(e);
        owner.spawn(connect_watched(url, statement_limit, suspicion)).await.map_err(|e| bad(e.to_string()))?
    }
    .boxed()
}

type Opened = (
    tokio_postgres::Client,
    tokio_postgres::Connection<
        tokio_postgres::Socket,
        <tokio_postgres_rustls::MakeRustlsConnect as MakeTlsConnect<tokio_postgres::Socket>>::Stream,
    >,
);

async fn open(url: &str) -> diesel::ConnectionResult<Opened> {
    let bad = |e: tokio_postgres::Error| diesel::ConnectionError::BadConnection(describe(&e));
    let mut config: tokio_postgres::Config = url.parse().map_err(bad)?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_LIMIT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(KEEPALIVE);
        config.keepalives_idle(KEEPALIVE);
    }
    let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls_config().clone());
    config.connect(tls).await.map_err(bad)
}

/// A connection whose every statement has a limit.
async fn connect_watched(
    url: String,
    limit: Duration,
    suspicion: Suspicion,
) -> diesel::ConnectionResult<AsyncPgConnection> {
    let (client, connection) = open(&url).await?;
    let watch = silence::drive(connection, limit, suspicion);
    let mut conn = AsyncPgConnection::try_from(client).await?;
    let set = format!("SET statement_timeout = {}", limit.as_millis());
    conn.batch_execute(&set).await.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    conn.set_instrumentation(watch);
    Ok(conn)
}

/// One connection outside any pool, with statements counted. Nothing limits how long they take.
pub async fn connect(url: String) -> diesel::ConnectionResult<AsyncPgConnection> {
    let (client, connection) = open(&url).await?;
    let mut conn = AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
    conn.set_instrumentation(count_statements);
    Ok(conn)
}

fn describe(e: &tokio_postgres::Error) -> String {
    // The outer text is only "error connecting to server"; the reason is in the source.
    match std::error::Error::source(e) {
        Some(source) => format!("{e}: {source}"),
        None => e.to_string(),
    }
}

fn tls_config() -> &'static rustls::ClientConfig {
    static CONFIG: OnceLock<rustls::ClientConfig> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map(|b| b.with_root_certificates(roots).with_no_client_auth())
            .unwrap_or_else(|_| unreachable!("the ring provider supports the default protocol versions"))
    })
}

fn count_statements(event: InstrumentationEvent<'_>) {
    if matches!(event, InstrumentationEvent::StartQuery { .. }) {
        metrics::counter!("ferrify_db_statements_total").increment(1);
    }
}

/// Waits until no other transaction is at the same thing, and keeps others from it until this transaction ends. For
/// rules that no constraint can state, because an adopted database may already break them. The next statement sees
/// what the others committed.
pub async fn alone_at(conn: &mut AsyncPgConnection, thing: &str) -> QueryResult<()> {
    use diesel_async::RunQueryDsl;
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<diesel::sql_types::Text, _>(thing)
        .execute(conn)
        .await
        .map(drop)
}

/// Two statements in one round trip and one transaction: the first as a data-modifying `WITH`, then the second.
pub(crate) struct Both<A, B>(pub(crate) A, pub(crate) B);

impl<A, B> QueryFragment<Pg> for Both<A, B>
where
    A: QueryFragment<Pg>,
    B: QueryFragment<Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql("WITH first AS (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") ");
        self.1.walk_ast(out.reborrow())
    }
}

impl<A, B> QueryId for Both<A, B> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<A, B, C> diesel::RunQueryDsl<C> for Both<A, B> {}
