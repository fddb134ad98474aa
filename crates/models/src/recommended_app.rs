//! Apps that the installation offers to all of its workspaces. Only what its own workspace has made public is ever read
//! here, whichever workspace asks: this is the one place where apps of others are meant to be seen.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::AppId;
use crate::app::{App, NORMAL};
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{apps, recommended_apps, sites};

/// More than anybody looks at.
const MOST: i64 = 1000;

#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = recommended_apps, check_for_backend(diesel::pg::Pg))]
pub struct RecommendedApp {
    pub id: Uuid,
    pub category: String,
    pub position: i32,
    pub is_listed: bool,
}

/// What the page of an app says of it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = sites, check_for_backend(diesel::pg::Pg))]
pub struct PageFacts {
    pub description: Option<String>,
    pub copyright: Option<String>,
    pub privacy_policy: Option<String>,
    pub custom_disclaimer: String,
}

impl RecommendedApp {
    /// Those that are listed in a language, with their apps and what the pages of these say.
    pub async fn listed(conn: &mut AsyncPgConnection, language: &str) -> QueryResult<Vec<(Self, App, PageFacts)>> {
        recommended_apps::table
            .inner_join(apps::table.on(apps::id.eq(recommended_apps::app_id)))
            .inner_join(sites::table.on(sites::app_id.eq(apps::id)))
            .filter(recommended_apps::is_listed.eq(true))
            .filter(recommended_apps::language.eq(language))
            .filter(apps::status.eq(NORMAL))
            .filter(apps::is_public.eq(true))
            .select((Self::as_select(), App::as_select(), PageFacts::as_select()))
            .order((recommended_apps::position, recommended_apps::id))
            .limit(MOST)
            .load(conn)
            .await
    }

    /// An app that is listed in any language.
    pub async fn app(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<Option<App>> {
        recommended_apps::table
            .inner_join(apps::table.on(apps::id.eq(recommended_apps::app_id)))
            .filter(recommended_apps::is_listed.eq(true))
            .filter(recommended_apps::app_id.eq(app))
            .filter(apps::status.eq(NORMAL))
            .filter(apps::is_public.eq(true))
            .select(App::as_select())
            .first(conn)
            .await
            .optional()
    }
}
