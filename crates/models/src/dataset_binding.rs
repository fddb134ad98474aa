//! Which collection the vectors of an embedding model go to, where a store groups by model.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::dataset_collection_bindings as bindings;

text_enum! {
    /// What is kept in a collection.
    CollectionType {
        Dataset => "dataset",
        Annotation => "annotation",
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = bindings, check_for_backend(diesel::pg::Pg))]
pub struct CollectionBinding {
    pub id: Uuid,
    pub provider_name: String,
    pub model_name: String,
    #[diesel(column_name = type_)]
    pub kind: CollectionType,
    /// At most 64 bytes.
    pub collection_name: String,
    pub created_at: NaiveDateTime,
}

impl CollectionBinding {
    pub async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Self>> {
        Self::query().filter(bindings::id.eq(id)).first(conn).await.optional()
    }

    pub async fn find_all(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<Self>> {
        Self::query().filter(bindings::id.eq_any(ids)).load(conn).await
    }

    /// The one binding of a model and type, made where there is none yet. In a transaction: two that come at once get
    /// the same.
    pub async fn get_or_make(
        conn: &mut AsyncPgConnection,
        provider: &str,
        model: &str,
        kind: CollectionType,
        name: &str,
    ) -> QueryResult<Self> {
        crate::db::alone_at(conn, &format!("collection-binding:{kind}:{provider}:{model}")).await?;
        let known = Self::query()
            .filter(bindings::provider_name.eq(provider))
            .filter(bindings::model_name.eq(model))
            .filter(bindings::type_.eq(kind))
            .order(bindings::created_at)
            .first(conn)
            .await
            .optional()?;
        if let Some(known) = known {
            return Ok(known);
        }
        let new = Self {
            id: Uuid::new_v4(),
            provider_name: provider.to_owned(),
            model_name: model.to_owned(),
            kind,
            collection_name: name.to_owned(),
            created_at: chrono::Utc::now().naive_utc(),
        };
        diesel::insert_into(bindings::table).values(&new).execute(conn).await?;
        Ok(new)
    }
}
