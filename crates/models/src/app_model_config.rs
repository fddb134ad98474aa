//! Saved configurations of chat, agent and completion apps. Rows are never changed: each save inserts a new one.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::app_model_configs;
use crate::{AccountId, AppId, AppModelConfigId};

/// Every feature column is JSON text; null and empty mean the documented default.
#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = app_model_configs, check_for_backend(diesel::pg::Pg))]
pub struct AppModelConfig {
    pub id: AppModelConfigId,
    pub app_id: AppId,
    pub created_by: Option<AccountId>,
    pub created_at: NaiveDateTime,
    pub updated_by: Option<AccountId>,
    pub updated_at: NaiveDateTime,
    pub opening_statement: Option<String>,
    pub suggested_questions: Option<String>,
    pub suggested_questions_after_answer: Option<String>,
    pub speech_to_text: Option<String>,
    pub text_to_speech: Option<String>,
    pub more_like_this: Option<String>,
    pub model: Option<String>,
    pub user_input_form: Option<String>,
    pub dataset_query_variable: Option<String>,
    pub pre_prompt: Option<String>,
    pub agent_mode: Option<String>,
    pub sensitive_word_avoidance: Option<String>,
    pub retriever_resource: Option<String>,
    pub prompt_type: String,
    pub chat_prompt_config: Option<String>,
    pub completion_prompt_config: Option<String>,
    pub dataset_configs: Option<String>,
    pub external_data_tools: Option<String>,
    pub file_upload: Option<String>,
}

impl AppModelConfig {
    /// One configuration of the app.
    pub async fn find(conn: &mut AsyncPgConnection, app: AppId, id: AppModelConfigId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(app_model_configs::app_id.eq(app))
            .filter(app_model_configs::id.eq(id))
            .first(conn)
            .await
            .optional()
    }

    /// Several configurations at once, for lists.
    pub async fn find_all(conn: &mut AsyncPgConnection, ids: &[AppModelConfigId]) -> QueryResult<Vec<Self>> {
        Self::query().filter(app_model_configs::id.eq_any(ids)).load(conn).await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(app_model_configs::table).values(new).execute(conn).await.map(drop)
    }
}
