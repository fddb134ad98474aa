//! Answers that people wrote, as they are kept and edited; how often each was given, and to what.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{app_annotation_hit_histories as hits, message_annotations as annotations};
use crate::{AccountId, AppId, ConversationId, MessageId};

#[derive(Debug, Clone, PartialEq, Eq, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = annotations, check_for_backend(diesel::pg::Pg))]
pub struct Annotation {
    pub id: Uuid,
    pub app_id: AppId,
    /// Of the message from which it was made, if it was.
    pub conversation_id: Option<ConversationId>,
    pub message_id: Option<MessageId>,
    pub question: String,
    /// The answer.
    pub content: String,
    pub hit_count: i32,
    pub account_id: AccountId,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// Once that an annotation was the answer.
#[derive(Debug, Clone, PartialEq, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = hits, check_for_backend(diesel::pg::Pg))]
pub struct AnnotationHit {
    pub id: Uuid,
    pub app_id: AppId,
    pub annotation_id: Uuid,
    /// `api` or `console`.
    pub source: String,
    /// What was asked.
    pub question: String,
    /// Who asked: an account or an end user.
    pub account_id: Uuid,
    pub created_at: NaiveDateTime,
    /// How similar the questions are.
    pub score: f64,
    pub message_id: MessageId,
    pub annotation_question: String,
    pub annotation_content: String,
}

impl Annotation {
    pub async fn find(conn: &mut AsyncPgConnection, app: AppId, id: Uuid) -> QueryResult<Option<Self>> {
        Self::query().filter(annotations::app_id.eq(app)).filter(annotations::id.eq(id)).first(conn).await.optional()
    }

    /// Those of `ids` that are annotations of the app.
    pub async fn find_all(conn: &mut AsyncPgConnection, app: AppId, ids: &[Uuid]) -> QueryResult<Vec<Self>> {
        Self::query().filter(annotations::app_id.eq(app)).filter(annotations::id.eq_any(ids)).load(conn).await
    }

    /// The oldest annotation that was made from a message.
    pub async fn of_message(conn: &mut AsyncPgConnection, app: AppId, message: MessageId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(annotations::app_id.eq(app))
            .filter(annotations::message_id.eq(message))
            .order((annotations::created_at, annotations::id))
            .first(conn)
            .await
            .optional()
    }

    /// A page, newest first, and how many there are in all. `keyword`: in the question or the answer, in any case.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        app: AppId,
        keyword: Option<&str>,
        limit: i64,
        offset: i64,
    ) -> QueryResult<(Vec<Self>, i64)> {
        let filtered = || {
            let query = annotations::table.filter(annotations::app_id.eq(app)).into_boxed::<diesel::pg::Pg>();
            match keyword {
                Some(keyword) => {
                    let pattern = crate::like::containing(keyword);
                    let question = annotations::question.ilike(pattern.clone());
                    query.filter(question.or(annotations::content.ilike(pattern)))
                }
                None => query,
            }
        };
        let rows = filtered()
            .select(Self::as_select())
            .order((annotations::created_at.desc(), annotations::id))
            .limit(limit)
            .offset(offset)
            .load(conn)
            .await?;
        Ok((rows, filtered().count().get_result(conn).await?))
    }

    pub async fn count(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<i64> {
        annotations::table.filter(annotations::app_id.eq(app)).count().get_result(conn).await
    }

    /// The next ones by their ids.
    pub async fn after(
        conn: &mut AsyncPgConnection,
        app: AppId,
        after: Option<Uuid>,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = annotations::table
            .filter(annotations::app_id.eq(app))
            .select(Self::as_select())
            .order(annotations::id)
            .limit(limit)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(annotations::id.gt(after));
        }
        query.load(conn).await
    }

    /// One statement for each 1,000 rows.
    pub async fn insert_all(conn: &mut AsyncPgConnection, new: &[Self]) -> QueryResult<()> {
        for rows in new.chunks(1_000) {
            diesel::insert_into(annotations::table).values(rows).execute(conn).await?;
        }
        Ok(())
    }

    /// Another question or answer; `None` leaves it.
    pub async fn change(
        conn: &mut AsyncPgConnection,
        app: AppId,
        id: Uuid,
        question: Option<&str>,
        content: Option<&str>,
        now: NaiveDateTime,
    ) -> QueryResult<Option<Self>> {
        let this = annotations::table.filter(annotations::app_id.eq(app)).filter(annotations::id.eq(id));
        diesel::update(this)
            .set((
                question.map(|question| annotations::question.eq(question)),
                content.map(|content| annotations::content.eq(content)),
                annotations::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// Removes annotations of the app with their histories: these, or (`None`) all. Their ids.
    pub async fn delete(conn: &mut AsyncPgConnection, app: AppId, ids: Option<&[Uuid]>) -> QueryResult<Vec<Uuid>> {
        let mut gone = diesel::delete(annotations::table.filter(annotations::app_id.eq(app))).into_boxed();
        if let Some(ids) = ids {
            gone = gone.filter(annotations::id.eq_any(ids.to_vec()));
        }
        let gone: Vec<Uuid> = gone.returning(annotations::id).get_results(conn).await?;
        let histories = hits::table.filter(hits::app_id.eq(app)).filter(hits::annotation_id.eq_any(&gone));
        diesel::delete(histories).execute(conn).await?;
        Ok(gone)
    }
}

impl AnnotationHit {
    /// Notes the hit and counts it.
    pub async fn note(conn: &mut AsyncPgConnection, hit: &Self) -> QueryResult<()> {
        diesel::insert_into(hits::table).values(hit).execute(conn).await?;
        let this =
            annotations::table.filter(annotations::app_id.eq(hit.app_id)).filter(annotations::id.eq(hit.annotation_id));
        diesel::update(this).set(annotations::hit_count.eq(annotations::hit_count + 1)).execute(conn).await.map(drop)
    }

    /// A page of an annotation's hits, newest first, and how many there are in all.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        app: AppId,
        annotation: Uuid,
        limit: i64,
        offset: i64,
    ) -> QueryResult<(Vec<Self>, i64)> {
        let filtered = || hits::table.filter(hits::app_id.eq(app)).filter(hits::annotation_id.eq(annotation));
        let rows = filtered()
            .select(Self::as_select())
            .order((hits::created_at.desc(), hits::id))
            .limit(limit)
            .offset(offset)
            .load(conn)
            .await?;
        Ok((rows, filtered().count().get_result(conn).await?))
    }
}
