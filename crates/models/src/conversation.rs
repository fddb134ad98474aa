//! Conversations. Deletion is soft; a job removes what belonged to them.

use chrono::NaiveDateTime;
use diesel::dsl::{IntoBoxed, exists, not};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{conversations, pinned_conversations};
use crate::{
    AccountId, AppId, AppMode, AppModelConfigId, Caller, ConversationId, CreatorRole, EndUserId, FromSource, InvokeFrom,
};

/// The `status` of every conversation.
pub const NORMAL: &str = "normal";

#[derive(Debug, Clone, Identifiable, HasQuery)]
#[diesel(table_name = conversations, check_for_backend(Pg))]
pub struct Conversation {
    pub id: ConversationId,
    pub app_id: AppId,
    pub app_model_config_id: Option<AppModelConfigId>,
    pub override_model_configs: Option<String>,
    pub mode: AppMode,
    pub name: String,
    pub inputs: Value,
    pub introduction: Option<String>,
    pub status: String,
    /// Questions so far.
    pub dialogue_count: i32,
    pub invoke_from: Option<InvokeFrom>,
    pub from_source: FromSource,
    pub from_end_user_id: Option<EndUserId>,
    pub from_account_id: Option<AccountId>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = conversations, treat_none_as_default_value = false)]
pub struct NewConversation<'a> {
    pub id: ConversationId,
    pub app_id: AppId,
    pub app_model_config_id: Option<AppModelConfigId>,
    pub model_provider: Option<&'a str>,
    pub override_model_configs: Option<&'a str>,
    pub model_id: Option<&'a str>,
    pub mode: AppMode,
    pub name: &'a str,
    pub inputs: Value,
    pub introduction: Option<&'a str>,
    pub system_instruction: Option<&'a str>,
    pub status: &'a str,
    pub invoke_from: InvokeFrom,
    pub from_source: FromSource,
    pub from_end_user_id: Option<EndUserId>,
    pub from_account_id: Option<AccountId>,
    pub dialogue_count: i32,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// How a list of conversations is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    CreatedAscending,
    CreatedDescending,
    UpdatedAscending,
    UpdatedDescending,
}

impl Sort {
    /// The text of the `sort_by` parameter.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "created_at" => Some(Self::CreatedAscending),
            "-created_at" => Some(Self::CreatedDescending),
            "updated_at" => Some(Self::UpdatedAscending),
            "-updated_at" => Some(Self::UpdatedDescending),
            _ => None,
        }
    }
}

/// Which conversations a list holds.
#[derive(Debug, Clone)]
pub struct Scope {
    pub app: AppId,
    pub caller: Caller,
    /// Only those begun here, or with no recorded origin.
    pub invoke_from: InvokeFrom,
    /// `Some(true)`: only pinned ones; `Some(false)`: only others.
    pub pinned: Option<bool>,
}

type Boxed<'a> = IntoBoxed<'a, conversations::table, Pg>;

fn of_caller<'a>(app: AppId, caller: Caller) -> Boxed<'a> {
    let query = conversations::table
        .filter(conversations::app_id.eq(app))
        .filter(conversations::is_deleted.eq(false))
        .into_boxed();
    match caller {
        Caller::EndUser(id) => {
            query.filter(conversations::from_source.eq(FromSource::Api)).filter(conversations::from_end_user_id.eq(id))
        }
        Caller::Account(id) => query
            .filter(conversations::from_source.eq(FromSource::Console))
            .filter(conversations::from_account_id.eq(id)),
    }
}

impl Conversation {
    /// The caller's own conversation.
    pub async fn find(
        conn: &mut AsyncPgConnection,
        app: AppId,
        caller: Caller,
        id: ConversationId,
    ) -> QueryResult<Option<Self>> {
        of_caller(app, caller).filter(conversations::id.eq(id)).select(Self::as_select()).first(conn).await.optional()
    }

    /// A conversation of the app, whoever leads it: for builders.
    pub async fn find_in_app(
        conn: &mut AsyncPgConnection,
        app: AppId,
        id: ConversationId,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(conversations::app_id.eq(app))
            .filter(conversations::id.eq(id))
            .filter(conversations::is_deleted.eq(false))
            .first(conn)
            .await
            .optional()
    }

    /// One page, after the given conversation of the same order.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        scope: &Scope,
        sort: Sort,
        after: Option<&Self>,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = of_caller(scope.app, scope.caller)
            .filter(conversations::invoke_from.is_null().or(conversations::invoke_from.eq(scope.invoke_from)));
        if let Some(pinned) = scope.pinned {
            let pins = pinned_conversations::table
                .filter(pinned_conversations::app_id.eq(scope.app))
                .filter(pinned_conversations::created_by_role.eq(scope.caller.role()))
                .filter(pinned_conversations::created_by.eq(scope.caller.id()))
                .filter(pinned_conversations::conversation_id.eq(conversations::id));
            query = if pinned { query.filter(exists(pins)) } else { query.filter(not(exists(pins))) };
        }
        // Ties are broken on the id, else rows of the same time would be lost between pages.
        use conversations::{created_at, id, updated_at};
        if let Some(last) = after {
            query =
                match sort {
                    Sort::CreatedAscending => query
                        .filter(created_at.gt(last.created_at).or(created_at.eq(last.created_at).and(id.gt(last.id)))),
                    Sort::CreatedDescending => query
                        .filter(created_at.lt(last.created_at).or(created_at.eq(last.created_at).and(id.lt(last.id)))),
                    Sort::UpdatedAscending => query
                        .filter(updated_at.gt(last.updated_at).or(updated_at.eq(last.updated_at).and(id.gt(last.id)))),
                    Sort::UpdatedDescending => query
                        .filter(updated_at.lt(last.updated_at).or(updated_at.eq(last.updated_at).and(id.lt(last.id)))),
                };
        }
        let query = match sort {
            Sort::CreatedAscending => query.order((created_at.asc(), id.asc())),
            Sort::CreatedDescending => query.order((created_at.desc(), id.desc())),
            Sort::UpdatedAscending => query.order((updated_at.asc(), id.asc())),
            Sort::UpdatedDescending => query.order((updated_at.desc(), id.desc())),
        };
        query.limit(limit).select(Self::as_select()).load(conn).await
    }

    /// Gives a conversation another name; `None` if the app has no such conversation.
    pub async fn rename(
        conn: &mut AsyncPgConnection,
        app: AppId,
        id: ConversationId,
        name: &str,
        now: NaiveDateTime,
    ) -> QueryResult<Option<Self>> {
        diesel::update(conversations::table.filter(conversations::app_id.eq(app)).filter(conversations::id.eq(id)))
            .set((conversations::name.eq(name), conversations::updated_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// Hides the caller's conversation; `false` if there is none.
    pub async fn delete(
        conn: &mut AsyncPgConnection,
        app: AppId,
        caller: Caller,
        id: ConversationId,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let own = of_caller(app, caller).filter(conversations::id.eq(id)).select(conversations::id);
        let rows = diesel::update(conversations::table.filter(conversations::id.eq_any(own)))
            .set((conversations::is_deleted.eq(true), conversations::updated_at.eq(now)))
            .execute(conn)
            .await?;
        Ok(rows > 0)
    }

    /// Pins a conversation for a caller; pinning twice is pinning once.
    pub async fn pin(
        conn: &mut AsyncPgConnection,
        app: AppId,
        caller: Caller,
        id: ConversationId,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let pinned = diesel::select(exists(pins(app, caller.role(), caller.id(), id))).get_result::<bool>(conn).await?;
        if pinned {
            return Ok(());
        }
        diesel::insert_into(pinned_conversations::table)
            .values((
                pinned_conversations::id.eq(uuid::Uuid::new_v4()),
                pinned_conversations::app_id.eq(app),
                pinned_conversations::conversation_id.eq(id),
                pinned_conversations::created_by_role.eq(caller.role()),
                pinned_conversations::created_by.eq(caller.id()),
                pinned_conversations::created_at.eq(now),
            ))
            .execute(conn)
            .await
            .map(drop)
    }

    pub async fn unpin(
        conn: &mut AsyncPgConnection,
        app: AppId,
        caller: Caller,
        id: ConversationId,
    ) -> QueryResult<()> {
        diesel::delete(pins(app, caller.role(), caller.id(), id)).execute(conn).await.map(drop)
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn pins(app: AppId, role: CreatorRole, caller: uuid::Uuid, id: ConversationId) -> _ {
    pinned_conversations::table
        .filter(pinned_conversations::app_id.eq(app))
        .filter(pinned_conversations::conversation_id.eq(id))
        .filter(pinned_conversations::created_by_role.eq(role))
        .filter(pinned_conversations::created_by.eq(caller))
}
