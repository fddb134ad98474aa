//! Answers that people wrote for an app, in place of a model's.
//!
//! Rows change here, together with the job that brings the app's index of questions after them. Work that somebody asks
//! after (switching the reply on or off, importing) has a row of its own that says how it came out.

mod edit;
mod error;
mod import;
mod index;
mod jobs;
mod switch;

use std::sync::Arc;

use core_app::knowledge::Models;
use core_rag::store::Stores;
use models::annotation::{Annotation, AnnotationHit};
use models::app::App;
use models::db::{Conn, Pool};
use models::tenant_member::TenantMember;
use models::{AccountId, AppId, TenantId};
use uuid::Uuid;

use crate::apps::AppChanges;

pub use edit::FromMessage;
pub use error::AnnotationError;
pub use import::ImportLimits;
pub use jobs::{drop_index_later, handlers};
pub use switch::{Switch, SwitchOn};

/// An app, and who works on its annotations.
#[derive(Debug, Clone, Copy)]
pub struct Annotated {
    pub tenant: TenantId,
    pub app: AppId,
    /// `None`: a program with a key, behind which the owner of the workspace stands.
    pub by: Option<AccountId>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Annotations {
    pool: Pool,
    models: Models,
    stores: Stores,
    limits: ImportLimits,
    /// Whoever remembers how apps are configured.
    watch: Arc<dyn AppChanges>,
}

impl Annotations {
    pub fn new(pool: Pool, models: Models, stores: Stores, limits: ImportLimits, watch: Arc<dyn AppChanges>) -> Self {
        Self { pool, models, stores, limits, watch }
    }

    /// A page, newest first, and how many there are.
    ///
    /// # Errors
    /// `NoSuchApp`.
    pub async fn list(
        &self,
        of: Annotated,
        keyword: Option<&str>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<Annotation>, i64), AnnotationError> {
        let mut conn = self.conn_of(of).await?;
        let keyword = keyword.filter(|keyword| !keyword.is_empty());
        Ok(Annotation::page(&mut conn, of.app, keyword, limit, offset).await?)
    }

    /// # Errors
    /// `NoSuchApp`.
    pub async fn count(&self, of: Annotated) -> Result<i64, AnnotationError> {
        let mut conn = self.conn_of(of).await?;
        Ok(Annotation::count(&mut conn, of.app).await?)
    }

    /// A page of what an annotation was the answer to, newest first, and how many there are.
    ///
    /// # Errors
    /// `NoSuchApp` or `NotFound`.
    pub async fn hits(
        &self,
        of: Annotated,
        id: Uuid,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<AnnotationHit>, i64), AnnotationError> {
        let mut conn = self.conn_of(of).await?;
        Annotation::find(&mut conn, of.app, id).await?.ok_or(AnnotationError::NotFound)?;
        Ok(AnnotationHit::page(&mut conn, of.app, id, limit, offset).await?)
    }

    /// A connection, once it is known that the app is the workspace's.
    async fn conn_of(&self, of: Annotated) -> Result<Conn, AnnotationError> {
        let mut conn = self.pool.get().await?;
        App::find(&mut conn, of.tenant, of.app).await?.ok_or(AnnotationError::NoSuchApp)?;
        Ok(conn)
    }

    /// In whose name a change is made.
    async fn author(conn: &mut Conn, of: Annotated) -> Result<AccountId, AnnotationError> {
        if let Some(by) = of.by {
            return Ok(by);
        }
        let owner = TenantMember::owner(conn, of.tenant).await?;
        owner.map(|(member, ..)| member.account_id).ok_or(AnnotationError::NoOwner)
    }
}
