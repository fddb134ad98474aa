//! External knowledge APIs of a workspace, and the datasets in front of them.
//!
//! The key of an API is stored as Dify stores it, shown to nobody, and sent to no other place than the one for which
//! somebody entered it.

mod check;

use chrono::{NaiveDateTime, Utc};
use models::external_knowledge::{ExternalApi, ExternalApiChanges};
use models::{AccountId, DatasetId, DatasetPermission, TenantId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Actor, DatasetView, ExternalLink, Knowledge, KnowledgeError, NewDataset};
use crate::secrets::HIDDEN;

/// What somebody enters.
#[derive(Debug)]
pub struct ExternalApiForm {
    pub name: String,
    pub description: String,
    pub endpoint: String,
    /// `[__HIDDEN__]`: the stored one.
    pub api_key: SecretString,
}

/// An API as it may be shown.
#[derive(Debug, Clone)]
pub struct ExternalApiView {
    pub id: Uuid,
    pub tenant: TenantId,
    pub name: String,
    pub description: String,
    pub endpoint: String,
    pub has_key: bool,
    /// The datasets in front of it: id and name.
    pub datasets: Vec<(DatasetId, String)>,
    pub created_by: AccountId,
    pub created_at: NaiveDateTime,
}

/// A dataset that is to stand before an API.
#[derive(Debug, Clone)]
pub struct NewExternalDataset {
    pub name: String,
    pub description: String,
    pub link: ExternalLink,
    /// `{top_k, score_threshold, score_threshold_enabled}`.
    pub retrieval: Option<Value>,
}

/// As the table keeps it.
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    #[serde(default)]
    endpoint: String,
    #[serde(default)]
    api_key: String,
}

impl Stored {
    fn of(row: &ExternalApi) -> Self {
        row.settings.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

impl Knowledge {
    /// A page of the workspace's APIs, newest first, and how many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn external_apis(
        &self,
        actor: &Actor,
        keyword: Option<&str>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ExternalApiView>, i64), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let (rows, total) = ExternalApi::page(&mut conn, actor.tenant, keyword, limit, offset).await?;
        drop(conn);
        Ok((self.apis_shown(actor, rows).await?, total))
    }

    /// # Errors
    /// `NotFound`.
    pub async fn external_api(&self, actor: &Actor, id: Uuid) -> Result<ExternalApiView, KnowledgeError> {
        let row = self.external_row(actor, id).await?;
        self.api_shown(actor, row).await
    }

    /// Adds an API that answers.
    ///
    /// # Errors
    /// `Invalid`, with the reason.
    pub async fn add_external_api(
        &self,
        actor: &Actor,
        form: ExternalApiForm,
    ) -> Result<ExternalApiView, KnowledgeError> {
        let endpoint = check::endpoint(&form.endpoint)?;
        check::answers(&self.parts.http, &endpoint, &form.api_key).await?;
        let now = Utc::now().naive_utc();
        let row = ExternalApi {
            id: Uuid::new_v4(),
            name: form.name.clone(),
            description: form.description.clone(),
            tenant_id: actor.tenant,
            settings: Some(settings(&endpoint, &form.api_key)),
            created_by: actor.account,
            created_at: now,
            updated_by: Some(actor.account),
            updated_at: now,
        };
        ExternalApi::insert(&mut *self.pool().get().await?, &row).await?;
        self.api_shown(actor, row).await
    }

    /// Changes an API, which has to answer again.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` with the reason.
    pub async fn change_external_api(
        &self,
        actor: &Actor,
        id: Uuid,
        mut form: ExternalApiForm,
    ) -> Result<ExternalApiView, KnowledgeError> {
        let stored = Stored::of(&self.external_row(actor, id).await?);
        let endpoint = check::endpoint(&form.endpoint)?;
        if form.api_key.expose_secret() == HIDDEN {
            if !check::same_place(&stored.endpoint, &endpoint) {
                return Err(KnowledgeError::invalid(
                    "api_key must be entered again when the endpoint changes its host",
                ));
            }
            form.api_key = stored.api_key.into();
        }
        check::answers(&self.parts.http, &endpoint, &form.api_key).await?;
        let changes = ExternalApiChanges {
            settings: settings(&endpoint, &form.api_key),
            name: form.name,
            description: form.description,
            updated_by: actor.account,
            updated_at: Utc::now().naive_utc(),
        };
        let row = ExternalApi::change(&mut *self.pool().get().await?, actor.tenant, id, &changes).await?;
        self.api_shown(actor, row.ok_or(NO_SUCH_API)?).await
    }

    /// # Errors
    /// `NotFound`.
    pub async fn delete_external_api(&self, actor: &Actor, id: Uuid) -> Result<(), KnowledgeError> {
        let gone = ExternalApi::delete(&mut *self.pool().get().await?, actor.tenant, id).await?;
        if gone { Ok(()) } else { Err(NO_SUCH_API) }
    }

    /// How many datasets are in front of an API.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn external_api_uses(&self, actor: &Actor, id: Uuid) -> Result<usize, KnowledgeError> {
        Ok(self.external_api(actor, id).await?.datasets.len())
    }

    /// Makes a dataset in front of an API.
    ///
    /// # Errors
    /// `NameTaken`, or `NotFound` for an API that is not there.
    pub async fn add_external_dataset(
        &self,
        actor: &Actor,
        new: NewExternalDataset,
    ) -> Result<DatasetView, KnowledgeError> {
        let retrieval = new.retrieval.filter(Value::is_object);
        let new = NewDataset {
            name: new.name,
            description: new.description,
            technique: None,
            permission: DatasetPermission::OnlyMe,
            members: Vec::new(),
            external: Some(new.link),
            embedding: None,
            retrieval_model: None,
            external_retrieval_model: Some(
                retrieval
                    .unwrap_or_else(|| json!({"top_k": 2, "score_threshold": 0.0, "score_threshold_enabled": false})),
            ),
            summary_index_setting: None,
        };
        self.create(actor, new).await
    }

    async fn external_row(&self, actor: &Actor, id: Uuid) -> Result<ExternalApi, KnowledgeError> {
        ExternalApi::find(&mut *self.pool().get().await?, actor.tenant, id).await?.ok_or(NO_SUCH_API)
    }

    async fn api_shown(&self, actor: &Actor, row: ExternalApi) -> Result<ExternalApiView, KnowledgeError> {
        self.apis_shown(actor, vec![row]).await?.pop().ok_or(NO_SUCH_API)
    }

    async fn apis_shown(&self, actor: &Actor, rows: Vec<ExternalApi>) -> Result<Vec<ExternalApiView>, KnowledgeError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut conn = self.pool().get().await?;
        let datasets = ExternalApi::datasets_of(&mut conn, actor.tenant, &ids).await?;
        let view = |row: ExternalApi| {
            let stored = Stored::of(&row);
            let own = datasets.iter().filter(|(api, ..)| *api == row.id);
            ExternalApiView {
                datasets: own.map(|(_, id, name)| (*id, name.clone())).collect(),
                id: row.id,
                tenant: row.tenant_id,
                name: row.name,
                description: row.description,
                endpoint: stored.endpoint,
                has_key: !stored.api_key.is_empty(),
                created_by: row.created_by,
                created_at: row.created_at,
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }
}

const NO_SUCH_API: KnowledgeError = KnowledgeError::NotFound("API template not found.");

fn settings(endpoint: &str, key: &SecretString) -> String {
    json!({"endpoint": endpoint, "api_key": key.expose_secret()}).to_string()
}
