//! The published page of an app.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{apps, sites};
use crate::{AccountId, AppId, AppMode, IconType, SiteId, app};

/// The `status` of a site that is served.
pub const NORMAL: &str = "normal";

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = sites, check_for_backend(diesel::pg::Pg))]
pub struct Site {
    pub id: SiteId,
    pub app_id: AppId,
    pub title: String,
    pub icon_type: Option<IconType>,
    pub icon: Option<String>,
    pub icon_background: Option<String>,
    pub description: Option<String>,
    pub default_language: String,
    pub chat_color_theme: Option<String>,
    pub chat_color_theme_inverted: bool,
    pub copyright: Option<String>,
    pub privacy_policy: Option<String>,
    pub show_workflow_steps: bool,
    pub use_icon_as_answer_icon: bool,
    pub custom_disclaimer: String,
    pub customize_domain: Option<String>,
    pub customize_token_strategy: String,
    pub prompt_public: bool,
    pub status: String,
    pub created_by: Option<AccountId>,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<AccountId>,
    pub updated_at: NaiveDateTime,
    /// 16 random characters: the public id of the web app.
    pub code: Option<String>,
}

/// What may be changed of a site; `None` leaves a field as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = sites)]
pub struct SiteChanges<'a> {
    pub title: Option<&'a str>,
    pub icon_type: Option<IconType>,
    pub icon: Option<&'a str>,
    pub icon_background: Option<&'a str>,
    pub description: Option<&'a str>,
    pub default_language: Option<&'a str>,
    pub chat_color_theme: Option<&'a str>,
    pub chat_color_theme_inverted: Option<bool>,
    pub copyright: Option<&'a str>,
    pub privacy_policy: Option<&'a str>,
    pub show_workflow_steps: Option<bool>,
    pub use_icon_as_answer_icon: Option<bool>,
    pub custom_disclaimer: Option<&'a str>,
    pub customize_domain: Option<&'a str>,
    pub customize_token_strategy: Option<&'a str>,
    pub prompt_public: Option<bool>,
    pub code: Option<&'a str>,
    pub updated_by: Option<AccountId>,
    pub updated_at: Option<NaiveDateTime>,
}

impl Site {
    pub async fn find_by_app(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<Option<Self>> {
        Self::query().filter(sites::app_id.eq(app)).order(sites::created_at).first(conn).await.optional()
    }

    /// The served site with that public code.
    pub async fn find_by_code(conn: &mut AsyncPgConnection, code: &str) -> QueryResult<Option<Self>> {
        Self::query().filter(sites::code.eq(code)).filter(sites::status.eq(NORMAL)).first(conn).await.optional()
    }

    /// Sites of any workspace that everybody may open, the last changed first, with their apps' modes. What they say is
    /// public; that they are there is for whoever runs the installation.
    pub async fn newest_open(conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Vec<(Self, AppMode)>> {
        sites::table
            .inner_join(apps::table.on(apps::id.eq(sites::app_id)))
            .filter(sites::status.eq(NORMAL))
            .filter(apps::status.eq(app::NORMAL))
            .filter(apps::enable_site)
            .order((sites::updated_at.desc(), sites::id))
            .limit(limit)
            .select((Self::as_select(), apps::mode))
            .load(conn)
            .await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(sites::table).values(new).execute(conn).await.map(drop)
    }

    /// Changes the site of an app; `None` if it has none.
    pub async fn update(
        conn: &mut AsyncPgConnection,
        app: AppId,
        changes: &SiteChanges<'_>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(sites::table.filter(sites::app_id.eq(app)))
            .set(changes)
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }
}
