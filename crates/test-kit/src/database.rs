//! A Postgres database and a Redis database that nobody else uses.

use std::time::Duration;

use models::db::{Conn, Pool};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::admin::{connect, execute, server_url, url_of};
use crate::rows::Rows;
use crate::template;

/// Set, to anything: databases of tests stay, and their names are in the test's output.
const KEEP: &str = "FERRIFY_KEEP_TEST_DB";
const CONNECTIONS: usize = 8;

/// Migrated, empty, and removed when dropped.
pub struct TestDatabase {
    server: String,
    name: String,
    postgres: SecretString,
    redis: SecretString,
    pool: Pool,
}

impl TestDatabase {
    /// On the shared servers, which are started when needed.
    pub async fn create() -> Self {
        let server = server_url().await;
        let template = template::ensure(&server).await;
        let name = format!("ferrify_test_{}_{}", template::now_seconds(), Uuid::new_v4().simple());
        let mut admin = connect(&server).await;
        execute(&mut admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self::of(server, name).await
    }

    /// Without any table, for tests of the migrations themselves. The vector extension is there.
    pub async fn create_empty() -> Self {
        let server = server_url().await;
        let name = format!("ferrify_test_{}_{}", template::now_seconds(), Uuid::new_v4().simple());
        execute(&mut connect(&server).await, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        let database = Self::of(server, name).await;
        execute(&mut connect(database.postgres.expose_secret()).await, "CREATE EXTENSION vector").await;
        database
    }

    async fn of(server: String, name: String) -> Self {
        let redis = tokio::task::spawn_blocking(private_servers::testing::redis_database);
        let redis = redis.await.expect("the thread that asks Redis ends").expect("the shared Redis server answers");
        let postgres = url_of(&server, &name);
        let pool = Pool::new(&postgres, CONNECTIONS, Duration::from_secs(10)).expect("a pool can be made");
        Self { server, name, postgres, redis: SecretString::from(redis), pool }
    }

    /// For `DATABASE_URL`.
    pub fn postgres_url(&self) -> &SecretString {
        &self.postgres
    }

    /// For `REDIS_URL`.
    pub fn redis_url(&self) -> &SecretString {
        &self.redis
    }

    /// Asks this test's Redis database something; arrays come back as lines.
    pub async fn redis(&self, words: &[&str]) -> String {
        let (url, words) = (self.redis.expose_secret().to_owned(), words.iter().map(|w| (*w).to_owned()));
        let words: Vec<String> = words.collect();
        let asked = tokio::task::spawn_blocking(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            private_servers::testing::ask_redis(&url, &words)
        });
        asked.await.expect("the thread that asks Redis ends").expect("Redis answers the test")
    }

    /// A pool of the test's own, beside any that a server has.
    pub fn pool(&self) -> Pool {
        self.pool.clone()
    }

    pub async fn conn(&self) -> Conn {
        self.pool.get().await.expect("a connection to the test's database")
    }

    /// For looking at rows.
    pub fn rows(&self) -> Rows {
        Rows::new(self.pool())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
        if std::env::var_os(KEEP).is_some() {
            eprintln!("kept: {}", self.postgres.expose_secret());
            return;
        }
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own: the test's runtime may be shutting down.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                use diesel_async::RunQueryDsl;
                let mut conn = models::db::connect(server).await.map_err(std::io::Error::other)?;
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                diesel::sql_query(drop).execute(&mut conn).await.map_err(std::io::Error::other)
            })
        });
        if let Ok(Err(e)) = dropped.join() {
            eprintln!("a test database was left behind: {e}");
        }
    }
}
