//! The real server on a free port, in this process.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use config::{Environment, Settings, Tier};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::app::{ServiceClient, WebClient};
use crate::client::Client;
use crate::console::Console;
use crate::database::TestDatabase;
use crate::line::Line;
use crate::rows::Rows;

const SECRET_KEY: &str = "a-secret-key-that-only-tests-use-0123456789";

/// What outlives a single server of a test: databases and files.
struct Ground {
    database: TestDatabase,
    storage: PathBuf,
}

impl Ground {
    fn on(database: TestDatabase) -> Self {
        let storage = std::env::temp_dir().join(format!("ferrify-test-storage-{}", Uuid::new_v4().simple()));
        Self { database, storage }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_dir_all(&self.storage);
    }
}

/// How a server is to be started.
#[must_use]
pub struct TestServerBuilder {
    tier: Tier,
    variables: BTreeMap<String, String>,
    ground: Option<Arc<Ground>>,
    on_lines: bool,
}

/// The lines to what a server depends on.
pub struct Lines {
    pub postgres: Line,
    pub redis: Line,
}

impl TestServerBuilder {
    /// Sets a variable as if it stood in the environment.
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Reaches Postgres and Redis over lines that can be cut: [`TestServer::lines`].
    pub fn on_lines(mut self) -> Self {
        self.on_lines = true;
        self
    }

    /// Begins with a database without any table.
    pub async fn on_empty_database(mut self) -> Self {
        self.ground = Some(Arc::new(Ground::on(TestDatabase::create_empty().await)));
        self.set("FERRIFY_MIGRATE_ON_START", "true")
    }

    /// Starts several tiers on the same ground at the same time.
    pub async fn start_together(self, tiers: &[Tier]) -> Vec<TestServer> {
        let ground = match &self.ground {
            Some(ground) => Arc::clone(ground),
            None => Arc::new(Ground::on(TestDatabase::create().await)),
        };
        let starts = tiers.iter().map(|tier| {
            let (variables, ground) = (self.variables.clone(), Some(Arc::clone(&ground)));
            Self { tier: *tier, variables, ground, on_lines: false }.start()
        });
        let starting: Vec<_> = starts.map(|start| tokio::spawn(Box::pin(start))).collect();
        let mut started = Vec::with_capacity(starting.len());
        for one in starting {
            started.push(one.await.expect("the start does not panic"));
        }
        started
    }

    pub async fn start(self) -> TestServer {
        // An error means that another test of this process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ground = match self.ground {
            Some(ground) => ground,
            None => Arc::new(Ground::on(TestDatabase::create().await)),
        };
        let mut variables = defaults(&ground);
        variables.extend(self.variables.clone());
        let lines = if self.on_lines { Some(Lines::lay(&mut variables)) } else { None };
        let settings = Settings::read(&Environment::of_pairs(variables)).expect("the settings of the test are valid");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let running = server::start(settings, self.tier, listener).await.unwrap_or_else(|e| panic!("start: {e}"));
        let base = format!("http://{}", running.address);
        TestServer { base, running, variables: self.variables, ground, lines }
    }
}

impl Lines {
    fn lay(variables: &mut BTreeMap<String, String>) -> Self {
        let (postgres, redis) = (variables["DATABASE_URL"].clone(), variables["REDIS_URL"].clone());
        let lines = Self { postgres: Line::to(&postgres), redis: Line::to(&redis) };
        variables.insert("DATABASE_URL".to_owned(), lines.postgres.through(&postgres));
        variables.insert("REDIS_URL".to_owned(), lines.redis.through(&redis));
        lines
    }
}

fn defaults(ground: &Ground) -> BTreeMap<String, String> {
    let pairs = [
        ("DATABASE_URL", ground.database.postgres_url().expose_secret().to_owned()),
        ("REDIS_URL", ground.database.redis_url().expose_secret().to_owned()),
        ("SECRET_KEY", SECRET_KEY.to_owned()),
        ("STORAGE_TYPE", "local".to_owned()),
        ("OPENDAL_FS_ROOT", ground.storage.display().to_string()),
        // The database is a clone of a migrated one.
        ("FERRIFY_MIGRATE_ON_START", "false".to_owned()),
        ("FERRIFY_HTTP_WORKERS", "1".to_owned()),
        ("FERRIFY_SHUTDOWN_SECONDS", "5".to_owned()),
        // The stub upstream listens on the loopback interface.
        ("FERRIFY_EGRESS_ALLOW_PRIVATE", "true".to_owned()),
        ("SQLALCHEMY_POOL_SIZE", "10".to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// A running tier with databases and files of its own.
pub struct TestServer {
    base: String,
    running: server::Running,
    variables: BTreeMap<String, String>,
    ground: Arc<Ground>,
    lines: Option<Lines>,
}

impl TestServer {
    pub async fn start(tier: Tier) -> Self {
        Self::builder(tier).start().await
    }

    pub fn builder(tier: Tier) -> TestServerBuilder {
        TestServerBuilder { tier, variables: BTreeMap::new(), ground: None, on_lines: false }
    }

    /// Another server on the same databases and files, with the same variables: a second replica, or another tier.
    /// It reaches Postgres and Redis directly.
    pub fn sibling(&self, tier: Tier) -> TestServerBuilder {
        TestServerBuilder {
            tier,
            variables: self.variables.clone(),
            ground: Some(Arc::clone(&self.ground)),
            on_lines: false,
        }
    }

    /// `http://address:port`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Nobody in particular, at the root.
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// The variables of another process on the same ground.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut variables = defaults(&self.ground);
        variables.extend(self.variables.clone());
        variables
    }

    /// The lines of a server that was started on lines.
    pub fn lines(&self) -> &Lines {
        self.lines.as_ref().expect("the server was started with `on_lines`")
    }

    pub fn database(&self) -> &TestDatabase {
        &self.ground.database
    }

    /// For looking at rows.
    pub fn db(&self) -> Rows {
        self.ground.database.rows()
    }

    /// The owner, signed in; the installation is set up when it is not yet.
    pub async fn console(&self) -> Console {
        Console::sign_in_as_owner(&self.base).await
    }

    /// A program with an app's API key.
    pub fn service(&self, key: &str) -> ServiceClient {
        ServiceClient::new(&self.base, key)
    }

    /// A visitor of an app's site, with a passport.
    pub async fn web(&self, code: &str) -> WebClient {
        WebClient::enter(&self.base, code).await
    }

    /// Takes the server down in order; databases and files go with the last one on them.
    pub async fn shutdown(self) {
        self.running.shutdown().await;
    }
}
