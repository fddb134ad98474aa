//! Exporting.

use core_workflow::dsl::{ExportApp, ExportBody, ExportOptions, ExportWorkflow, Tree, export};
use models::WorkflowId;
use models::app::App;
use models::app_model_config::AppModelConfig;
use models::workflow::Workflow;

use super::{AppFileError, AppFiles};
use crate::apps::StoredConfig;
use crate::workflows::{WorkflowError, entries, for_text, readable_entries};

/// What is to be in the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExportRequest {
    /// Secret variables in clear, and the credentials that tools use.
    pub include_secret: bool,
    /// A version; the draft if there is none.
    pub version: Option<WorkflowId>,
}

impl AppFiles {
    /// The file of an app, as YAML.
    ///
    /// # Errors
    /// When there is nothing to export, or no such version.
    #[tracing::instrument(skip_all, fields(tenant.id = %app.tenant_id, app.id = %app.id))]
    pub async fn export(&self, app: App, request: ExportRequest) -> Result<String, AppFileError> {
        if app.mode.is_easy() {
            self.export_config(app, request).await
        } else {
            self.export_workflow(app, request).await
        }
    }

    async fn export_config(&self, app: App, request: ExportRequest) -> Result<String, AppFileError> {
        let id = app.app_model_config_id.ok_or(AppFileError::NoConfig)?;
        let row = AppModelConfig::find(&mut *self.pool.get().await?, app.id, id).await?;
        let config = StoredConfig::read(row.ok_or(AppFileError::NoConfig)?);
        let text = serde_json::Value::Object(config.document.0).to_string();
        let config = read("model_config", &text)?;
        self.write(app, ExportBody::ModelConfig(config), request.include_secret, text.len()).await
    }

    async fn export_workflow(&self, app: App, request: ExportRequest) -> Result<String, AppFileError> {
        let mut conn = self.pool.get().await?;
        let row = match request.version {
            Some(id) => {
                let found = Workflow::find(&mut conn, app.tenant_id, app.id, id).await?;
                found.ok_or(AppFileError::NoSuchVersion)?
            }
            None => Workflow::draft(&mut conn, app.tenant_id, app.id).await?.ok_or(AppFileError::NoDraft)?,
        };
        drop(conn);
        let environment = if request.include_secret {
            readable_entries(&self.keys, app.tenant_id, &row.environment_variables).await?
        } else {
            entries(&row.environment_variables)
        };
        let bytes = row.graph.len();
        let (graph, features) = (row.graph, row.features);
        let (graph, features) =
            for_text(bytes, move || Ok::<_, WorkflowError>((read("graph", &graph)?, read("features", &features)?)))
                .await??;
        let workflow = ExportWorkflow {
            graph,
            features,
            environment_variables: environment,
            conversation_variables: entries(&row.conversation_variables),
            rag_pipeline_variables: entries(&row.rag_pipeline_variables),
        };
        self.write(app, ExportBody::Workflow(Box::new(workflow)), request.include_secret, bytes).await
    }

    async fn write(
        &self,
        app: App,
        body: ExportBody,
        include_secret: bool,
        bytes: usize,
    ) -> Result<String, AppFileError> {
        let tenant = self.hide_dataset_ids.then(|| app.tenant_id.to_string());
        let written = for_text(bytes, move || {
            let head = ExportApp {
                name: &app.name,
                mode: app.mode.as_str(),
                icon_type: app.icon_type.map(|kind| kind.as_str()),
                icon: app.icon.as_deref(),
                icon_background: app.icon_background.as_deref(),
                description: &app.description,
                use_icon_as_answer_icon: app.use_icon_as_answer_icon,
            };
            export(&head, body, &ExportOptions { include_secret, hide_dataset_ids: tenant.as_deref() })
        });
        Ok(written.await?)
    }
}

fn read(part: &'static str, text: &str) -> Result<Tree, WorkflowError> {
    Tree::from_json(text).map_err(|reason| WorkflowError::Unreadable { part, reason })
}
