//! MCP servers of apps: what the Console makes of them, and what their callers get.
//!
//! A server is found by its code, which is its only credential, so what is remembered of a code is forgotten everywhere
//! as soon as the server changes or gets another code.

mod schema;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, CacheHub, CacheSpec, LoadError, Scope};
use chrono::Utc;
use models::app::App;
use models::app_mcp_server::{AppMcpServer, AppMcpServerChanges, McpServerStatus};
use models::db::{DbError, Pool, PoolError, QueryError};
use models::{AppId, TenantId};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::random_text;

pub use schema::InputSchema;
pub use tools::{Called, McpAccessError, McpCallError, McpTools, OpenServer, Tool};

const CODE_LENGTH: usize = 16;
/// Characters of a description that the table takes.
const LONGEST_TEXT: usize = 255;

#[derive(Debug, thiserror::Error)]
pub enum McpServerError {
    #[error("MCP server not found.")]
    NotFound,
    #[error("The app has an MCP server already.")]
    Exists,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for McpServerError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for McpServerError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// What is to be changed of a server.
#[derive(Debug)]
pub struct McpServerUpdate<'a> {
    /// `None` leaves it, an empty one becomes the app's.
    pub description: Option<&'a str>,
    pub parameters: &'a Map<String, Value>,
    pub status: Option<McpServerStatus>,
}

/// Servers of the installation; cheap to clone.
#[derive(Clone)]
pub struct McpServers {
    pool: Pool,
    known: Cache<String, AppMcpServer>,
}

impl McpServers {
    pub fn new(pool: Pool, hub: &CacheHub) -> Self {
        let spec = CacheSpec {
            name: "mcp_servers",
            capacity: 10_000,
            ttl: Duration::from_secs(60),
            negative_ttl: Duration::from_secs(5),
            shared: false,
        };
        Self { pool, known: hub.local_cache(spec) }
    }

    /// The server of an app, if it has one.
    pub async fn of_app(&self, tenant: TenantId, app: AppId) -> Result<Option<AppMcpServer>, McpServerError> {
        Ok(AppMcpServer::find_by_app(&mut *self.pool.get().await?, tenant, app).await?)
    }

    /// Makes the server of an app, with the app's description where none is given.
    pub async fn create(
        &self,
        app: &App,
        description: Option<&str>,
        parameters: &Map<String, Value>,
    ) -> Result<AppMcpServer, McpServerError> {
        let now = Utc::now().naive_utc();
        let server = AppMcpServer {
            id: Uuid::new_v4(),
            tenant_id: app.tenant_id,
            app_id: app.id,
            name: app.name.clone(),
            description: description_of(app, description.unwrap_or_default()),
            server_code: random_text(CODE_LENGTH),
            status: McpServerStatus::Active,
            parameters: json_text(parameters),
            created_at: now,
            updated_at: now,
        };
        let inserted = AppMcpServer::insert(&mut *self.pool.get().await?, &server).await.map_err(DbError::from);
        match inserted {
            Err(e) if e.is_unique_violation() => Err(McpServerError::Exists),
            done => Ok(done.map(|()| server)?),
        }
    }

    /// Changes the server of an app, which takes over the app's present name.
    pub async fn update(
        &self,
        app: &App,
        id: Uuid,
        update: &McpServerUpdate<'_>,
    ) -> Result<AppMcpServer, McpServerError> {
        let description = update.description.map(|text| description_of(app, text));
        let parameters = json_text(update.parameters);
        let mut conn = self.pool.get().await?;
        let server = AppMcpServer::find(&mut conn, app.tenant_id, id).await?;
        server.filter(|server| server.app_id == app.id).ok_or(McpServerError::NotFound)?;
        let changes = AppMcpServerChanges {
            name: Some(&app.name),
            description: description.as_deref(),
            status: update.status,
            parameters: Some(&parameters),
            updated_at: Some(Utc::now().naive_utc()),
            server_code: None,
        };
        let changed = AppMcpServer::update(&mut conn, app.tenant_id, id, &changes).await?;
        drop(conn);
        let changed = changed.ok_or(McpServerError::NotFound)?;
        self.forget(&changed.server_code).await;
        Ok(changed)
    }

    /// Gives a server another code; the old one leads nowhere from now on.
    pub async fn refresh_code(&self, tenant: TenantId, id: Uuid) -> Result<AppMcpServer, McpServerError> {
        let mut conn = self.pool.get().await?;
        let old = AppMcpServer::find(&mut conn, tenant, id).await?.ok_or(McpServerError::NotFound)?;
        let code = random_text(CODE_LENGTH);
        let changes = AppMcpServerChanges {
            server_code: Some(&code),
            updated_at: Some(Utc::now().naive_utc()),
            ..AppMcpServerChanges::default()
        };
        let changed = AppMcpServer::update(&mut conn, tenant, id, &changes).await?.ok_or(McpServerError::NotFound)?;
        drop(conn);
        self.forget(&old.server_code).await;
        Ok(changed)
    }

    /// The server with that code, whatever its status.
    async fn by_code(&self, code: &str) -> Result<Option<Arc<AppMcpServer>>, LoadError<DbError>> {
        let load = || async {
            let mut conn = self.pool.get().await?;
            Ok::<_, DbError>(AppMcpServer::find_by_code(&mut conn, code).await?)
        };
        self.known.get_or_load(Scope::Global, &code.to_owned(), load).await
    }

    async fn forget(&self, code: &str) {
        self.known.invalidate(Scope::Global, &code.to_owned()).await;
    }
}

/// What is stored as the parameters of a server.
fn json_text(parameters: &Map<String, Value>) -> String {
    // An object of JSON values can always be written.
    serde_json::to_string(parameters).unwrap_or_else(|_never| "{}".to_owned())
}

/// The parameters of a server; none if the text cannot be read.
pub fn parameters_of(server: &AppMcpServer) -> Map<String, Value> {
    serde_json::from_str(&server.parameters).unwrap_or_default()
}

fn description_of(app: &App, given: &str) -> String {
    let text = if given.is_empty() { &app.description } else { given };
    text.chars().take(LONGEST_TEXT).collect()
}
