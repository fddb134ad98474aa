//! Whether an app answers from annotations, and by which model it finds them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{app_annotation_settings as settings, dataset_collection_bindings as bindings};
use crate::{AccountId, AppId};

/// A switched-on annotation reply.
#[derive(Debug, Clone)]
pub struct AnnotationReply {
    pub id: Uuid,
    pub score_threshold: f64,
    /// The embedding provider and model of its index.
    pub embedding: Option<(String, String)>,
    /// The collection that the binding of the model names, for stores that group by model.
    pub collection: Option<String>,
}

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = settings)]
struct NewSetting {
    id: Uuid,
    app_id: AppId,
    score_threshold: f64,
    collection_binding_id: Uuid,
    created_user_id: AccountId,
    created_at: NaiveDateTime,
    updated_user_id: AccountId,
    updated_at: NaiveDateTime,
}

impl AnnotationReply {
    /// `None` if it is switched off.
    pub async fn of_app(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<Option<Self>> {
        let setting: Option<(Uuid, f64, Uuid)> = settings::table
            .filter(settings::app_id.eq(app))
            .select((settings::id, settings::score_threshold, settings::collection_binding_id))
            .first(conn)
            .await
            .optional()?;
        let Some((id, score_threshold, binding)) = setting else { return Ok(None) };
        let embedding = bindings::table
            .filter(bindings::id.eq(binding))
            .select((bindings::provider_name, bindings::model_name, bindings::collection_name))
            .first::<(String, String, String)>(conn)
            .await
            .optional()?;
        let (embedding, collection) = match embedding {
            Some((provider, model, collection)) => (Some((provider, model)), Some(collection)),
            None => (None, None),
        };
        Ok(Some(Self { id, score_threshold, embedding, collection }))
    }

    /// Switches it on, or changes how it is: whatever there was goes.
    pub async fn put(
        conn: &mut AsyncPgConnection,
        app: AppId,
        score_threshold: f64,
        binding: Uuid,
        by: AccountId,
        now: NaiveDateTime,
    ) -> QueryResult<()> {
        let changed = diesel::update(settings::table.filter(settings::app_id.eq(app)))
            .set((
                settings::score_threshold.eq(score_threshold),
                settings::collection_binding_id.eq(binding),
                settings::updated_user_id.eq(by),
                settings::updated_at.eq(now),
            ))
            .execute(conn)
            .await?;
        if changed > 0 {
            return Ok(());
        }
        let new = NewSetting {
            id: Uuid::new_v4(),
            app_id: app,
            score_threshold,
            collection_binding_id: binding,
            created_user_id: by,
            created_at: now,
            updated_user_id: by,
            updated_at: now,
        };
        diesel::insert_into(settings::table).values(&new).execute(conn).await.map(drop)
    }

    /// Another threshold; `false` if the app has no such setting.
    pub async fn set_threshold(
        conn: &mut AsyncPgConnection,
        app: AppId,
        id: Uuid,
        score_threshold: f64,
        by: AccountId,
        now: NaiveDateTime,
    ) -> QueryResult<bool> {
        let this = settings::table.filter(settings::app_id.eq(app)).filter(settings::id.eq(id));
        let changed = diesel::update(this)
            .set((
                settings::score_threshold.eq(score_threshold),
                settings::updated_user_id.eq(by),
                settings::updated_at.eq(now),
            ))
            .execute(conn)
            .await?;
        Ok(changed > 0)
    }

    /// Switches it off.
    pub async fn delete(conn: &mut AsyncPgConnection, app: AppId) -> QueryResult<bool> {
        let gone = diesel::delete(settings::table.filter(settings::app_id.eq(app))).execute(conn).await?;
        Ok(gone > 0)
    }
}
