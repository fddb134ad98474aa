//! The people on the other side of an API key or a published page.

use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, CacheHub, CacheSpec};
use chrono::Utc;
use models::app::App;
use models::db::{AsyncPgConnection, DbError, Pool};
use models::end_user::EndUser;
use models::{AppId, EndUserId, EndUserType};
use uuid::Uuid;

use crate::directory::AccessError;

/// The session of callers that name no user.
pub const DEFAULT_USER: &str = "DEFAULT-USER";
/// Characters of a name that the table takes.
const LONGEST_NAME: usize = 255;

/// Finds and makes end users. Cheap to clone.
#[derive(Clone)]
pub struct EndUsers {
    pool: Pool,
    by_session: Cache<String, EndUser>,
    by_id: Cache<Uuid, EndUser>,
    of_mcp: Cache<Uuid, EndUser>,
}

impl EndUsers {
    pub fn new(pool: Pool, hub: &CacheHub) -> Self {
        let spec = |name| CacheSpec {
            name,
            capacity: 50_000,
            ttl: Duration::from_secs(300),
            negative_ttl: Duration::from_secs(1),
            shared: false,
        };
        Self {
            pool,
            by_session: hub.local_cache(spec("end_users_by_session")),
            by_id: hub.local_cache(spec("end_users")),
            of_mcp: hub.local_cache(spec("end_users_of_mcp")),
        }
    }

    /// The end user of the Service API whom the caller calls `user`; made at the first meeting. `None` is the default
    /// user.
    ///
    /// # Errors
    /// When the row can be neither found nor made.
    pub async fn of_service(&self, app: &App, user: Option<&str>) -> Result<Arc<EndUser>, AccessError> {
        let session = user.unwrap_or(DEFAULT_USER);
        self.find_or_make(app, EndUserType::ServiceApi, session).await
    }

    /// A visitor of a published page: the one with this session, or a new one.
    ///
    /// # Errors
    /// When the row can be neither found nor made.
    pub async fn of_page(&self, app: &App, session: Option<&str>) -> Result<Arc<EndUser>, AccessError> {
        match session {
            Some(session) => self.find_or_make(app, EndUserType::Browser, session).await,
            None => self.find_or_make(app, EndUserType::Browser, &Uuid::new_v4().to_string()).await,
        }
    }

    /// An end user of the app by id.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn find(&self, app: &App, id: EndUserId) -> Result<Option<Arc<EndUser>>, AccessError> {
        let of: AppId = app.id;
        let load = || async { Ok::<_, DbError>(EndUser::find(&mut *self.pool.get().await?, of, id).await?) };
        // The cache is keyed by the end user alone: whose it is, is checked on every use.
        let found = self.by_id.get_or_load(app.tenant_id.0, &id.0, load).await?;
        Ok(found.filter(|user| user.app_id == Some(of)))
    }

    /// The end user of an app's MCP server: all its clients together. `None` until the first one introduced itself.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn find_mcp(&self, app: &App, server: Uuid) -> Result<Option<Arc<EndUser>>, AccessError> {
        let load = || async { load_mcp(&mut *self.pool.get().await?, app, server).await };
        Ok(self.of_mcp.get_or_load(app.tenant_id.0, &server, load).await?)
    }

    /// The same, made with this name when there is none.
    ///
    /// # Errors
    /// When it can be neither found nor made.
    pub async fn of_mcp(&self, app: &App, server: Uuid, name: &str) -> Result<Arc<EndUser>, AccessError> {
        if let Some(found) = self.find_mcp(app, server).await? {
            return Ok(found);
        }
        let made = self.make_mcp(app, server, name).await.map_err(|e| AccessError::Internal(e.to_string().into()))?;
        self.of_mcp.invalidate(app.tenant_id.0, &server).await;
        Ok(Arc::new(made))
    }

    async fn make_mcp(&self, app: &App, server: Uuid, name: &str) -> Result<EndUser, DbError> {
        let mut conn = self.pool.get().await?;
        // What is remembered may be a moment old.
        if let Some(found) = load_mcp(&mut conn, app, server).await? {
            return Ok(found);
        }
        let now = Utc::now().naive_utc();
        let new = EndUser {
            id: EndUserId::random(),
            tenant_id: app.tenant_id,
            app_id: Some(app.id),
            kind: EndUserType::Mcp,
            external_user_id: None,
            name: Some(name.chars().take(LONGEST_NAME).collect()),
            is_anonymous: true,
            session_id: server.to_string(),
            created_at: now,
            updated_at: now,
        };
        EndUser::insert(&mut conn, &new).await?;
        Ok(new)
    }

    async fn find_or_make(&self, app: &App, kind: EndUserType, session: &str) -> Result<Arc<EndUser>, AccessError> {
        let load = || async { self.load_or_make(app, kind, session).await.map(Some) };
        let key = format!("{}:{kind}:{session}", app.id);
        let found = self.by_session.get_or_load(app.tenant_id.0, &key, load).await?;
        found.ok_or_else(|| AccessError::Internal("an end user was made and is gone".into()))
    }

    async fn load_or_make(&self, app: &App, kind: EndUserType, session: &str) -> Result<EndUser, DbError> {
        let mut conn = self.pool.get().await?;
        let now = Utc::now().naive_utc();
        if let Some(mut found) = EndUser::find_by_session(&mut conn, app.tenant_id, app.id, session, kind).await? {
            if kind == EndUserType::ServiceApi && found.kind != kind {
                EndUser::retype(&mut conn, found.id, kind, now).await?;
                found.kind = kind;
            }
            return Ok(found);
        }
        let service = kind == EndUserType::ServiceApi;
        let new = EndUser {
            id: EndUserId::random(),
            tenant_id: app.tenant_id,
            app_id: Some(app.id),
            kind,
            external_user_id: service.then(|| session.to_owned()),
            name: None,
            is_anonymous: !service || session == DEFAULT_USER,
            session_id: session.to_owned(),
            created_at: now,
            updated_at: now,
        };
        EndUser::insert(&mut conn, &new).await?;
        Ok(new)
    }
}

async fn load_mcp(conn: &mut AsyncPgConnection, app: &App, server: Uuid) -> Result<Option<EndUser>, DbError> {
    let (session, kind) = (server.to_string(), EndUserType::Mcp);
    let found = EndUser::find_by_session(conn, app.tenant_id, app.id, &session, kind).await?;
    Ok(found.filter(|user| user.kind == kind))
}
