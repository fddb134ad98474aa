//! What stands above the explore page.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::exporle_banners;

const ENABLED: &str = "enabled";
/// More than anybody looks at.
const MOST: i64 = 100;

/// Of the installation, not of a workspace.
#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = exporle_banners, check_for_backend(diesel::pg::Pg))]
pub struct ExploreBanner {
    pub id: Uuid,
    /// Whatever the frontend draws.
    pub content: Value,
    pub link: String,
    pub sort: i32,
    pub status: String,
    pub created_at: NaiveDateTime,
}

impl ExploreBanner {
    /// Those that are shown in a language, in their order.
    pub async fn shown(conn: &mut AsyncPgConnection, language: &str) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(exporle_banners::status.eq(ENABLED))
            .filter(exporle_banners::language.eq(language))
            .order((exporle_banners::sort, exporle_banners::id))
            .limit(MOST)
            .load(conn)
            .await
    }
}
