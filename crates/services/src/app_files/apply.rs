//! Importing.

use core_app::app_config::ConfigDocument;
use core_app::workflow::forget_draft_files;
use core_workflow::dsl::{
    AppFile, CURRENT_VERSION, Contents, Dependency, ImportStatus, Refusal, WorkflowPart, decrypt_dataset_id,
    replace_dataset_ids,
};
use models::account::Account;
use models::app::{App, AppChanges as RowChanges};
use models::db::AsyncConnection;
use models::draft_variable::DraftVariable;
use models::workflow::Workflow;
use models::{AppId, AppMode, IconType, TenantId};
use uuid::Uuid;

use super::{AppFileError, AppFiles, DEPENDENCIES, Import, KEPT_FOR, Source};
use crate::apps::{NewAppParts, NewAppRequest};
use crate::pictures::is_upload;
use crate::workflows::{
    CheckedDraft, Environment, WORKFLOW_MODES, WorkflowError, check_parts, for_text, lock_draft, prepare_environment,
    put, store_conversation, stored_map,
};

/// As many characters as the columns take.
const LONGEST_NAME: usize = 255;
/// In the place of a picture that is not here.
const USUAL_ICON: &str = "🤖";

/// What is to be imported; what is given beside the file takes the place of what the file says.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    pub source: Source,
    pub name: Option<String>,
    pub description: Option<String>,
    pub icon_type: Option<IconType>,
    pub icon: Option<String>,
    pub icon_background: Option<String>,
    /// A workflow that the file takes the place of.
    pub over: Option<AppId>,
}

/// Why a file is not imported: its fault, or ours.
enum Stop {
    Refused(String),
    Fault(AppFileError),
}

impl From<AppFileError> for Stop {
    fn from(e: AppFileError) -> Self {
        Self::Fault(e)
    }
}

impl From<Refusal> for Stop {
    fn from(e: Refusal) -> Self {
        Self::Refused(e.to_string())
    }
}

impl From<WorkflowError> for Stop {
    fn from(e: WorkflowError) -> Self {
        match e {
            WorkflowError::Unreadable { .. }
            | WorkflowError::Graph(_)
            | WorkflowError::Features(_)
            | WorkflowError::Variable(_)
            | WorkflowError::NoDraft
            | WorkflowError::NotInSync
            | WorkflowError::NotFound
            | WorkflowError::NothingToPublish
            | WorkflowError::InUse(_)
            | WorkflowError::Model(_) => Self::Refused(e.to_string()),
            WorkflowError::Secrets(_) | WorkflowError::Db(_) | WorkflowError::Interrupted(_) => Self::Fault(e.into()),
        }
    }
}

/// How the imported app presents itself.
struct Head {
    name: String,
    description: String,
    icon_type: Option<IconType>,
    icon: Option<String>,
    icon_background: Option<String>,
    use_icon_as_answer_icon: bool,
}

impl Head {
    fn of(file: &AppFile, request: &ImportRequest, over: Option<&App>) -> Result<Self, Stop> {
        let head = file.head();
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let name = given(&request.name).or_else(|| text(head.name)).or_else(|| over.map(|app| app.name.clone()));
        let this = Self {
            name: name.unwrap_or_else(|| "Untitled".to_owned()),
            description: request.description.clone().unwrap_or_else(|| head.description.to_owned()),
            icon_type: request.icon_type.or_else(|| IconType::parse(head.icon_type?)).or(Some(IconType::Emoji)),
            icon: given(&request.icon).or_else(|| head.icon.map(str::to_owned)),
            icon_background: given(&request.icon_background).or_else(|| head.icon_background.map(str::to_owned)),
            use_icon_as_answer_icon: head.use_icon_as_answer_icon,
        };
        let texts = [Some(&this.name), this.icon.as_ref(), this.icon_background.as_ref()];
        if texts.into_iter().flatten().any(|text| text.chars().count() > LONGEST_NAME) {
            return Err(Stop::Refused(format!("name and icon have at most {LONGEST_NAME} characters")));
        }
        Ok(this)
    }
}

impl AppFiles {
    /// Imports a file, or keeps it until somebody confirms that it is to be imported.
    ///
    /// # Errors
    /// Only faults of ours.
    #[tracing::instrument(skip_all, fields(tenant.id = %tenant))]
    pub async fn import(&self, tenant: TenantId, by: &Account, request: ImportRequest) -> Result<Import, AppFileError> {
        let import = Import::new(Uuid::new_v4().to_string());
        let text = match self.text_of(&request.source).await {
            Ok(text) => text,
            Err(reason) => return Ok(import.failed(reason)),
        };
        let bytes = text.len();
        let (text, file) = for_text(bytes, move || {
            let file = AppFile::read(&text, CURRENT_VERSION);
            (text, file)
        })
        .await?;
        let file = match file {
            Ok(file) => file,
            Err(refusal) => return Ok(import.failed(refusal)),
        };
        let import = Import { imported_version: file.version.clone(), ..import };
        let over = match self.overwritten(tenant, &request).await {
            Ok(over) => over,
            Err(stop) => return ended(import, stop),
        };
        if file.status == ImportStatus::Pending {
            return self.keep_pending(tenant, import, text, request).await;
        }
        self.apply(tenant, by, import, &file, &request, over).await
    }

    /// The app that is to be overwritten.
    async fn overwritten(&self, tenant: TenantId, request: &ImportRequest) -> Result<Option<App>, Stop> {
        let Some(id) = request.over else { return Ok(None) };
        let mut conn = self.pool.get().await.map_err(|e| AppFileError::Db(e.into()))?;
        let app = App::find(&mut conn, tenant, id).await.map_err(|e| AppFileError::Db(e.into()))?;
        let app = app.ok_or_else(|| Stop::Refused("App not found".to_owned()))?;
        if !WORKFLOW_MODES.contains(&app.mode) {
            return Err(Stop::Refused("Only workflow or advanced chat apps can be overwritten".to_owned()));
        }
        Ok(Some(app))
    }

    /// The same for an import that was confirmed.
    pub(super) async fn apply_confirmed(
        &self,
        tenant: TenantId,
        by: &Account,
        import: Import,
        file: &AppFile,
        request: &ImportRequest,
    ) -> Result<Import, AppFileError> {
        let over = match self.overwritten(tenant, request).await {
            Ok(over) => over,
            Err(stop) => return ended(import, stop),
        };
        self.apply(tenant, by, import, file, request, over).await
    }

    async fn apply(
        &self,
        tenant: TenantId,
        by: &Account,
        import: Import,
        file: &AppFile,
        request: &ImportRequest,
        over: Option<App>,
    ) -> Result<Import, AppFileError> {
        let written = match over {
            Some(app) => self.overwrite(by, file, request, app).await,
            None => self.create(tenant, by, file, request).await,
        };
        let (app, mode) = match written {
            Ok(written) => written,
            Err(stop) => return ended(import, stop),
        };
        self.remember_dependencies(app, &file.dependencies()).await;
        tracing::info!(app.id = %app, account.id = %by.id, "imported an app");
        Ok(Import { status: file.status, app: Some(app), app_mode: Some(mode), ..import })
    }

    async fn create(
        &self,
        tenant: TenantId,
        by: &Account,
        file: &AppFile,
        request: &ImportRequest,
    ) -> Result<(AppId, AppMode), Stop> {
        let contents = file.contents()?;
        let mode = AppMode::parse(&file.mode()?).ok_or(Refusal::OtherMode)?;
        let mut head = Head::of(file, request, None)?;
        self.keep_own_picture(tenant, &mut head, None).await?;
        let mut parts = NewAppParts { use_icon_as_answer_icon: head.use_icon_as_answer_icon, ..NewAppParts::default() };
        match contents {
            Contents::Workflow(part) => parts.draft = Some(self.draft_of(tenant, *part).await?),
            Contents::ModelConfig(config) => {
                let document = serde_json::from_str(&config.to_json());
                let document = document.map_err(|e| Stop::Refused(format!("Invalid model_config: {e}")))?;
                parts.document = Some(ConfigDocument(document).filled());
            }
        }
        let new = NewAppRequest {
            name: &head.name,
            mode,
            description: &head.description,
            icon_type: head.icon_type,
            icon: head.icon.as_deref(),
            icon_background: head.icon_background.as_deref(),
        };
        let made = self.apps.insert(tenant, by, &new, parts).await.map_err(AppFileError::from)?;
        Ok((made.app.id, made.app.mode))
    }

    /// Makes a workflow what the file says. What the inspector knows of it is forgotten.
    async fn overwrite(
        &self,
        by: &Account,
        file: &AppFile,
        request: &ImportRequest,
        app: App,
    ) -> Result<(AppId, AppMode), Stop> {
        let Contents::Workflow(part) = file.contents()? else {
            return Err(Stop::Refused("Only workflow or advanced chat apps can be overwritten".to_owned()));
        };
        let mut head = Head::of(file, request, Some(&app))?;
        self.keep_own_picture(app.tenant_id, &mut head, Some(&app)).await?;
        let draft = self.draft_of(app.tenant_id, *part).await?;
        let now = chrono::Utc::now().naive_utc();
        let changes = RowChanges {
            name: Some(&head.name),
            description: Some(&head.description),
            icon_type: Some(head.icon_type),
            icon: Some(head.icon.as_deref()),
            icon_background: Some(head.icon_background.as_deref()),
            use_icon_as_answer_icon: Some(head.use_icon_as_answer_icon),
            updated_by: Some(by.id),
            updated_at: Some(now),
            ..RowChanges::default()
        };
        let mut conn = self.pool.get().await.map_err(|e| AppFileError::Db(e.into()))?;
        conn.transaction(async |conn| {
            lock_draft(conn, app.id).await?;
            App::update(conn, app.tenant_id, app.id, &changes).await?.ok_or(WorkflowError::NotFound)?;
            let old = Workflow::draft(conn, app.tenant_id, app.id).await?;
            put(conn, &app, by, draft, old).await?;
            let files = DraftVariable::delete_all(conn, app.id).await?;
            forget_draft_files(conn, app.tenant_id, &files).await?;
            Ok::<_, WorkflowError>(())
        })
        .await?;
        drop(conn);
        self.apps.tell_changed(app.tenant_id, app.id).await.map_err(AppFileError::from)?;
        Ok((app.id, app.mode))
    }

    /// Files of apps come from anywhere: a picture that is none of this workspace's files becomes the usual icon.
    async fn keep_own_picture(
        &self,
        tenant: TenantId,
        head: &mut Head,
        over: Option<&App>,
    ) -> Result<(), AppFileError> {
        let picture = head.icon.as_deref().filter(|icon| head.icon_type == Some(IconType::Image) && !icon.is_empty());
        let Some(picture) = picture else { return Ok(()) };
        let shown = over.is_some_and(|app| app.icon_type == head.icon_type && app.icon.as_deref() == Some(picture));
        if !shown && !is_upload(&mut *self.pool.get().await?, tenant, picture).await? {
            head.icon_type = Some(IconType::Emoji);
            head.icon = Some(USUAL_ICON.to_owned());
        }
        Ok(())
    }

    /// The draft of a file, its secrets encrypted and its datasets named as here.
    async fn draft_of(&self, tenant: TenantId, part: WorkflowPart) -> Result<CheckedDraft, Stop> {
        let WorkflowPart { mut graph, features, environment_variables, conversation_variables, rag_pipeline_variables } =
            part;
        let key = tenant.to_string();
        replace_dataset_ids(&mut graph, |id| decrypt_dataset_id(&key, id));
        let (graph, features) = check_parts(&graph, &features)?;
        let limit = self.max_variable_bytes;
        let environment = prepare_environment(&self.keys, tenant, &environment_variables, limit).await?;
        let rag = stored_map(rag_pipeline_variables.into_iter().filter(|v| v.as_map().is_some()));
        Ok(CheckedDraft {
            graph,
            features,
            environment: Environment::Given(environment),
            conversation: Some(store_conversation(&conversation_variables, limit)?),
            rag_pipeline: Some(rag),
        })
    }

    /// What the app needs, for whoever asks soon. Without it an import is complete all the same.
    async fn remember_dependencies(&self, app: AppId, dependencies: &[Dependency]) {
        let texts: Vec<String> = dependencies.iter().map(|dependency| dependency.tree().to_json()).collect();
        if let Err(e) = self.sessions.keep(DEPENDENCIES, app.0, &texts, KEPT_FOR).await {
            tracing::warn!(app.id = %app, error = %e, "nobody will be told what an imported app depends on");
        }
    }

    /// What the app, imported a short while ago, needs and the installation lacks: JSON texts.
    ///
    /// # Errors
    /// When the app does not exist; otherwise only faults of ours.
    pub async fn missing_dependencies(&self, tenant: TenantId, app: AppId) -> Result<Vec<String>, AppFileError> {
        self.apps.find(tenant, app).await?;
        let texts: Option<Vec<String>> = self.sessions.kept(DEPENDENCIES, app.0).await?;
        let lacks = |text: &String| {
            let dependency = core_workflow::dsl::Tree::from_json(text).ok().and_then(|tree| Dependency::read(&tree));
            dependency.is_some_and(|dependency| dependency.plugin().is_none_or(|p| !self.providers.has_plugin(p)))
        };
        Ok(texts.unwrap_or_default().into_iter().filter(lacks).collect())
    }
}

/// The end of an import that did not happen.
fn ended(import: Import, stop: Stop) -> Result<Import, AppFileError> {
    match stop {
        Stop::Refused(reason) => Ok(import.failed(reason)),
        Stop::Fault(e) => Err(e),
    }
}
