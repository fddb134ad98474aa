//! Answers that people wrote, in the place of a model's.
//!
//! Before a chat app calls its model, its question is compared with those of the app's annotations. Whatever goes wrong
//! with that costs the shortcut, never the answer.

use std::fmt;

use chrono::Utc;
use core_rag::store::{Stores, Target};
use models::account::Account;
use models::annotation::{Annotation, AnnotationHit};
use models::app_annotation_setting::AnnotationReply;
use models::db::Pool;
use models::{AppId, Caller, InvokeFrom, MessageId, TenantId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app_config::AppConfig;
use crate::error::GenerateError;
use crate::knowledge::Models;

/// A question to an app that may have annotations.
#[derive(Debug, Clone)]
pub(crate) struct AnnotationQuestion {
    pub(crate) query: String,
    pub(crate) message: MessageId,
    /// An account or an end user.
    pub(crate) asker: Uuid,
    /// `api` or `console`.
    pub(crate) source: &'static str,
}

impl AnnotationQuestion {
    pub(crate) fn new(query: &str, caller: Caller, from: InvokeFrom, message: MessageId) -> Self {
        Self { query: query.to_owned(), message, asker: caller.id(), source: from.source().as_str() }
    }
}

/// An annotation that answers a question.
#[derive(Debug, Clone)]
pub(crate) struct AnnotationAnswer {
    pub(crate) text: String,
    /// `{id, account{id, name}}`, as the metadata of the message show it.
    pub(crate) shown: Value,
}

/// Whether the configuration says that the app answers from annotations.
pub(crate) fn is_on(config: &AppConfig) -> bool {
    config.document.get("annotation_reply").and_then(|reply| reply.get("enabled")).and_then(Value::as_bool)
        == Some(true)
}

/// Finds annotations. Cheap to clone.
#[derive(Clone)]
pub struct AnnotationMatcher {
    pool: Pool,
    models: Models,
    stores: Stores,
}

impl fmt::Debug for AnnotationMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnnotationMatcher").finish_non_exhaustive()
    }
}

impl AnnotationMatcher {
    pub fn new(pool: Pool, models: Models, stores: Stores) -> Self {
        Self { pool, models, stores }
    }

    /// The annotation that answers the question, noted as a hit; `None` also where looking for one failed.
    pub(crate) async fn answer(
        &self,
        tenant: TenantId,
        app: AppId,
        asked: &AnnotationQuestion,
    ) -> Option<AnnotationAnswer> {
        match self.find(tenant, app, asked).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(app.id = %app, error = %error, "annotations could not be searched; the model answers");
                None
            }
        }
    }

    async fn find(
        &self,
        tenant: TenantId,
        app: AppId,
        asked: &AnnotationQuestion,
    ) -> Result<Option<AnnotationAnswer>, GenerateError> {
        let reply = {
            let mut conn = self.pool.get().await?;
            AnnotationReply::of_app(&mut conn, app).await?
        };
        let Some(reply) = reply else { return Ok(None) };
        let Some((provider, model)) = &reply.embedding else { return Ok(None) };
        let vector = self.models.embedder(tenant, provider, model).await?.query(&asked.query).await?;
        let target = Target {
            collection: self.stores.collection(app.0, None, reply.collection.as_deref(), 0),
            top_k: 1,
            score_threshold: if reply.score_threshold == 0.0 { 1.0 } else { reply.score_threshold },
        };
        let store = self.stores.of_dataset(None)?;
        let found = store.search_vector(&[target], &vector, None).await?;
        let Some(found) = found.into_iter().next() else { return Ok(None) };
        let mut conn = self.pool.get().await?;
        // The index may be behind its rows.
        let Some(row) = Annotation::find(&mut conn, app, found.metadata.annotation_id.unwrap_or(found.id)).await?
        else {
            return Ok(None);
        };
        let author = Account::find(&mut conn, row.account_id).await?;
        let hit = AnnotationHit {
            id: Uuid::new_v4(),
            app_id: app,
            annotation_id: row.id,
            source: asked.source.to_owned(),
            question: asked.query.clone(),
            account_id: asked.asker,
            created_at: Utc::now().naive_utc(),
            score: found.score,
            message_id: asked.message,
            annotation_question: row.question,
            annotation_content: row.content.clone(),
        };
        AnnotationHit::note(&mut conn, &hit).await?;
        let name = author.map_or_else(|| "Dify user".to_owned(), |author| author.name);
        let shown = json!({"id": row.id, "account": {"id": row.account_id, "name": name}});
        Ok(Some(AnnotationAnswer { text: row.content, shown }))
    }
}
