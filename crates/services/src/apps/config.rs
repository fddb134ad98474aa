//! Saving the configuration of a chat, agent or completion app.

use chrono::Utc;
use core_app::app_config::{AppConfig, Catalogue, ConfigDocument, ConfigError, KnownModel, validate};
use core_model_runtime::ModelType;
use models::account::Account;
use models::api_based_extension::ApiBasedExtension;
use models::app::{App, AppChanges as RowChanges};
use models::app_model_config::AppModelConfig;
use models::attached_dataset::AttachedDataset;
use models::db::AsyncConnection;
use models::{AppId, AppMode, AppModelConfigId, DatasetId, TenantId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{AppError, Apps};

const EASY: [AppMode; 3] = [AppMode::Chat, AppMode::AgentChat, AppMode::Completion];

impl Apps {
    /// Checks a configuration as saving would, without saving it.
    pub async fn check_config(
        &self,
        tenant: TenantId,
        mode: AppMode,
        config: &Map<String, Value>,
    ) -> Result<ConfigDocument, AppError> {
        let catalogue = self.catalogue(tenant).await?;
        let document = validate(mode, config, &catalogue)?;
        self.check_datasets(tenant, &document).await?;
        self.check_extensions(tenant, mode, &document).await?;
        Ok(document)
    }

    /// Apps ask extensions of their own workspace only.
    async fn check_extensions(
        &self,
        tenant: TenantId,
        mode: AppMode,
        document: &ConfigDocument,
    ) -> Result<(), AppError> {
        let ids = AppConfig::read(mode, document.clone()).extensions();
        if ids.is_empty() {
            return Ok(());
        }
        let known = {
            let mut conn = self.pool.get().await?;
            ApiBasedExtension::known(&mut conn, tenant, &ids).await?
        };
        if ids.iter().all(|id| known.contains(id)) {
            return Ok(());
        }
        Err(ConfigError("API-based Extension not found. Please check it again.".to_owned()).into())
    }

    /// Apps answer from datasets of their own workspace only.
    async fn check_datasets(&self, tenant: TenantId, document: &ConfigDocument) -> Result<(), AppError> {
        let ids: Vec<DatasetId> = datasets_of(document).into_iter().map(DatasetId).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let missing = {
            let mut conn = self.pool.get().await?;
            AttachedDataset::missing(&mut conn, tenant, &ids).await?
        };
        if missing.is_empty() {
            return Ok(());
        }
        Err(ConfigError("Dataset ID does not exist, please check your permission.".to_owned()).into())
    }

    /// Checks and saves a configuration, which is the published one from now on.
    #[tracing::instrument(skip_all, fields(tenant.id = %tenant, app.id = %id))]
    pub async fn save_config(
        &self,
        tenant: TenantId,
        by: &Account,
        id: AppId,
        config: &Map<String, Value>,
    ) -> Result<(), AppError> {
        let app = self.find_in(tenant, id, &EASY).await?;
        let document = self.check_config(tenant, app.mode, config).await?;
        let now = Utc::now().naive_utc();
        let row = document.to_row(AppModelConfigId::random(), app.id, by.id, now);
        let datasets = datasets_of(&document);
        let changes = RowChanges {
            app_model_config_id: Some(row.id),
            updated_by: Some(by.id),
            updated_at: Some(now),
            ..RowChanges::default()
        };
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            AppModelConfig::insert(conn, &row).await?;
            models::app_dataset_join::replace(conn, app.id, &datasets, now).await?;
            App::update(conn, tenant, app.id, &changes).await?.ok_or(AppError::NotFound)
        })
        .await?;
        let site = models::site::Site::find_by_app(&mut conn, app.id).await?;
        drop(conn);
        let code = site.and_then(|site| site.code);
        self.watch.app_changed(tenant, app.id, code.as_deref()).await;
        Ok(())
    }

    /// The models that a configuration of the workspace may name.
    pub async fn catalogue(&self, tenant: TenantId) -> Result<Catalogue, AppError> {
        let mut catalogue = Catalogue::default();
        for (provider, models) in self.providers.known_models(tenant, ModelType::Llm).await? {
            let id = provider.id().to_string();
            catalogue.models.extend(models.into_iter().map(|view| KnownModel {
                provider: id.clone(),
                name: view.schema.model.clone(),
                mode: view.schema.model_properties.mode().map(|mode| mode.as_str().to_owned()),
            }));
            catalogue.providers.push(id);
        }
        Ok(catalogue)
    }
}

/// The datasets that a configuration attaches.
pub(super) fn datasets_of(document: &ConfigDocument) -> Vec<Uuid> {
    let attached = document.get("dataset_configs").and_then(|c| c.get("datasets")?.get("datasets")?.as_array());
    let attached = attached.map(Vec::as_slice).unwrap_or_default();
    let tools = document.get("agent_mode").and_then(|a| a.get("tools")?.as_array());
    let tools = tools.map(Vec::as_slice).unwrap_or_default();
    attached.iter().chain(tools).filter_map(|entry| entry.get("dataset")?.get("id")?.as_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attached_datasets_are_found() {
        let id = Uuid::new_v4();
        let mut document = ConfigDocument::default();
        document.set(
            "dataset_configs",
            json!({"datasets": {"datasets": [{"dataset": {"enabled": true, "id": id}}, {"dataset": {"id": "no id"}}]}}),
        );
        assert_eq!(datasets_of(&document), [id]);
        assert!(datasets_of(&ConfigDocument::default()).is_empty());
    }
}
