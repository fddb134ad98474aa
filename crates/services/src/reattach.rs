//! Coming back to a run: what it has told so far, what it tells from now on, from whatever process.
//!
//! A run's events are in Redis for an hour after its end; each has a position, and who names one gets what follows it.
//! What a workflow's run has come to is in the database too, so that a client that names none is told the state of the
//! run and then what happens.

mod frames;
mod snapshot;

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use models::app::App;
use models::db::{DbError, Pool};
use models::end_user::EndUser;
use models::paused_run::PausedRun;
use models::workflow_run::{RunStatus, WorkflowRun};
use models::{CreatorRole, TenantId, WorkflowRunId, workflow_run_list};
use runs::{Cursor, Owner, RunId, RunState, RunView, Runs, RunsError, Until};

use self::frames::{Names, is_end_or_pause, is_last_or_pause};

/// A run that is live but that nobody knows in Redis, which had failed then, is looked for again after this pause.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// And for so long.
const LOOKS: u32 = 300;

/// Why there is nothing to come back to.
#[derive(Debug, thiserror::Error)]
pub enum ReattachError {
    /// Not there, not the caller's, or forgotten.
    #[error("Workflow run not found")]
    NoRun,
    #[error("Task not found")]
    NoTask,
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Runs(#[from] RunsError),
}

/// From where on, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// The last event that the client has.
    pub after: Option<Cursor>,
    /// What the run has come to is told first.
    pub snapshot: bool,
    /// A run that waits for somebody is followed further.
    pub past_pauses: bool,
}

/// Events and their positions, where they have one.
pub type Told = BoxStream<'static, Result<(Option<Cursor>, Bytes), RunsError>>;

/// What a client is told.
pub struct Attached {
    pub events: Told,
    /// The run had ended: all that is told is known already.
    pub over: bool,
    /// The run of a workflow.
    pub run: Option<WorkflowRunId>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Reattach {
    pool: Pool,
    runs: Runs,
}

impl Reattach {
    pub fn new(pool: Pool, runs: Runs) -> Self {
        Self { pool, runs }
    }

    /// The events of a task of the person's, in whatever mode.
    ///
    /// # Errors
    /// `NoTask` also for those of others.
    pub async fn task(
        &self,
        app: &App,
        person: &EndUser,
        task: RunId,
        after: Option<Cursor>,
        past_pauses: bool,
    ) -> Result<Attached, ReattachError> {
        let tenant = app.tenant_id.0;
        let known = self.runs.find(tenant, task).await?;
        let own = |run: &RunView| run.app == app.id.0 && run.owner == Owner::EndUser(person.id.0);
        let known = known.filter(own).ok_or(ReattachError::NoTask)?;
        let run = known.subject.get("workflow_run_id").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
        let until = if past_pauses { Until::End } else { Until::Rest };
        let over = matches!(known.state, RunState::Ended(outcome) if outcome != runs::Outcome::Paused);
        let events = positioned(self.runs.events(tenant, task, after, until));
        Ok(Attached { events: self.with_an_end_of_task(events, known), over, run })
    }

    /// The events of a task whose owner was asked for before, from its beginning.
    ///
    /// # Errors
    /// `NoTask` if nothing is known of it any more.
    pub async fn replay(&self, tenant: TenantId, task: RunId) -> Result<Told, ReattachError> {
        let known = self.runs.find(tenant.0, task).await?.ok_or(ReattachError::NoTask)?;
        let events = positioned(self.runs.events(tenant.0, task, None, Until::Rest));
        Ok(self.with_an_end_of_task(events, known))
    }

    /// Keeps the events of a task longer than usual.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn keep(&self, tenant: TenantId, task: RunId, time: Duration) -> Result<(), RunsError> {
        self.runs.keep(tenant.0, task, time).await
    }

    /// The run of a workflow: what it has come to and what it tells from now on, or what follows a position.
    ///
    /// # Errors
    /// `NoRun` also for those of others.
    pub async fn workflow(
        &self,
        app: &App,
        person: &EndUser,
        id: WorkflowRunId,
        wish: Wish,
    ) -> Result<Attached, ReattachError> {
        let row = self.own_run(app, person, id).await?;
        let ended = !matches!(row.status, RunStatus::Running | RunStatus::Paused | RunStatus::Scheduled);
        let task = self.runs.find_alias(app.tenant_id.0, id.0).await?;
        if ended {
            return self.finished(app, person, row, (task, wish.after)).await;
        }
        let task = match task {
            None if row.status == RunStatus::Paused => self.waiting_task(&row).await?,
            known => known,
        };
        let until = if wish.past_pauses { Until::End } else { Until::Rest };
        let rests = row.status == RunStatus::Paused && !wish.past_pauses;
        let (first, after) = match (wish.after, wish.snapshot) {
            (Some(after), _) => (Vec::new(), after),
            (None, true) => self.snapshot(app, &row, task).await?,
            (None, false) => (Vec::new(), self.tail(app, task).await?),
        };
        // A run that waits, and whose client does not want to wait with it, has nothing more to tell.
        let live = if rests && wish.snapshot && wish.after.is_none() {
            stream::empty().boxed()
        } else {
            // Without a position a run that waits is waited for: its client wants to know when it goes on.
            let waited_for = rests && wish.after.is_none();
            let until = if waited_for { Until::End } else { until };
            self.live(app, person, id, (task, after, until, waited_for))
        };
        let first = stream::iter(first.into_iter().map(Ok));
        Ok(Attached { events: first.chain(live).boxed(), over: false, run: Some(id) })
    }

    async fn own_run(&self, app: &App, person: &EndUser, id: WorkflowRunId) -> Result<WorkflowRun, ReattachError> {
        let mut conn = self.pool.get().await.map_err(DbError::from)?;
        let row = WorkflowRun::find(&mut conn, app.tenant_id, app.id, id).await.map_err(DbError::from)?;
        let own = |row: &WorkflowRun| row.created_by_role == CreatorRole::EndUser && row.created_by == person.id.0;
        row.filter(own).ok_or(ReattachError::NoRun)
    }

    async fn waiting_task(&self, row: &WorkflowRun) -> Result<Option<RunId>, ReattachError> {
        let mut conn = self.pool.get().await.map_err(DbError::from)?;
        let waiting = PausedRun::find(&mut conn, row.tenant_id, row.id).await.map_err(DbError::from)?;
        Ok(waiting.map(|waiting| RunId(waiting.task_id)))
    }

    async fn tail(&self, app: &App, task: Option<RunId>) -> Result<Cursor, ReattachError> {
        match task {
            Some(task) => Ok(self.runs.tail(app.tenant_id.0, task).await?),
            None => Ok(Cursor::START),
        }
    }

    /// A run that has ended: what follows the client's position if that is still known, else its last event.
    async fn finished(
        &self,
        app: &App,
        person: &EndUser,
        row: WorkflowRun,
        (task, after): (Option<RunId>, Option<Cursor>),
    ) -> Result<Attached, ReattachError> {
        let run = Some(row.id);
        let tail = self.tail(app, task).await?;
        if let (Some(task), Some(after)) = (task, after)
            && tail > Cursor::START
        {
            let events = positioned(self.runs.events(app.tenant_id.0, task, Some(after), Until::Rest));
            return Ok(Attached { events, over: true, run });
        }
        let names = self.names(app, &row, task).await?;
        let last = frames::finished(&names, &row, person);
        // Whoever comes back after it has missed nothing.
        let position = (tail > Cursor::START).then_some(tail);
        Ok(Attached { events: stream::iter([Ok((position, last))]).boxed(), over: true, run })
    }

    /// What a run tells from a position on. Should it end without a word, because its process died, its end is told in
    /// its place.
    fn live(
        &self,
        app: &App,
        person: &EndUser,
        id: WorkflowRunId,
        (task, after, until, to_next_pause): (Option<RunId>, Cursor, Until, bool),
    ) -> Told {
        let (this, app, person) = (self.clone(), app.clone(), person.clone());
        let begun = async move {
            let task = match task {
                Some(task) => Some(task),
                None => this.look_for(&app, id).await,
            };
            let events = match task {
                Some(task) => positioned(this.runs.events(app.tenant_id.0, task, Some(after), until)),
                None => stream::empty().boxed(),
            };
            this.with_an_end(events, (app, person, id), to_next_pause)
        };
        stream::once(begun).flatten().boxed()
    }

    async fn look_for(&self, app: &App, id: WorkflowRunId) -> Option<RunId> {
        for _ in 0..LOOKS {
            if let Ok(Some(task)) = self.runs.find_alias(app.tenant_id.0, id.0).await {
                return Some(task);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        None
    }

    fn with_an_end(&self, events: Told, whose: (App, EndUser, WorkflowRunId), to_next_pause: bool) -> Told {
        let state = (self.clone(), events, whose, false);
        stream::unfold(state, move |(this, mut events, whose, mut told)| async move {
            if told && to_next_pause {
                return None;
            }
            if let Some(event) = events.next().await {
                told |= event.as_ref().is_ok_and(|(_, frame)| is_end_or_pause(frame));
                return Some((event, (this, events, whose, told)));
            }
            if told {
                return None;
            }
            let last = this.end_of(&whose).await?;
            Some((Ok((None, last)), (this, stream::empty().boxed(), whose, true)))
        })
        .boxed()
    }

    /// The same for a task in whatever mode: one whose process died has not said its last word.
    fn with_an_end_of_task(&self, events: Told, task: RunView) -> Told {
        let state = (self.runs.clone(), events, task, false);
        stream::unfold(state, |(runs, mut events, task, mut told)| async move {
            if let Some(event) = events.next().await {
                told |= event.as_ref().is_ok_and(|(_, frame)| is_last_or_pause(frame));
                return Some((event, (runs, events, task, told)));
            }
            if told {
                return None;
            }
            let state = runs.find(task.tenant, task.id).await.ok().flatten()?.state;
            let kept = runs.kept(task.tenant, task.id).await.ok()?;
            let said = kept.last().is_some_and(|(_, frame)| is_last_or_pause(frame));
            let died = state == RunState::Ended(runs::Outcome::Failed) && !said;
            let last = died.then(|| frames::died(&task.subject))?;
            Some((Ok((None, last)), (runs, stream::empty().boxed(), task, true)))
        })
        .boxed()
    }

    async fn end_of(&self, (app, person, id): &(App, EndUser, WorkflowRunId)) -> Option<Bytes> {
        let row = self.own_run(app, person, *id).await.ok()?;
        row.finished_at?;
        let names = self.names(app, &row, None).await.ok()?;
        Some(frames::finished(&names, &row, person))
    }

    /// What all frames of the run repeat.
    async fn names(&self, app: &App, row: &WorkflowRun, task: Option<RunId>) -> Result<Names, ReattachError> {
        let message = if app.mode.is_chat_family() {
            let mut conn = self.pool.get().await.map_err(DbError::from)?;
            let found = workflow_run_list::messages_of(&mut conn, app.id, &[row.id]).await.map_err(DbError::from)?;
            found.into_iter().next().map(|(_, message, conversation)| (message, conversation))
        } else {
            None
        };
        Ok(Names::new(row, task, message))
    }
}

fn positioned(events: runs::EventStream) -> Told {
    events.map(|event| event.map(|(cursor, frame)| (Some(cursor), frame))).boxed()
}
