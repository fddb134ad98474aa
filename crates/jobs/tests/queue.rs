//! The queue against a real Postgres.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends at the first surprise")]

#[path = "queue/support.rs"]
mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use jobs::dead::{self, DeadFilter};
use jobs::{Failure, Handlers, JobState, Options, Schedule, WorkerConfig};
use models::TenantId;
use models::db::{AsyncConnection, QueryError};
use models::job::{Claim, ClaimedJob, Demand};
use test_kit::TestDatabase;
use tokio::sync::mpsc;
use tokio::time::Instant;

use support::{add, doing, next, quick, reporting, step, until_count, worker, worker_with};

#[tokio::test(flavor = "multi_thread")]
async fn a_job_exists_exactly_if_its_transaction_commits() {
    let database = TestDatabase::create().await;
    let (handlers, mut runs) = reporting();
    let worker = worker(&database, handlers, WorkerConfig { poll: Duration::from_secs(60), ..quick() });
    until_listening(&database).await;

    let mut conn = database.conn().await;
    let rolled_back: Result<(), QueryError> = conn
        .transaction(async |conn| {
            jobs::enqueue(conn, None, &step("lost"), Options::default()).await?.unwrap();
            Err(QueryError::RollbackTransaction)
        })
        .await;
    assert!(rolled_back.is_err());
    let begun = Instant::now();
    conn.transaction(async |conn| jobs::enqueue(conn, None, &step("kept"), Options::default()).await).await.unwrap();
    drop(conn);

    assert_eq!(next(&mut runs).await, "kept");
    assert!(begun.elapsed() < Duration::from_secs(5), "the commit wakes the worker, which polls once a minute");
    until_count(&database, "true", 0).await;
    worker.stop().await;
    assert!(runs.recv().await.is_none(), "nothing else ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn later_and_more_important_jobs_have_their_place() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let later = Options { run_at: Some(Utc::now() + TimeDelta::milliseconds(700)), ..Options::default() };
    let urgent = Options { priority: 5, ..Options::default() };
    jobs::enqueue(&mut conn, None, &step("later"), Options { priority: 9, ..later }).await.unwrap();
    jobs::enqueue_all(&mut conn, None, &[step("usual 1"), step("usual 2")], Options::default()).await.unwrap();
    jobs::enqueue(&mut conn, None, &step("urgent"), urgent).await.unwrap();
    let (handlers, mut runs) = reporting();
    let worker = worker(&database, handlers, WorkerConfig { slots: 1, poll: Duration::from_millis(100), ..quick() });
    for name in ["urgent", "usual 1", "usual 2", "later"] {
        assert_eq!(next(&mut runs).await, name);
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_admits_one_job_at_a_time() {
    let database = TestDatabase::create().await;
    let mut conn = database.conn().await;
    let once = || Options { dedup_key: Some("only".to_owned()), ..Options::default() };
    assert!(jobs::enqueue(&mut conn, None, &step("first"), once()).await.unwrap().is_some());
    assert!(jobs::enqueue(&mut conn, None, &step("second"), once()).await.unwrap().is_none());
    let (handlers, mut runs) = reporting();
    let worker = worker(&database, handlers, quick());
    assert_eq!(next(&mut runs).await, "first");
    until_count(&database, "true", 0).await;
    assert!(jobs::enqueue(&mut conn, None, &step("third"), once()).await.unwrap().is_some());
    assert_eq!(next(&mut runs).await, "third");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_come_back_and_hopeless_ones_do_not() {
    let database = TestDatabase::create().await;
    let (tried, mut tries) = mpsc::unbounded_channel();
    let handlers = doing(move |job, context| {
        let (attempt, tried) = (context.attempt(), tried.clone());
        Box::pin(async move {
            let _ = tried.send((job.name.clone(), attempt));
            match (job.name.as_str(), attempt) {
                ("panics", _) => panic!("out of order"),
                ("hopeless", _) => Err(Failure::hopeless("no such document")),
                ("twice", 2) => Ok(()),
                _ => Err(Failure::retry("not yet")),
            }
        })
    });
    let worker = worker(&database, handlers, WorkerConfig { poll: Duration::from_millis(50), ..quick() });
    let tenant = TenantId::random();
    for name in ["twice", "never", "hopeless", "panics"] {
        add(&database, Some(tenant), name).await;
    }
    let mut seen = Vec::new();
    for _ in 0..9 {
        seen.push(next(&mut tries).await);
    }
    for (name, attempts) in [("twice", 2), ("never", 3), ("hopeless", 1), ("panics", 3)] {
        assert_eq!(seen.iter().filter(|(n, _)| n == name).count(), attempts, "{name}: {seen:?}");
    }
    until_count(&database, "state = 'dead'", 3).await;
    until_count(&database, "state <> 'dead'", 0).await;

    let mut conn = database.conn().await;
    let filter = DeadFilter { tenant: Some(tenant), kind: Some("step".to_owned()), ..DeadFilter::default() };
    let dead = dead::list(&mut conn, &filter, 10).await.unwrap();
    let errors: HashSet<_> = dead.iter().map(|job| job.last_error.as_deref().unwrap()).collect();
    assert_eq!(errors, HashSet::from(["not yet", "no such document", "the handler panicked: out of order"]));
    assert!(
        dead::list(&mut conn, &DeadFilter { tenant: Some(TenantId::random()), ..filter.clone() }, 10)
            .await
            .unwrap()
            .is_empty()
    );

    let never = dead.iter().find(|job| job.payload["name"] == "never").unwrap().id;
    let one = DeadFilter { ids: Some(vec![never]), ..filter.clone() };
    assert_eq!(dead::retry(&mut conn, &one).await.unwrap(), 1);
    for attempt in 1..=3 {
        assert_eq!(next(&mut tries).await, ("never".to_owned(), attempt));
    }
    until_count(&database, "state = 'dead'", 3).await;
    let old = DeadFilter { older_than: Some(Duration::from_secs(3600)), ..filter.clone() };
    assert_eq!(dead::purge(&mut conn, &old).await.unwrap(), 0);
    assert_eq!(dead::purge(&mut conn, &filter).await.unwrap(), 3);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workspaces_take_turns() {
    let database = TestDatabase::create().await;
    let (loud, quiet) = (TenantId::random(), TenantId::random());
    let mut conn = database.conn().await;
    let many: Vec<_> = (0..200).map(|n| step(format!("loud {n}"))).collect();
    jobs::enqueue_all(&mut conn, Some(loud), &many, Options::default()).await.unwrap();
    for n in 0..3 {
        add(&database, Some(quiet), &format!("quiet {n}")).await;
    }
    let (handlers, mut runs) = reporting();
    let worker = worker(&database, handlers, WorkerConfig { slots: 2, ..quick() });
    let mut first = Vec::new();
    for _ in 0..10 {
        first.push(next(&mut runs).await);
    }
    assert_eq!(first.iter().filter(|name| name.starts_with("quiet")).count(), 3, "{first:?}");
    worker.stop().await;
}

/// Jobs as an outsider would add them: many at once.
async fn add_many(database: &TestDatabase, tenant: TenantId, count: u32, age_seconds: u32) {
    let statement = "INSERT INTO ferrify_jobs (id, queue, kind, tenant_id, payload, run_at, created_at, updated_at) \
        SELECT gen_random_uuid(), 'default', 'step', $1::uuid, '{\"name\": \"many\"}', \
            timezone('utc', now()) - make_interval(secs => $3::int), now(), now() FROM generate_series(1, $2::int)";
    let parameters = [tenant.to_string(), count.to_string(), age_seconds.to_string()];
    let added = database.rows().execute(statement, &parameters.each_ref().map(String::as_str)).await;
    assert_eq!(added, count as usize);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_jobs_of_one_workspace_hide_no_other() {
    let database = TestDatabase::create().await;
    let (loud, quiet) = (TenantId::random(), TenantId::random());
    add_many(&database, loud, 10_000, 3600).await;
    for tenant in [Some(quiet), None] {
        add(&database, tenant, "few").await;
    }
    let mut conn = database.conn().await;
    let lease = Duration::from_secs(60);
    let demand = |limit| Demand { queue: "default", kinds: &["step"], limit, worker: "w", lease };
    let begun = Instant::now();
    let first = ClaimedJob::claim(&mut conn, &demand(3)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "claiming took {:?}", begun.elapsed());
    let owners: HashSet<_> = first.iter().map(|job| job.tenant_id).collect();
    assert_eq!(owners, HashSet::from([Some(loud), Some(quiet), None]));
    // The loud one has nobody to wait for now, and comes after whoever comes late.
    let late = TenantId::random();
    add(&database, Some(late), "late").await;
    let second = ClaimedJob::claim(&mut conn, &demand(2)).await.unwrap();
    assert!(second.iter().any(|job| job.tenant_id == Some(late)), "{second:?}");
    let rest = ClaimedJob::claim(&mut conn, &demand(32)).await.unwrap();
    assert!(rest.len() == 32 && rest.iter().all(|job| job.tenant_id == Some(loud)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_workspaces_are_served_in_turn() {
    let database = TestDatabase::create().await;
    let loud = TenantId::random();
    add_many(&database, loud, 500, 7200).await;
    for age in 0..1000 {
        add_many(&database, TenantId::random(), 2, age).await;
    }
    let mut conn = database.conn().await;
    let lease = Duration::from_secs(60);
    let demand = Demand { queue: "default", kinds: &["step"], limit: 32, worker: "w", lease };
    let mut claimed = Vec::new();
    let begun = Instant::now();
    for _ in 0..10 {
        claimed.extend(ClaimedJob::claim(&mut conn, &demand).await.unwrap());
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "ten claims took {:?}", begun.elapsed());
    let owners: HashSet<_> = claimed.iter().map(|job| job.tenant_id).collect();
    assert_eq!((claimed.len(), owners.len()), (320, 320), "everybody's first job comes before anybody's second");
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_claims_take_no_job_twice() {
    let database = TestDatabase::create().await;
    add_many(&database, TenantId::random(), 200, 10).await;
    let lease = Duration::from_secs(60);
    let demand = Demand { queue: "default", kinds: &["step"], limit: 10, worker: "w", lease };
    let claims = (0..6).map(|_| async { ClaimedJob::claim(&mut *database.conn().await, &demand).await.unwrap() });
    let claimed: Vec<_> = futures::future::join_all(claims).await.into_iter().flatten().map(|job| job.id).collect();
    assert_eq!((claimed.len(), claimed.iter().collect::<HashSet<_>>().len()), (60, 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_work() {
    const JOBS: usize = 300;
    let database = TestDatabase::create().await;
    let many: Vec<_> = (0..JOBS).map(|n| step(n.to_string())).collect();
    jobs::enqueue_all(&mut *database.conn().await, None, &many, Options::default()).await.unwrap();
    let (handlers, mut one_runs) = reporting();
    let one = worker(&database, handlers, quick());
    let (handlers, mut other_runs) = reporting();
    let other = worker(&database, handlers, quick());
    until_count(&database, "true", 0).await;
    one.stop().await;
    other.stop().await;
    let mut seen = HashSet::new();
    for runs in [&mut one_runs, &mut other_runs] {
        while let Some(name) = runs.recv().await {
            assert!(seen.insert(name), "a job ran twice");
        }
    }
    assert_eq!(seen.len(), JOBS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_workers_jobs_are_taken_over_and_it_cannot_settle_them() {
    let database = TestDatabase::create().await;
    add(&database, None, "orphan").await;
    let mut conn = database.conn().await;
    let lease = Duration::from_millis(100);
    let demand = Demand { queue: "default", kinds: &["step"], limit: 5, worker: "gone", lease };
    let claimed = ClaimedJob::claim(&mut conn, &demand).await.unwrap();
    let claim = Claim::from(&claimed[0]);
    assert!(ClaimedJob::claim(&mut conn, &demand).await.unwrap().is_empty(), "a claimed job is nobody else's");

    let (began, mut beginnings) = mpsc::unbounded_channel();
    let go_on = Arc::new(tokio::sync::Notify::new());
    let gate = Arc::clone(&go_on);
    let handlers = doing(move |_, context| {
        let (began, gate, attempt) = (began.clone(), Arc::clone(&gate), context.attempt());
        Box::pin(async move {
            let _ = began.send(attempt);
            gate.notified().await;
            Ok(())
        })
    });
    let worker = worker(&database, handlers, quick());
    assert_eq!(next(&mut beginnings).await, 2, "the lost attempt counts");
    assert_eq!(Claim::done(&mut conn, "gone", &[claim]).await.unwrap(), 0, "an old claim removes nothing");
    assert!(Claim::renew(&mut conn, "gone", &[claim], lease).await.unwrap().is_empty());
    go_on.notify_one();
    until_count(&database, "true", 0).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_job_keeps_its_lease_and_tells_how_far_it_is() {
    let database = TestDatabase::create().await;
    let runs = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&runs);
    let handlers = move || {
        let count = Arc::clone(&count);
        doing(move |_, context| {
            let count = Arc::clone(&count);
            Box::pin(async move {
                count.fetch_add(1, Ordering::SeqCst);
                context.progress(&serde_json::json!({"done": 3, "of": 7})).await;
                tokio::time::sleep(Duration::from_millis(1500)).await;
                Ok(())
            })
        })
    };
    let one = worker(&database, handlers(), quick());
    let other = worker(&database, handlers(), quick());
    let tenant = TenantId::random();
    let id = add(&database, Some(tenant), "long").await;
    until_count(&database, "progress IS NOT NULL", 1).await;
    let mut conn = database.conn().await;
    let view = jobs::find(&mut conn, Some(tenant), id).await.unwrap().unwrap();
    assert_eq!((view.state, view.progress.unwrap()["of"].as_i64()), (JobState::Running, Some(7)));
    assert!(jobs::find(&mut conn, Some(TenantId::random()), id).await.unwrap().is_none(), "not another workspace's");
    until_count(&database, "true", 0).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_reaches_a_running_job() {
    let database = TestDatabase::create().await;
    let (told, mut news) = mpsc::unbounded_channel();
    let handlers = doing(move |_, context| {
        let (told, stop) = (told.clone(), context.stop_token().clone());
        Box::pin(async move {
            let _ = told.send("began");
            stop.cancelled().await;
            let _ = told.send("stopped");
            Err(Failure::Interrupted)
        })
    });
    // A lease so long that only the message can bring the news in time.
    let worker = worker(&database, handlers, WorkerConfig { lease: Duration::from_secs(600), ..quick() });
    until_listening(&database).await;
    let id = add(&database, None, "endless").await;
    assert_eq!(next(&mut news).await, "began");
    let mut conn = database.conn().await;
    assert!(!jobs::cancel(&mut conn, Some(TenantId::random()), id).await.unwrap(), "not another workspace's");
    assert!(jobs::cancel(&mut conn, None, id).await.unwrap());
    assert_eq!(next(&mut news).await, "stopped");
    worker.stop().await;
    until_count(&database, "true", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_worker_gives_back_what_it_cannot_finish() {
    let database = TestDatabase::create().await;
    let (began, mut beginnings) = mpsc::unbounded_channel();
    let handlers = doing(move |job, context| {
        let (began, stop) = (began.clone(), context.stop_token().clone());
        Box::pin(async move {
            let _ = began.send(());
            stop.cancelled().await;
            match job.name.as_str() {
                "finishes" => Ok(()),
                "gives up" => Err(Failure::Interrupted),
                _ => std::future::pending().await,
            }
        })
    });
    let worker = worker(&database, handlers, quick());
    for name in ["finishes", "gives up", "deaf"] {
        add(&database, None, name).await;
        next(&mut beginnings).await;
    }
    let begun = Instant::now();
    worker.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "the deaf one is cut off");
    until_count(&database, "state = 'ready' AND attempts = 0 AND locked_by IS NULL", 2).await;
    until_count(&database, "true", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_occurrence_adds_one_job_however_many_workers_look_at_the_clock() {
    let database = TestDatabase::create().await;
    let schedule = || vec![Schedule::new("tick", "* * * * * *", &step("tick")).unwrap()];
    let (handlers, mut runs) = reporting();
    let workers: Vec<_> = (0..3).map(|_| worker_with(&database, Handlers::new(), quick(), schedule())).collect();
    let runner = worker(&database, handlers, quick());
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(next(&mut runs).await, "tick");
    }
    assert!(begun.elapsed() > Duration::from_millis(1900), "three occurrences are two seconds apart");
    for worker in workers {
        worker.stop().await;
    }
    runner.stop().await;
    assert_eq!(database.rows().count("ferrify_meta", "name = 'schedule:tick'", &[]).await, 1);
}

/// The connection that listens has asked for messages.
async fn until_listening(database: &TestDatabase) {
    for _ in 0..200 {
        let query = "SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() \
                     AND query = 'LISTEN ferrify_jobs_cancelled' AND state = 'idle'";
        if !database.rows().all(query, &[]).await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nobody listens");
}
