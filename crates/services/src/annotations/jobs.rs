//! What brings the index of an app's questions after its annotations.

use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use jobs::{Context, Failure, Handler, Handlers, Job, Options};
use models::app::App;
use models::app_annotation_setting::AnnotationReply;
use models::dataset_binding::{CollectionBinding, CollectionType};
use models::db::{AsyncConnection, AsyncPgConnection, QueryResult};
use models::job_outcome::{JobOutcome, OutcomeStatus};
use models::{AccountId, AppId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Annotated, AnnotationError, Annotations, SwitchOn};

const QUEUE: &str = "annotations";
/// Questions in one job.
const AT_ONCE: usize = 500;

/// Brings the index after rows that were changed or removed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IndexAnnotations {
    app: AppId,
    ids: Vec<Uuid>,
    /// Of an import, for the last of its jobs.
    #[serde(default)]
    outcome: Option<Uuid>,
}

impl Job for IndexAnnotations {
    const KIND: &'static str = "index_annotations";
    const QUEUE: &'static str = QUEUE;
    const MAX_ATTEMPTS: u16 = 8;
}

/// Switches the annotation reply of an app on (`on`) or off.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SwitchAnnotationReply {
    app: AppId,
    outcome: Uuid,
    by: AccountId,
    on: Option<SwitchOn>,
}

impl Job for SwitchAnnotationReply {
    const KIND: &'static str = "switch_annotation_reply";
    const QUEUE: &'static str = QUEUE;
    const MAX_ATTEMPTS: u16 = 3;
    const TIME_LIMIT: Duration = Duration::from_secs(3600);
}

/// Removes the index of an app that is gone, or that does not answer from annotations any more.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DropAnnotationIndex {
    app: AppId,
    /// Where it is, for stores that group by model: the rows that said so may be gone.
    collection: Option<String>,
}

impl Job for DropAnnotationIndex {
    const KIND: &'static str = "drop_annotation_index";
    const QUEUE: &'static str = QUEUE;
    const MAX_ATTEMPTS: u16 = 12;
}

/// Adds the job that removes the index of an app, within the transaction that removes the app.
///
/// # Errors
/// When the database fails.
pub async fn drop_index_later(conn: &mut AsyncPgConnection, tenant: TenantId, app: AppId) -> QueryResult<()> {
    match AnnotationReply::of_app(conn, app).await? {
        Some(reply) => drop_later(conn, tenant, app, reply.collection).await,
        None => Ok(()),
    }
}

async fn drop_later(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    app: AppId,
    collection: Option<String>,
) -> QueryResult<()> {
    let job = DropAnnotationIndex { app, collection };
    ::jobs::enqueue(conn, Some(tenant), &job, Options::default()).await.map(drop)
}

/// Always: whether the reply is on is looked up when it runs, so that none is missed while it is being switched on.
pub(super) async fn index(conn: &mut AsyncPgConnection, of: Annotated, ids: &[Uuid]) -> QueryResult<()> {
    let jobs: Vec<_> =
        ids.chunks(AT_ONCE).map(|ids| IndexAnnotations { app: of.app, ids: ids.to_vec(), outcome: None }).collect();
    if jobs.is_empty() {
        return Ok(());
    }
    ::jobs::enqueue_all(conn, Some(of.tenant), &jobs, Options::default()).await.map(drop)
}

/// The questions of an import, whose outcome is told when they are indexed.
pub(super) async fn imported(
    conn: &mut AsyncPgConnection,
    of: Annotated,
    outcome: Uuid,
    ids: Vec<Uuid>,
) -> QueryResult<()> {
    let job = IndexAnnotations { app: of.app, ids, outcome: Some(outcome) };
    ::jobs::enqueue(conn, Some(of.tenant), &job, Options::default()).await.map(drop)
}

pub(super) async fn switch(
    conn: &mut AsyncPgConnection,
    of: Annotated,
    outcome: Uuid,
    by: AccountId,
    on: Option<SwitchOn>,
) -> QueryResult<()> {
    let job = SwitchAnnotationReply { app: of.app, outcome, by, on };
    ::jobs::enqueue(conn, Some(of.tenant), &job, Options::default()).await.map(drop)
}

/// Everything this release's workers can do about annotations.
pub fn handlers(handlers: Handlers, annotations: Annotations) -> Handlers {
    handlers.with(Indexer(annotations.clone())).with(Dropper(annotations.clone())).with(Switcher(annotations))
}

struct Indexer(Annotations);

#[async_trait]
impl Handler for Indexer {
    type Job = IndexAnnotations;

    async fn run(&self, job: IndexAnnotations, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("annotations without a workspace")) };
        self.0.note(tenant, job.outcome, OutcomeStatus::Processing, None).await?;
        match self.0.sync(tenant, job.app, &job.ids).await {
            Ok(()) => Ok(self.0.note(tenant, job.outcome, OutcomeStatus::Completed, None).await?),
            Err(error) => {
                if context.is_last_attempt() {
                    self.0.note(tenant, job.outcome, OutcomeStatus::Error, Some(&error.to_string())).await?;
                }
                Err(Failure::retry(error))
            }
        }
    }
}

struct Dropper(Annotations);

#[async_trait]
impl Handler for Dropper {
    type Job = DropAnnotationIndex;

    async fn run(&self, job: DropAnnotationIndex, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("an index without a workspace")) };
        let is_used = {
            let mut conn = self.0.pool.get().await?;
            App::find(&mut conn, tenant, job.app).await?.is_some()
                && AnnotationReply::of_app(&mut conn, job.app).await?.is_some()
        };
        // Switched on again since then, and filled again.
        if is_used {
            return Ok(());
        }
        self.0.drop_index(job.app, job.collection.as_deref()).await.map_err(Failure::retry)
    }
}

struct Switcher(Annotations);

#[async_trait]
impl Handler for Switcher {
    type Job = SwitchAnnotationReply;

    async fn run(&self, job: SwitchAnnotationReply, context: &Context) -> Result<(), Failure> {
        let Some(tenant) = context.tenant() else { return Err(Failure::hopeless("a switch without a workspace")) };
        let annotations = &self.0;
        annotations.note(tenant, Some(job.outcome), OutcomeStatus::Processing, None).await?;
        let done = match job.on {
            Some(on) => annotations.turn_on(tenant, job.app, job.by, &on).await,
            None => annotations.turn_off(tenant, job.app).await,
        };
        annotations.watch.app_changed(tenant, job.app, None).await;
        let (status, told) = match &done {
            Ok(()) => (OutcomeStatus::Completed, None),
            // Told at once: whoever asked for it sees why, and may ask again.
            Err(error) => (OutcomeStatus::Error, Some(error.to_string())),
        };
        if let Err(error) = &done {
            tracing::warn!(app.id = %job.app, error = %error, "the annotation reply of an app could not be switched");
        }
        Ok(annotations.note(tenant, Some(job.outcome), status, told.as_deref()).await?)
    }
}

impl Annotations {
    async fn note(
        &self,
        tenant: TenantId,
        outcome: Option<Uuid>,
        status: OutcomeStatus,
        error: Option<&str>,
    ) -> Result<(), AnnotationError> {
        let Some(outcome) = outcome else { return Ok(()) };
        let mut conn = self.pool.get().await?;
        let error = error.map(|error| error.replace('\0', ""));
        JobOutcome::set(&mut conn, tenant, outcome, status, error.as_deref(), Utc::now().naive_utc()).await?;
        Ok(())
    }

    /// The setting first, so that whatever is written meanwhile is indexed by its own job.
    async fn turn_on(&self, tenant: TenantId, app: AppId, by: AccountId, on: &SwitchOn) -> Result<(), AnnotationError> {
        let embedder = self.models.embedder(tenant, &on.provider, &on.model).await?;
        let (provider, model) = (embedder.model().provider.to_string(), embedder.model().model.clone());
        let (old, new) = {
            let mut conn = self.pool.get().await?;
            if App::find(&mut conn, tenant, app).await?.is_none() {
                return Err(AnnotationError::NoSuchApp);
            }
            conn.transaction(async |conn| {
                let old = AnnotationReply::of_app(conn, app).await?;
                let name = format!("Vector_index_{}_Node", Uuid::new_v4().simple());
                let binding =
                    CollectionBinding::get_or_make(conn, &provider, &model, CollectionType::Annotation, &name).await?;
                AnnotationReply::put(conn, app, on.score_threshold, binding.id, by, Utc::now().naive_utc()).await?;
                let new = AnnotationReply::of_app(conn, app).await?.ok_or(AnnotationError::NotFound)?;
                Ok::<_, AnnotationError>((old, new))
            })
            .await?
        };
        let indexed = async {
            // Vectors of another model are of no use, and may be of another length.
            if let Some(old) = old.as_ref().filter(|old| old.embedding != new.embedding) {
                self.drop_index(app, old.collection.as_deref()).await?;
            }
            self.put_all(tenant, app, &new).await
        };
        let indexed = indexed.await;
        if indexed.is_err() {
            self.put_back(app, by, old.as_ref(), &new).await?;
        }
        indexed
    }

    /// The setting as it was before one that came to nothing: the next attempt finds again which model the vectors are of.
    async fn put_back(
        &self,
        app: AppId,
        by: AccountId,
        old: Option<&AnnotationReply>,
        new: &AnnotationReply,
    ) -> Result<(), AnnotationError> {
        let mut conn = self.pool.get().await?;
        let Some(old) = old else {
            AnnotationReply::delete(&mut conn, app).await?;
            return Ok(());
        };
        let (Some((provider, model)), Some(name)) = (&old.embedding, &old.collection) else { return Ok(()) };
        if old.embedding != new.embedding {
            let put: Result<(), AnnotationError> = conn
                .transaction(async |conn| {
                    let kind = CollectionType::Annotation;
                    let binding = CollectionBinding::get_or_make(conn, provider, model, kind, name).await?;
                    let now = Utc::now().naive_utc();
                    Ok(AnnotationReply::put(conn, app, old.score_threshold, binding.id, by, now).await?)
                })
                .await;
            put?;
        }
        Ok(())
    }

    async fn turn_off(&self, tenant: TenantId, app: AppId) -> Result<(), AnnotationError> {
        let old = {
            let mut conn = self.pool.get().await?;
            if App::find(&mut conn, tenant, app).await?.is_none() {
                return Err(AnnotationError::NoSuchApp);
            }
            let old = AnnotationReply::of_app(&mut conn, app).await?;
            AnnotationReply::delete(&mut conn, app).await?;
            old
        };
        let Some(old) = old else { return Ok(()) };
        if let Err(error) = self.drop_index(app, old.collection.as_deref()).await {
            // It is off all the same.
            tracing::warn!(app.id = %app, error = %error, "the index of an app's annotations is removed later");
            drop_later(&mut *self.pool.get().await?, tenant, app, old.collection).await?;
        }
        Ok(())
    }
}
