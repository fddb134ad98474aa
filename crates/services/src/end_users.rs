//! The people on the other side of an API key or a published page.

use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, CacheHub, CacheSpec};
use chrono::Utc;
use models::app::App;
use models::db::{self, AsyncConnection, AsyncPgConnection, DbError, Pool, QueryError, QueryResult};
use models::end_user::EndUser;
use models::{AppId, EndUserId, EndUserType};
use uuid::Uuid;

use crate::directory::AccessError;

/// The session of callers that name no user.
pub const DEFAULT_USER: &str = "DEFAULT-USER";
/// Characters of a name or a session that the table takes.
pub const LONGEST_TEXT: usize = 255;

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
        let load = || async {
            Ok::<_, DbError>(known(&mut *self.pool.get().await?, app, EndUserType::Mcp, &server.to_string()).await?)
        };
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
        let name = Some(name.chars().take(LONGEST_TEXT).collect());
        let new = EndUser { name, ..fresh(app, EndUserType::Mcp, &server.to_string()) };
        meet(&mut *self.pool.get().await?, app, &new).await
    }

    async fn find_or_make(&self, app: &App, kind: EndUserType, session: &str) -> Result<Arc<EndUser>, AccessError> {
        if session.chars().count() > LONGEST_TEXT {
            return Err(AccessError::SessionTooLong);
        }
        let load = || async { self.load_or_make(app, kind, session).await.map(Some) };
        let key = format!("{}:{kind}:{session}", app.id);
        let found = self.by_session.get_or_load(app.tenant_id.0, &key, load).await?;
        found.ok_or_else(|| AccessError::Internal("an end user was made and is gone".into()))
    }

    async fn load_or_make(&self, app: &App, kind: EndUserType, session: &str) -> Result<EndUser, DbError> {
        let mut conn = self.pool.get().await?;
        let mut found = match known(&mut conn, app, kind, session).await? {
            Some(found) => found,
            None => meet(&mut conn, app, &fresh(app, kind, session)).await?,
        };
        if kind == EndUserType::ServiceApi && found.kind != kind {
            EndUser::retype(&mut conn, found.id, kind, Utc::now().naive_utc()).await?;
            found.kind = kind;
        }
        Ok(found)
    }
}

/// The row of somebody who is met for the first time.
fn fresh(app: &App, kind: EndUserType, session: &str) -> EndUser {
    let service = kind == EndUserType::ServiceApi;
    let now = Utc::now().naive_utc();
    EndUser {
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
    }
}

/// Makes an end user unless there is one after all. Racing first meetings of one session, in whatever processes, come
/// one after the other: no constraint of the table keeps two rows apart.
async fn meet(conn: &mut AsyncPgConnection, app: &App, new: &EndUser) -> Result<EndUser, DbError> {
    let met = conn
        .transaction(async |conn| {
            db::alone_at(conn, &format!("end user {} of {}", new.session_id, app.id)).await?;
            if let Some(found) = known(conn, app, new.kind, &new.session_id).await? {
                return Ok(found);
            }
            EndUser::insert(conn, new).await?;
            Ok::<_, QueryError>(new.clone())
        })
        .await?;
    Ok(met)
}

/// The end user of a session, one of the wanted type first; clients of MCP servers are never taken for others.
async fn known(
    conn: &mut AsyncPgConnection,
    app: &App,
    kind: EndUserType,
    session: &str,
) -> QueryResult<Option<EndUser>> {
    let found = EndUser::find_by_session(conn, app.tenant_id, app.id, session, kind).await?;
    Ok(found.filter(|user| kind != EndUserType::Mcp || user.kind == kind))
}
