//! Whether an app answers from annotations, as far as its configuration shows it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::AppId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{app_annotation_settings as settings, dataset_collection_bindings as bindings};

/// A switched-on annotation reply.
#[derive(Debug, Clone)]
pub struct AnnotationReply {
    pub id: Uuid,
    pub score_threshold: f64,
    /// The embedding provider and model of its index.
    pub embedding: Option<(String, String)>,
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
            .select((bindings::provider_name, bindings::model_name))
            .first(conn)
            .await
            .optional()?;
        Ok(Some(Self { id, score_threshold, embedding }))
    }
}
