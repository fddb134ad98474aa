//! Imports that wait until somebody says that they are wanted all the same.

use core_workflow::dsl::{AppFile, CURRENT_VERSION, ImportStatus};
use models::account::Account;
use models::{AppId, IconType, TenantId};
use serde::{Deserialize, Serialize};
use sessions::SessionsError;
use uuid::Uuid;

use super::{AppFileError, AppFiles, Import, ImportRequest, KEPT_FOR, PENDING, Source};
use crate::workflows::for_text;

/// An import as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    /// Nobody else may confirm it.
    tenant_id: TenantId,
    yaml_content: String,
    name: Option<String>,
    description: Option<String>,
    icon_type: Option<IconType>,
    icon: Option<String>,
    icon_background: Option<String>,
    app_id: Option<AppId>,
}

fn expired(id: &str) -> Import {
    Import::new(id).failed("Import information expired or does not exist")
}

impl AppFiles {
    pub(super) async fn keep_pending(
        &self,
        tenant: TenantId,
        import: Import,
        yaml_content: String,
        request: ImportRequest,
    ) -> Result<Import, AppFileError> {
        let ImportRequest { source: _, name, description, icon_type, icon, icon_background, over } = request;
        let pending = Pending {
            tenant_id: tenant,
            yaml_content,
            name,
            description,
            icon_type,
            icon,
            icon_background,
            app_id: over,
        };
        let key = Uuid::new_v4();
        self.sessions.keep(PENDING, key, &pending, KEPT_FOR).await?;
        Ok(Import { id: key.to_string(), status: ImportStatus::Pending, app: over, ..import })
    }

    /// Imports what waits under this id; it can be confirmed once.
    ///
    /// # Errors
    /// Only faults of ours.
    #[tracing::instrument(skip_all, fields(tenant.id = %tenant))]
    pub async fn confirm(&self, tenant: TenantId, by: &Account, id: &str) -> Result<Import, AppFileError> {
        let Ok(key) = id.parse::<Uuid>() else { return Ok(expired(id)) };
        // Looked at before it is taken: another workspace must not be able to take it away.
        let kept: Option<Pending> = match self.sessions.kept(PENDING, key).await {
            // Another program has written it, in a form of its own.
            Err(SessionsError::Payload(_)) => None,
            kept => kept?,
        };
        if kept.is_none_or(|pending| pending.tenant_id != tenant) {
            return Ok(expired(id));
        }
        let Some(pending) = self.sessions.take_kept::<Pending>(PENDING, key).await? else { return Ok(expired(id)) };
        let Pending { tenant_id: _, yaml_content, name, description, icon_type, icon, icon_background, app_id } =
            pending;
        let request = ImportRequest {
            source: Source::Content(None),
            name,
            description,
            icon_type,
            icon,
            icon_background,
            over: app_id,
        };
        let bytes = yaml_content.len();
        let file = for_text(bytes, move || AppFile::read(&yaml_content, CURRENT_VERSION)).await?;
        let mut file = match file {
            Ok(file) => file,
            Err(refusal) => return Ok(Import::new(id).failed(refusal)),
        };
        file.status = ImportStatus::Completed;
        let import = Import { imported_version: file.version.clone(), ..Import::new(id) };
        self.apply_confirmed(tenant, by, import, &file, &request).await
    }
}
