//! New apps.

use chrono::{NaiveDateTime, Utc};
use core_app::app_config::ConfigDocument;
use core_model_runtime::ModelType;
use models::account::Account;
use models::app::{App, NewApp};
use models::app_model_config::AppModelConfig;
use models::db::{AsyncConnection, AsyncPgConnection, QueryError, QueryResult};
use models::installed_app::InstalledApp;
use models::site::Site;
use models::workflow::Workflow;
use models::{AppId, AppMode, AppModelConfigId, IconType, InstalledAppId, SiteId, TenantId};
use serde_json::{Value, json};

use super::config::datasets_of;
use super::icon::Icon;
use super::read::{AppDetail, detail_of};
use super::{AppError, Apps};
use crate::random_text;
use crate::workflows::{CheckedDraft, first_draft};

/// Named in a fresh configuration when no model can be used, as in Dify.
const NO_MODEL: (&str, &str) = ("openai", "gpt-4o");
pub(super) const SITE_CODE_LENGTH: usize = 16;

/// What a new app is to be.
#[derive(Debug)]
pub struct NewAppRequest<'a> {
    pub name: &'a str,
    pub mode: AppMode,
    pub description: &'a str,
    pub icon_type: Option<IconType>,
    pub icon: Option<&'a str>,
    pub icon_background: Option<&'a str>,
}

/// What a new app begins with.
#[derive(Debug, Default)]
pub(crate) struct NewAppParts<'a> {
    /// The configuration of a chat, agent or completion app.
    pub(crate) document: Option<ConfigDocument>,
    /// The draft of a workflow.
    pub(crate) draft: Option<CheckedDraft>,
    /// The page to take texts from when it is a copy.
    pub(crate) page: Option<&'a Site>,
    pub(crate) use_icon_as_answer_icon: bool,
}

impl Apps {
    /// Makes an app, its page, its place on the explore page and its first configuration.
    #[tracing::instrument(skip_all, fields(tenant.id = %tenant, app.mode = %request.mode))]
    pub async fn create(
        &self,
        tenant: TenantId,
        author: &Account,
        request: &NewAppRequest<'_>,
    ) -> Result<AppDetail, AppError> {
        Icon::asked(request).require(&mut *self.pool.get().await?, tenant).await?;
        let document = match request.mode.is_easy() {
            true => Some(self.fresh_config(tenant, request.mode).await?),
            false => None,
        };
        self.insert(tenant, author, request, NewAppParts { document, ..NewAppParts::default() }).await
    }

    /// The configuration of a fresh app, with the workspace's default model.
    async fn fresh_config(&self, tenant: TenantId, mode: AppMode) -> Result<ConfigDocument, AppError> {
        let chosen = self.providers.default_model(tenant, ModelType::Llm).await?;
        let model = match chosen {
            Some(chosen) => {
                let schema = chosen.provider.model(ModelType::Llm, &chosen.model);
                let model_mode = schema.and_then(|schema| schema.model_properties.mode()).map(|mode| mode.as_str());
                model_json(&chosen.provider.id().to_string(), &chosen.model, model_mode.unwrap_or("chat"))
            }
            None => model_json(NO_MODEL.0, NO_MODEL.1, "chat"),
        };
        let mut document = ConfigDocument::fresh(mode);
        document.set("model", model);
        Ok(document)
    }

    /// Writes the rows of a new app: all of them or none.
    pub(crate) async fn insert(
        &self,
        tenant: TenantId,
        author: &Account,
        request: &NewAppRequest<'_>,
        parts: NewAppParts<'_>,
    ) -> Result<AppDetail, AppError> {
        let NewAppParts { document, draft, page, use_icon_as_answer_icon } = parts;
        let now = Utc::now().naive_utc();
        let id = AppId::random();
        let datasets = document.as_ref().map(datasets_of).unwrap_or_default();
        let draft = draft.map(|draft| first_draft(tenant, id, request.mode, author, draft, now));
        let config = document.map(|d| d.to_row(AppModelConfigId::random(), id, author.id, now));
        let new = NewApp {
            id,
            tenant_id: tenant,
            name: request.name,
            description: request.description,
            mode: request.mode,
            icon_type: request.icon_type,
            icon: request.icon,
            icon_background: request.icon_background,
            app_model_config_id: config.as_ref().map(|c| c.id),
            enable_site: true,
            enable_api: true,
            use_icon_as_answer_icon,
            created_by: author.id,
            created_at: now,
            updated_by: author.id,
            updated_at: now,
        };
        let site = site_of(&new, author, page, now);
        let mut conn = self.pool.get().await?;
        let app = conn
            .transaction(async |conn| {
                let app = insert_all(conn, &new, config.as_ref(), &site).await?;
                models::app_dataset_join::replace(conn, app.id, &datasets, now).await?;
                if let Some(draft) = &draft {
                    Workflow::insert(conn, draft).await?;
                }
                Ok::<_, QueryError>(app)
            })
            .await?;
        tracing::info!(app.id = %app.id, account.id = %author.id, "made an app");
        detail_of(&mut conn, app).await
    }
}

async fn insert_all(
    conn: &mut AsyncPgConnection,
    new: &NewApp<'_>,
    config: Option<&AppModelConfig>,
    site: &Site,
) -> QueryResult<App> {
    let app = App::insert(conn, new).await?;
    if let Some(config) = config {
        AppModelConfig::insert(conn, config).await?;
    }
    Site::insert(conn, site).await?;
    let installed = InstalledApp {
        id: InstalledAppId::random(),
        tenant_id: new.tenant_id,
        app_id: new.id,
        app_owner_tenant_id: new.tenant_id,
        position: 0,
        is_pinned: false,
        last_used_at: None,
        created_at: new.created_at,
    };
    InstalledApp::insert(conn, &installed).await?;
    Ok(app)
}

fn model_json(provider: &str, name: &str, mode: &str) -> Value {
    json!({"provider": provider, "name": name, "mode": mode, "completion_params": {}})
}

fn site_of(app: &NewApp<'_>, author: &Account, page: Option<&Site>, now: NaiveDateTime) -> Site {
    let language = author.interface_language.clone().unwrap_or_else(|| "en-US".to_owned());
    let fresh = Site {
        id: SiteId::random(),
        app_id: app.id,
        title: app.name.to_owned(),
        icon_type: app.icon_type,
        icon: app.icon.map(str::to_owned),
        icon_background: app.icon_background.map(str::to_owned),
        description: None,
        default_language: language,
        chat_color_theme: None,
        chat_color_theme_inverted: false,
        copyright: None,
        privacy_policy: None,
        show_workflow_steps: true,
        use_icon_as_answer_icon: false,
        custom_disclaimer: String::new(),
        customize_domain: None,
        customize_token_strategy: "not_allow".to_owned(),
        prompt_public: false,
        status: models::site::NORMAL.to_owned(),
        created_by: Some(author.id),
        created_at: now,
        updated_by: Some(author.id),
        updated_at: now,
        code: Some(random_text(SITE_CODE_LENGTH)),
    };
    match page {
        None => fresh,
        Some(page) => Site {
            description: page.description.clone(),
            default_language: page.default_language.clone(),
            chat_color_theme: page.chat_color_theme.clone(),
            chat_color_theme_inverted: page.chat_color_theme_inverted,
            copyright: page.copyright.clone(),
            privacy_policy: page.privacy_policy.clone(),
            show_workflow_steps: page.show_workflow_steps,
            use_icon_as_answer_icon: page.use_icon_as_answer_icon,
            custom_disclaimer: page.custom_disclaimer.clone(),
            ..fresh
        },
    }
}
