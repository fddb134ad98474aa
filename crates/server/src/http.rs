//! The HTTP server of a tier: which prefixes it answers, and what happens around every request.

use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Error, HttpMessage, HttpServer};
use config::{Settings, Tier};
use controllers_common::client_address::TrustedProxies;
use controllers_common::cookies::SessionCookies;
use controllers_common::cors::Cors;
use controllers_common::envelope::{envelope, no_such_route, path_config};
use controllers_common::headers::{Identity, RequestId, ToldTrace, identify, name_trace};
use controllers_common::idempotency::Idempotency;
use controllers_common::ip_limit::{IpLimit, limit_address};
use controllers_common::limits::UploadLimits;
use controllers_common::links::Addresses;
use controllers_common::passport::WebCookies;
use controllers_common::rules::compression::{Compressed, compress};
use controllers_common::rules::timing::{TellsTimes, tell_times};
use controllers_common::sse::PingEvery;
use controllers_common::system_features::SystemFeatures;
use controllers_common::valid::BodyLimit;
use idempotency::{Ledger, LedgerConfig};
use pages::{Documented, Pages, Shown};
use services::async_runs::AsyncRuns;
use services::debugging::Debugger;
use services::draft_variables::DraftVariables;
use services::earlier_turns::EarlierTurns;
use services::explore::Explore;
use services::file_previews::FilePreviews;
use services::human_forms::HumanForms;
use services::installed_apps::InstalledApps;
use services::mcp_servers::McpTools;
use services::outgoing_mail::MailDesk;
use services::plugins::Plugins;
use services::reattach::Reattach;
use services::remote_files::RemoteFiles;
use services::saved_messages::SavedMessages;
use services::tags::Tags;
use services::workflow_history::WorkflowHistory;
use telemetry::Metrics;
use tracing::Instrument;
use tracing::field::Empty;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use crate::boot::StartError;
use crate::parts::Parts;
use crate::running::HttpTask;
use crate::{metered, probes};

/// Connections that one worker thread serves at once. Streams are long: the default would starve them.
const CONNECTIONS_PER_WORKER: usize = 25_000;
/// Connections that the kernel queues; it cuts this to `net.core.somaxconn`.
const BACKLOG: i32 = 4096;
/// How much longer than any run a request waits for another one with its key.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// The OpenAPI description of a tier.
pub fn openapi(tier: Tier) -> Option<OpenApi> {
    match tier {
        Tier::Service => Some(service_document()),
        Tier::Console => Some(console_document()),
        Tier::Web => Some(controllers_web::document()),
        Tier::All => {
            let mut all = service_document();
            all.merge(console_document());
            all.merge(controllers_web::document());
            Some(all)
        }
        Tier::Worker => None,
    }
}

fn service_document() -> OpenApi {
    let mut service = controllers_service::document();
    service.merge(controllers_mcp::document());
    service
}

fn console_document() -> OpenApi {
    let mut console = controllers_console::ConsoleApi::openapi();
    console.merge(controllers_inner::document());
    console
}

/// Starts the server on the listener.
pub(crate) fn serve(
    parts: &Parts,
    tier: Tier,
    listener: TcpListener,
    metrics: Metrics,
) -> Result<HttpTask, StartError> {
    let settings = &parts.settings;
    let workers = match settings.deployment.http_workers {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        n => n,
    };
    let data = SharedData::new(parts, &metrics)?;
    let pages = pages(tier, settings);
    let cors = settings.cors.clone();
    tokio::spawn(metered::keep_measuring(metrics, parts.clone(), parts.stop_background.clone()));
    let tier_name = tier.name();
    let app = move || {
        let data = data.clone();
        let cors = cors.clone();
        let pages = pages.clone();
        App::new()
            .configure(move |config| data.register(config))
            .app_data(Data::new(TierName(tier_name)))
            .app_data(path_config())
            .wrap(from_fn(envelope))
            .wrap(from_fn(compress))
            .wrap(from_fn(limit_address))
            .wrap(from_fn(tell_times))
            .wrap(from_fn(observe))
            .wrap(from_fn(identify))
            .configure(move |config| mount(config, tier, &cors, &pages))
            .default_service(web::to(no_such_route))
    };
    // The library sets its backlog only on sockets that it binds itself; listening again raises this one's.
    socket2::SockRef::from(&listener).listen(BACKLOG)?;
    let server = HttpServer::new(app)
        .workers(workers)
        // A frame must not wait for the acknowledgement of the one before it.
        .tcp_nodelay(true)
        .max_connections(CONNECTIONS_PER_WORKER)
        .shutdown_timeout(5)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    Ok(HttpTask { handle, task: tokio::spawn(server) })
}

/// Whether a tier serves the Console, programs with keys, and visitors.
const fn served(tier: Tier) -> (bool, bool, bool) {
    match tier {
        Tier::All => (true, true, true),
        Tier::Console => (true, false, false),
        Tier::Service => (false, true, false),
        Tier::Web => (false, false, true),
        Tier::Worker => (false, false, false),
    }
}

/// What people open in a browser. The Console's and the pages' own APIs are documented where they are worked on.
fn pages(tier: Tier, settings: &Settings) -> Pages {
    let (console, service, web) = served(tier);
    let development = !settings.deployment.env.is_production();
    let documented = [
        (service, controllers_service::PREFIX, "Service API", controllers_service::document as fn() -> OpenApi),
        (console || service || web, controllers_files::PREFIX, "Files", controllers_files::document),
        (service, controllers_mcp::PREFIX, "MCP servers", controllers_mcp::document),
        (console && development, controllers_console::PREFIX, "Console API", controllers_console::ConsoleApi::openapi),
        (web && development, controllers_web::PREFIX, "Web API", controllers_web::document),
    ];
    let documented = documented.into_iter().filter(|(shown, ..)| *shown);
    let documented = documented.map(|(_, prefix, title, describe)| Documented::new(prefix, title, describe)).collect();
    let start = tier == Tier::All;
    let shown = Shown {
        published: web,
        start,
        lists_apps: start && development,
        documented,
        embedders: settings.features.embedders.clone(),
    };
    Pages::new(shown, &settings.urls.files)
}

fn mount(config: &mut ServiceConfig, tier: Tier, cors: &config::CorsSettings, pages: &Pages) {
    config
        .route("/health", web::get().to(probes::health))
        .route("/ready", web::get().to(probes::ready))
        .route("/metrics", web::get().to(probes::metrics));
    let (console, service, web) = served(tier);
    // Before the tiers, below whose prefixes their documentation is.
    pages::configure(config, pages);
    if console {
        controllers_console::configure(config, Cors::with_cookies(cors.console.clone()));
        controllers_inner::configure(config);
    }
    if service {
        controllers_service::configure(config, Cors::with_keys());
        controllers_mcp::configure(config);
    }
    if web {
        controllers_web::configure(config, Cors::with_cookies(cors.web.clone()));
    }
    if console || service || web {
        controllers_files::configure(config, Cors::with_keys());
    }
}

#[derive(Clone, Copy)]
struct TierName(&'static str);

/// What handlers and extractors take from the app; wrapped once, shared by all worker threads.
#[derive(Clone)]
struct SharedData {
    parts: Data<Parts>,
    metrics: Data<Metrics>,
    identity: Data<Identity>,
    cookies: Data<SessionCookies>,
    addresses: Data<Addresses>,
    features: Data<SystemFeatures>,
}

impl SharedData {
    fn new(parts: &Parts, metrics: &Metrics) -> Result<Self, StartError> {
        let settings: &Settings = &parts.settings;
        let identity = Identity::new(services::VERSION, settings.deployment.env.as_str())
            .ok_or_else(|| StartError::Setup("DEPLOY_ENV cannot be sent as a header: use plain letters".to_owned()))?;
        Ok(Self {
            parts: Data::new(parts.clone()),
            metrics: Data::new(metrics.clone()),
            identity: Data::new(identity),
            cookies: Data::new(SessionCookies::new(&settings.urls, &settings.auth)),
            addresses: Data::new(Addresses { urls: settings.urls.clone(), signer: parts.links.clone() }),
            features: Data::new(SystemFeatures::new(settings)),
        })
    }

    fn register(&self, config: &mut ServiceConfig) {
        let parts = self.parts.get_ref();
        let settings: &Settings = &parts.settings;
        config
            .app_data(self.parts.clone())
            .app_data(self.metrics.clone())
            .app_data(self.identity.clone())
            .app_data(self.cookies.clone())
            .app_data(self.addresses.clone())
            .app_data(self.features.clone())
            .app_data(Data::from(parts.settings.clone()))
            .app_data(Data::new(Compressed(settings.deployment.compress)))
            .app_data(Data::new(TellsTimes(settings.deployment.server_timing)))
            .app_data(Data::new(BodyLimit(settings.deployment.max_body_bytes)))
            .app_data(Data::new(settings.time_limits))
            .app_data(Data::new(PingEvery(settings.generation.ping_every)))
            .app_data(Data::new(TrustedProxies(settings.deployment.trusted_proxies.clone())))
            .app_data(Data::new(IpLimit {
                limits: parts.limits.clone(),
                per_second: settings.limits.ip_per_second,
                burst: u32::try_from(settings.limits.ip_burst).unwrap_or(u32::MAX),
                cors: vec![
                    (controllers_console::PREFIX, Cors::with_cookies(settings.cors.console.clone())),
                    (controllers_web::PREFIX, Cors::with_cookies(settings.cors.web.clone())),
                    (controllers_service::PREFIX, Cors::with_keys()),
                    (controllers_files::PREFIX, Cors::with_keys()),
                ],
            }))
            .app_data(Data::new(WebCookies::new(&settings.urls, &settings.auth)))
            .app_data(Data::new(parts.knowledge.clone()))
            .app_data(Data::new(parts.annotations.clone()))
            .app_data(Data::new(SavedMessages::new(parts.pool.clone())))
            .app_data(Data::new(InstalledApps::new(parts.pool.clone(), parts.directory.clone())))
            .app_data(Data::new(Explore::new(parts.pool.clone(), parts.app_files.clone(), &settings.features)))
            .app_data(Data::new(RemoteFiles::new(parts.egress.clone(), parts.files.clone())))
            .app_data(Data::new(FilePreviews::new(parts.files.clone(), parts.extractor.clone())))
            .app_data(Data::new(parts.branding.clone()))
            .app_data(Data::new(Debugger::new(
                parts.pool.clone(),
                parts.apps.clone(),
                parts.directory.clone(),
                parts.generate.clone(),
            )))
            .app_data(Data::new(parts.api_extensions.clone()))
            .app_data(Data::new(parts.mcp_servers.clone()))
            .app_data(Data::new(McpTools::new(
                parts.mcp_servers.clone(),
                parts.directory.clone(),
                parts.end_users.clone(),
                parts.generate.clone(),
            )))
            .app_data(Data::new(parts.tenant_keys.clone()))
            .app_data(Data::new(UploadLimits::new(&settings.uploads)))
            .app_data(Data::new(parts.features.clone()))
            .app_data(Data::new(settings.uploads.clone()))
            .app_data(Data::new(settings.authoring.clone()))
            .app_data(Data::new(parts.workflows.clone()))
            .app_data(Data::new(DraftVariables::new(
                parts.pool.clone(),
                parts.generate.engine().clone(),
                parts.files.clone(),
            )))
            .app_data(Data::new(WorkflowHistory::new(parts.pool.clone())))
            .app_data(Data::new(Reattach::new(parts.pool.clone(), parts.runs.clone())))
            .app_data(Data::new(AsyncRuns::new(
                parts.pool.clone(),
                parts.egress.clone(),
                parts.generations.clone(),
                &settings.deployment.secret_key,
            )))
            .app_data(Data::new(Idempotency {
                ledger: Ledger::new(parts.redis.clone(), LedgerConfig::default()),
                reattach: Reattach::new(parts.pool.clone(), parts.runs.clone()),
                tasks: parts.background.clone(),
                patience: settings.generation.max_execution + PATIENCE,
            }))
            .app_data(Data::new(HumanForms::new(
                parts.pool.clone(),
                parts.generate.clone(),
                parts.limits.clone(),
                &settings.limits,
                &settings.deployment.secret_key,
            )))
            .app_data(Data::new(parts.app_files.clone()))
            .app_data(Data::new(settings.auth.clone()))
            .app_data(Data::new(parts.egress.clone()))
            .app_data(Data::new(parts.accounts.clone()))
            .app_data(Data::new(parts.people.clone()))
            .app_data(Data::new(MailDesk::new(parts.pool.clone(), parts.postbox.clone())))
            .app_data(Data::new(parts.social.clone()))
            .app_data(Data::new(parts.workspaces.clone()))
            .app_data(Data::new(parts.apps.clone()))
            .app_data(Data::new(parts.api_keys.clone()))
            .app_data(Data::new(parts.app_facts.clone()))
            .app_data(Data::new(EarlierTurns::new(parts.pool.clone())))
            .app_data(Data::new(parts.audio.clone()))
            .app_data(Data::new(parts.audit.clone()))
            .app_data(Data::new(parts.call_rules.clone()))
            .app_data(Data::new(parts.providers.clone()))
            .app_data(Data::new(Plugins::new(parts.pool.clone())))
            .app_data(Data::new(Tags::new(parts.pool.clone())))
            .app_data(Data::new(parts.directory.clone()))
            .app_data(Data::new(parts.end_users.clone()))
            .app_data(Data::new(parts.published.clone()))
            .app_data(Data::new(parts.files.clone()))
            .app_data(Data::new(parts.generate.clone()))
            .app_data(Data::new(parts.conversations.clone()))
            .app_data(Data::new(parts.variables.clone()))
            .app_data(Data::new(parts.messages.clone()));
    }
}

/// Middleware: a span and figures per request.
async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let begun = std::time::Instant::now();
    let tier: &'static str = request.app_data::<Data<TierName>>().map_or("", |t| t.0);
    let method = request.method().clone();
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let told = ToldTrace::of(&request);
    // At this level, so that also a log of errors alone says whose they are.
    let span = tracing::error_span!("request", otel.kind = "server", request.id = %id, trace.id = Empty, http.method = %method);
    let trace = telemetry::join_trace(&span, told.traceparent.as_deref(), told.tracestate.as_deref());
    let known = told.id.or_else(|| trace.as_ref().map(|trace| trace.trace_id.clone()));
    span.record("trace.id", known.as_ref().unwrap_or(&id));
    let mut result = next.call(request).instrument(span.clone()).await;
    let (route, status) = match &result {
        Ok(response) => {
            (response.request().match_pattern().unwrap_or_else(|| "none".to_owned()), response.status().as_u16())
        }
        Err(error) => ("none".to_owned(), error.as_response_error().status_code().as_u16()),
    };
    if let (Some(trace), Ok(response)) = (&trace, &mut result) {
        name_trace(response.headers_mut(), &trace.trace_id, &trace.span_id);
        telemetry::describe_request(&span, tier, method.as_str(), &route, status);
    }
    let elapsed = begun.elapsed();
    let labels = [
        ("tier", tier.to_owned()),
        ("route", route.clone()),
        ("method", method.to_string()),
        ("status", status.to_string()),
    ];
    metrics::counter!("ferrify_http_requests_total", &labels).increment(1);
    metrics::histogram!("ferrify_http_request_seconds", "tier" => tier, "route" => route.clone())
        .record(elapsed.as_secs_f64());
    let _entered = span.enter();
    tracing::debug!(http.route = route, http.status = status, latency_ms = elapsed.as_secs_f64() * 1000.0, "answered");
    result
}
