//! Everything that is made once per process.

use std::sync::Arc;

use async_trait::async_trait;
use cache::CacheHub;
use config::{DatabaseSettings, Settings, StorageKind};
use core_app::{Engine, EngineParts, EngineSettings, Extensions};
use core_model_runtime::{BuiltinOptions, Limits, Registry, Runtime};
use core_rag::extract::Extractor;
use core_rag::extract::isolated::Program;
use mail::Mailer;
use models::db::{DbError, Pool};
use models::{AppId, TenantId};
use rate_limit::RateLimits;
use redis_link::{RedisLink, RedisSettings};
use runs::{Runs, RunsConfig};
use secrecy::SecretString;
use services::accounts::{AccountSettings, Accounts};
use services::annotations::Annotations;
use services::api_extensions::ApiExtensions;
use services::api_keys::ApiKeys;
use services::app_facts::AppFacts;
use services::app_files::{AppFiles, AppFilesParts};
use services::apps::{AppChanges, Apps};
use services::audio::Audio;
use services::audit::Audit;
use services::branding::Branding;
use services::call_rules::AppCallRules;
use services::conversation_variables::ConversationVariables;
use services::conversations::Conversations;
use services::directory::{Directory, KeyMemory, LastUsed};
use services::end_users::EndUsers;
use services::features::Features;
use services::files::Files;
use services::generate::AppGenerateService;
use services::knowledge::Knowledge;
use services::letters::Postbox;
use services::mcp_servers::McpServers;
use services::messages::Messages;
use services::people::{People, PeopleParts, PeopleSettings};
use services::providers::{ModelResolver, Providers};
use services::published::Published;
use services::secrets::TenantKeys;
use services::social::Social;
use services::workflows::Workflows;
use services::workspaces::Workspaces;
use sessions::{Sessions, SessionsConfig};
use storage::{LinkSigner, Storage};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::boot::StartError;
use crate::knowledge::{Base, KnowledgeGround};
use crate::workflows;

/// How long work lies still whose worker died.
const WORKER_LEASE: std::time::Duration = std::time::Duration::from_secs(20);

/// Cheap to clone: every part is a handle.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) settings: Arc<Settings>,
    pub(crate) pool: Pool,
    storage: Storage,
    pub(crate) redis: RedisLink,
    pub(crate) runs: Runs,
    pub(crate) limits: RateLimits,
    pub(crate) cache: CacheHub,
    pub(crate) egress: egress::Client,
    pub(crate) links: LinkSigner,
    pub(crate) accounts: Accounts,
    pub(crate) people: People,
    pub(crate) social: Social,
    pub(crate) workspaces: Workspaces,
    pub(crate) apps: Apps,
    pub(crate) api_keys: ApiKeys,
    pub(crate) app_facts: AppFacts,
    pub(crate) audio: Audio,
    pub(crate) audit: Audit,
    pub(crate) branding: Branding,
    pub(crate) call_rules: AppCallRules,
    pub(crate) providers: Providers,
    pub(crate) directory: Directory,
    pub(crate) end_users: EndUsers,
    pub(crate) published: Published,
    pub(crate) features: Features,
    pub(crate) files: Files,
    pub(crate) extractor: Extractor,
    pub(crate) generate: AppGenerateService,
    pub(crate) conversations: Conversations,
    pub(crate) variables: ConversationVariables,
    pub(crate) messages: Messages,
    pub(crate) mcp_servers: McpServers,
    pub(crate) tenant_keys: TenantKeys,
    pub(crate) workflows: Workflows,
    pub(crate) app_files: AppFiles,
    pub(crate) knowledge: Knowledge,
    pub(crate) annotations: Annotations,
    pub(crate) api_extensions: ApiExtensions,
    knowledge_ground: KnowledgeGround,
    last_used: LastUsed,
    mailer: Option<Mailer>,
    pub(crate) postbox: Postbox,
    /// Generations: drained first.
    pub(crate) generations: TaskTracker,
    /// Ends generations that outlast the drain.
    pub(crate) deadline: CancellationToken,
    /// What serves generations: ended after them.
    pub(crate) background: TaskTracker,
    pub(crate) stop_background: CancellationToken,
}

/// Tells the directory of changed apps.
struct ForgetApps(Directory);

#[async_trait]
impl AppChanges for ForgetApps {
    async fn app_changed(&self, _tenant: TenantId, app: AppId, code: Option<&str>) {
        self.0.forget_app(app).await;
        if let Some(code) = code {
            self.0.forget_site(code).await;
        }
    }
}

impl Parts {
    pub(crate) async fn build(
        settings: Settings,
        database: SecretString,
        reader: Option<Program>,
    ) -> Result<Self, StartError> {
        let pool = open_pool(&settings.database, &database)?;
        pool.ping().await?;
        let redis = connect_redis(&settings).await?;
        let storage = Storage::open(&settings.storage)?;
        let secret = settings.deployment.secret_key.clone();
        let links = LinkSigner::new(secret.clone(), settings.storage.link_life_seconds);
        let egress = egress_client(&settings)?;
        let cache = CacheHub::new(redis.clone());
        let runtime = model_runtime(&settings, egress.clone())?;

        let tenant_keys = TenantKeys::new(pool.clone(), storage.clone());
        let resolver = ModelResolver::new(pool.clone(), runtime.clone(), tenant_keys.clone(), &cache);
        let providers = Providers::new(pool.clone(), runtime.clone(), resolver);
        let known_keys = KeyMemory::new(&cache);
        let api_keys = ApiKeys::open(pool.clone(), &secret, &settings.auth, Arc::new(known_keys.clone()))
            .await
            .map_err(|e| StartError::Setup(e.to_string()))?;
        let last_used = LastUsed::default();
        let directory =
            Directory::new(pool.clone(), &cache, api_keys.clone(), known_keys, last_used.clone(), tenant_keys.clone());
        let end_users = EndUsers::new(pool.clone(), &cache);
        let (generations, background) = (TaskTracker::new(), TaskTracker::new());
        let deadline = CancellationToken::new();
        let runs = Runs::new(redis.clone(), RunsConfig::default());
        let extractor = workflows::extractor(&settings, reader);
        let engine_files = engine_files(&settings, &pool, &storage, &egress, &links);
        let base = Base { settings: &settings, pool: &pool, cache: &cache, http: &egress, tasks: &generations };
        let knowledge_ground = KnowledgeGround::build(base, runtime.clone(), Arc::new(providers.clone()))?;
        let api_extensions = ApiExtensions::new(pool.clone(), tenant_keys.clone(), egress.clone());
        let engine = Engine::new(EngineParts {
            pool: pool.clone(),
            runtime: runtime.clone(),
            runs: runs.clone(),
            models: Arc::new(providers.clone()),
            files: engine_files,
            knowledge: knowledge_ground.apps.clone(),
            annotations: knowledge_ground.matcher(&pool),
            extensions: extensions(&settings, &api_extensions, &egress),
            outside: workflows::outside(&settings, extractor.clone()),
            settings: engine_settings(&settings),
            tasks: generations.clone(),
            deadline: deadline.clone(),
        });
        let limits = RateLimits::new(redis.clone());
        let sessions = Sessions::new(redis.clone(), sessions_config(&settings));
        let accounts = Accounts::new(pool.clone(), sessions.clone(), tenant_keys.clone(), account_settings(&settings));
        let mailer = mailer(&settings, &egress)?;
        let postbox = Postbox::new(&secret, mailer.is_some());
        let social = Social::new(egress.clone(), sessions.clone(), settings.social.clone());
        let people = People::new(PeopleParts {
            pool: pool.clone(),
            accounts: accounts.clone(),
            sessions: sessions.clone(),
            limits: limits.clone(),
            keys: tenant_keys.clone(),
            postbox: postbox.clone(),
            settings: people_settings(&settings),
        });
        let files = uploads(&settings, &pool, &storage, &links);
        let knowledge = knowledge_ground.service(&settings, &pool, &files, &extractor, &egress, &generations);
        let watch = Arc::new(ForgetApps(directory.clone()));
        let annotations = knowledge_ground.annotations(&pool, watch.clone());
        let apps = Apps::new(pool.clone(), providers.clone(), api_keys.clone(), watch.clone());
        let authors = Authors { settings: &settings, pool: &pool, providers: &providers, keys: &tenant_keys };
        Ok(Self {
            call_rules: AppCallRules::new(pool.clone(), tenant_keys.clone(), limits.clone(), watch.clone()),
            workflows: authors.workflows(watch),
            app_files: authors.files(apps.clone(), sessions, egress.clone()),
            apps,
            generate: AppGenerateService::new(
                engine.clone(),
                limits.clone(),
                runs.clone(),
                tenant_keys.clone(),
                settings.limits.clone(),
            ),
            conversations: Conversations::new(pool.clone(), engine.clone()),
            variables: ConversationVariables::new(pool.clone()),
            messages: Messages::new(pool.clone(), engine),
            mcp_servers: McpServers::new(pool.clone(), &cache),
            tenant_keys,
            published: Published::new(directory.clone(), end_users.clone(), secret),
            app_facts: AppFacts::new(pool.clone(), &settings.urls),
            audio: Audio::new(pool.clone(), Arc::new(providers.clone()), runtime),
            audit: Audit::new(pool.clone(), background.clone()),
            branding: Branding::new(pool.clone(), &cache, files.clone(), settings.features.can_replace_logo),
            features: Features::new(settings.features.clone(), &settings.urls.check_update, egress.clone()),
            workspaces: Workspaces::new(pool.clone()),
            settings: Arc::new(settings),
            pool,
            storage,
            redis,
            runs,
            limits,
            cache,
            egress,
            links,
            accounts,
            people,
            social,
            mailer,
            postbox,
            api_keys,
            providers,
            directory,
            end_users,
            files,
            knowledge,
            annotations,
            api_extensions,
            knowledge_ground,
            extractor,
            last_used,
            generations,
            deadline,
            background,
            stop_background: CancellationToken::new(),
        })
    }

    /// Starts what serves all requests of the process.
    pub(crate) fn spawn_background(&self) {
        let (tasks, stop) = (&self.background, &self.stop_background);
        self.runs.spawn_background(tasks, stop.clone());
        self.limits.spawn_background(tasks, stop.clone());
        self.cache.spawn_background(tasks, stop.clone());
        self.last_used.spawn_background(self.pool.clone(), tasks, stop.clone());
    }

    /// Starts working on background jobs.
    pub(crate) fn spawn_worker(&self) {
        let Some(url) = self.settings.database.url.clone() else { return };
        let handlers = services::purge::handlers(jobs::Handlers::new(), &self.pool, &self.storage);
        let secret = &self.settings.deployment.secret_key;
        let handlers = services::letters::handlers(handlers, secret, self.mailer.clone());
        let handlers = services::people::handlers(handlers, &self.pool, &self.postbox);
        let indexing =
            self.knowledge_ground.indexing(&self.settings, &self.pool, &self.storage, &self.files, &self.extractor);
        let handlers = services::indexing::handlers(handlers, indexing);
        let handlers = services::knowledge::import_handlers(handlers, self.knowledge.clone());
        let handlers = services::annotations::handlers(handlers, self.annotations.clone());
        let handlers = services::async_runs::handlers(handlers, &self.pool, &self.runs, &self.egress, secret);
        let handlers = services::audit::handlers(handlers, &self.pool, self.settings.auth.audit_days);
        let mut worker = jobs::Worker::new(self.pool.clone(), url, handlers, worker_config(&self.settings));
        match services::indexing::stranded_schedule() {
            Ok(schedule) => worker = worker.with_schedule(schedule),
            Err(error) => tracing::error!(error = %error, "documents that nobody moves on are not looked for"),
        }
        match services::async_runs::schedule() {
            Ok(schedule) => worker = worker.with_schedule(schedule),
            Err(error) => tracing::error!(error = %error, "tasks whose process died are not looked for"),
        }
        match services::audit::schedule() {
            Ok(schedule) => worker = worker.with_schedule(schedule),
            Err(error) => tracing::error!(error = %error, "old entries of the audit log are not removed"),
        }
        worker.spawn_background(&self.background, self.stop_background.clone());
    }
}

/// What the services of builders share.
struct Authors<'a> {
    settings: &'a Settings,
    pool: &'a Pool,
    providers: &'a Providers,
    keys: &'a TenantKeys,
}

impl Authors<'_> {
    fn workflows(&self, watch: Arc<dyn AppChanges>) -> Workflows {
        let limit = self.settings.authoring.max_variable_bytes;
        Workflows::new(self.pool.clone(), self.keys.clone(), self.providers.clone(), watch, limit)
    }

    fn files(&self, apps: Apps, sessions: Sessions, http: egress::Client) -> AppFiles {
        AppFiles::new(AppFilesParts {
            pool: self.pool.clone(),
            apps,
            providers: self.providers.clone(),
            keys: self.keys.clone(),
            sessions,
            http,
            hide_dataset_ids: self.settings.authoring.hide_dataset_ids,
            max_variable_bytes: self.settings.authoring.max_variable_bytes,
        })
    }
}

/// A job whose worker died is taken up by another within the lease; indexing is heavier than other work.
fn worker_config(settings: &Settings) -> jobs::WorkerConfig {
    let at_once = settings.knowledge.indexing_at_once;
    jobs::WorkerConfig {
        lease: WORKER_LEASE,
        slots_of: [services::indexing::LONG_QUEUE, services::indexing::SUMMARY_QUEUE]
            .map(|queue| (queue.to_owned(), at_once))
            .into(),
        ..jobs::WorkerConfig::default()
    }
}

fn open_pool(settings: &DatabaseSettings, url: &SecretString) -> Result<Pool, DbError> {
    Ok(Pool::with_statement_limit(url, settings.pool_size, settings.pool_timeout, settings.statement_limit)?)
}

async fn connect_redis(settings: &Settings) -> Result<RedisLink, StartError> {
    let url = settings.redis.url.clone().ok_or(StartError::NoRedis)?;
    let mut redis = RedisSettings::new(url);
    redis.response_timeout = settings.redis.timeout;
    RedisLink::connect(redis).await.map_err(|e| StartError::Redis(e.to_string()))
}

fn egress_client(settings: &Settings) -> Result<egress::Client, StartError> {
    let policy = egress::Policy {
        allow_private: settings.egress.allow_private,
        allow_cidrs: settings.egress.allow.clone(),
        proxy: settings.egress.proxy.clone(),
        connect_timeout: settings.generation.connect_timeout,
        ..egress::Policy::default()
    };
    egress::Client::new(policy).map_err(|e| StartError::Setup(e.to_string()))
}

fn sessions_config(settings: &Settings) -> SessionsConfig {
    SessionsConfig {
        refresh_ttl: settings.auth.refresh_token_life,
        lockout: settings.auth.lockout,
        ..SessionsConfig::default()
    }
}

fn account_settings(settings: &Settings) -> AccountSettings {
    AccountSettings {
        auth: settings.auth.clone(),
        secret_key: settings.deployment.secret_key.clone(),
        edition: settings.deployment.edition.clone(),
    }
}

/// Files as the engine sees them.
fn engine_files(
    settings: &Settings,
    pool: &Pool,
    storage: &Storage,
    egress: &egress::Client,
    links: &LinkSigner,
) -> core_app::Files {
    core_app::Files {
        pool: pool.clone(),
        storage: storage.clone(),
        storage_kind: storage_kind(&settings.storage.kind),
        rest: core_app::StorageRest::default(),
        http: egress.clone(),
        links: links.clone(),
        base_url: settings.urls.files.clone(),
        as_url: settings.generation.media_as_url,
    }
}

/// Files as people see them.
fn uploads(settings: &Settings, pool: &Pool, storage: &Storage, links: &LinkSigner) -> Files {
    Files::new(
        pool.clone(),
        storage.clone(),
        links.clone(),
        settings.uploads.clone(),
        &settings.urls.files,
        storage_kind(&settings.storage.kind),
    )
}

fn extensions(settings: &Settings, known: &ApiExtensions, http: &egress::Client) -> Extensions {
    Extensions::new(Arc::new(known.clone()), http.clone(), settings.generation.extension_timeout)
}

fn engine_settings(settings: &Settings) -> EngineSettings {
    EngineSettings {
        max_execution: settings.generation.max_execution,
        max_streams: settings.limits.max_streams,
        moderation_every: settings.generation.moderation_every,
    }
}

fn people_settings(settings: &Settings) -> PeopleSettings {
    PeopleSettings {
        auth: settings.auth.clone(),
        mail: settings.mail.clone(),
        console_web: settings.urls.console_web.clone(),
    }
}

fn mailer(settings: &Settings, http: &egress::Client) -> Result<Option<Mailer>, StartError> {
    if settings.mail.lacks_from {
        tracing::warn!("MAIL_TYPE is set and MAIL_DEFAULT_SEND_FROM is not: no mail is sent");
    }
    let sender = settings.mail.sender.as_ref();
    sender.map(|sender| Mailer::new(sender, http.clone())).transpose().map_err(|e| StartError::Setup(e.to_string()))
}

fn model_runtime(settings: &Settings, http: egress::Client) -> Result<Runtime, StartError> {
    let generation = &settings.generation;
    if generation.demo_model && settings.deployment.env.is_production() {
        return Err(StartError::DemoInProduction);
    }
    let registry = Registry::builtin(BuiltinOptions { demo: generation.demo_model })
        .map_err(|e| StartError::Setup(e.to_string()))?;
    let limits = Limits {
        first_token: generation.first_token_timeout,
        silence: generation.idle_timeout,
        total: generation.total_timeout,
        retries: generation.retries as usize,
        calls_per_provider: settings.limits.max_streams_per_provider,
        ..Limits::default()
    };
    Ok(Runtime::new(registry, http, limits))
}

const fn storage_kind(kind: &StorageKind) -> &'static str {
    match kind {
        StorageKind::Folder { .. } => "opendal",
        StorageKind::S3 { .. } => "s3",
        StorageKind::Azure { .. } => "azure-blob",
        StorageKind::Google { .. } => "google-storage",
    }
}
