//! Runs against a real Redis, with two "processes" that share it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[path = "runs/commands.rs"]
mod commands;
#[path = "runs/events.rs"]
mod events;
#[path = "runs/outage.rs"]
mod outage;
#[path = "runs/support.rs"]
mod support;

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use runs::{Outcome, Owner, RunId, RunState, RunsConfig, StopBy, Until};
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

use support::{Process, get, new_run, redis_url, ttl};

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn starting_and_finishing_cost_one_round_trip_each() {
    let process = Process::quiet(&redis_url().await, RunsConfig::default()).await;
    let new = new_run();
    let (id, tenant, owner) = (new.id, new.tenant, new.owner);
    let before = process.link.traffic().round_trips;
    let run = process.runs.start(new).await.unwrap();
    assert_eq!(process.link.traffic().round_trips - before, 1);
    assert_eq!(process.runs.live_count(), 1);

    let key = format!("generate_task_belong:{id}");
    assert_eq!(get(&process.link, &key).await, Some(owner.to_string()));
    assert!((1790..=1800).contains(&ttl(&process.link, &key).await));

    run.publish(Bytes::from_static(b"data: 1\n\n"));
    let before = process.link.traffic().round_trips;
    run.finish(Outcome::Finished).await;
    assert_eq!(process.link.traffic().round_trips - before, 1);
    assert_eq!(process.runs.live_count(), 0);
    assert_eq!(get(&process.link, &key).await, None);
    let view = process.runs.find(tenant, id).await.unwrap().unwrap();
    assert_eq!((view.state, view.subject), (RunState::Ended(Outcome::Finished), json!({"message_id": "m"})));
    assert!((3590..=3600).contains(&ttl(&process.link, &format!("ferrify:{{{tenant}}}:run:{id}:events")).await));
    assert_eq!(process.runs.find(Uuid::new_v4(), id).await.unwrap(), None, "another tenant sees nothing");
}

#[tokio::test]
async fn an_abandoned_run_leaves_the_process_but_keeps_its_owner() {
    let process = Process::quiet(&redis_url().await, RunsConfig::default()).await;
    let (new, runs) = (new_run(), process.runs.clone());
    let owner_key = format!("generate_task_belong:{}", new.id);
    let task = tokio::spawn(async move {
        let run = runs.start(new).await.unwrap();
        run.publish(Bytes::from_static(b"data: 1\n\n"));
    });
    task.await.unwrap();
    assert_eq!(process.runs.live_count(), 0);
    assert!(get(&process.link, &owner_key).await.is_some(), "until its lease has expired and is settled");
}

#[tokio::test]
async fn an_id_lives_once() {
    let process = Process::quiet(&redis_url().await, RunsConfig::default()).await;
    let new = new_run();
    let run = process.runs.start(new.clone()).await.unwrap();
    assert!(process.runs.start(new.clone()).await.is_err());
    assert_eq!(process.runs.live_count(), 1);
    drop(run);
    process.runs.start(new).await.unwrap().finish(Outcome::Failed).await;
}

#[tokio::test]
async fn the_owner_stops_a_run_of_another_process_and_nobody_else_does() {
    let url = redis_url().await;
    let (here, there) =
        tokio::join!(Process::busy(&url, RunsConfig::default()), Process::busy(&url, RunsConfig::default()));
    let new = new_run();
    let run = here.runs.start(new.clone()).await.unwrap();
    let stop = run.stop_token();

    let stranger = Owner::EndUser(Uuid::new_v4());
    there.runs.request_stop(new.id, &stranger, StopBy::Flag).await.unwrap();
    there.runs.request_stop(RunId::random(), &new.owner, StopBy::Flag).await.unwrap();
    there.runs.request_stop_in_app(new.tenant, Uuid::new_v4(), new.id).await.unwrap();
    here.runs.request_stop(new.id, &stranger, StopBy::Flag).await.unwrap();
    assert_eq!(get(&here.link, &format!("generate_task_stopped:{}", new.id)).await, None);

    let asked = Instant::now();
    there.runs.request_stop(new.id, &new.owner, StopBy::Flag).await.unwrap();
    timeout(SOON, stop.cancelled()).await.unwrap();
    assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    let flag = format!("generate_task_stopped:{}", new.id);
    assert_eq!(get(&here.link, &flag).await, Some("1".to_owned()));
    assert!((590..=600).contains(&ttl(&here.link, &flag).await));
    run.finish(Outcome::Stopped).await;
}

#[tokio::test]
async fn an_app_stops_its_runs_whoever_owns_them() {
    let url = redis_url().await;
    let here = Process::busy(&url, RunsConfig::default()).await;
    let there = Process::quiet(&url, RunsConfig::default()).await;
    let new = new_run();
    let run = here.runs.start(new.clone()).await.unwrap();
    there.runs.request_stop_in_app(new.tenant, new.app, new.id).await.unwrap();
    timeout(SOON, run.stop_token().cancelled()).await.unwrap();
    run.finish(Outcome::Stopped).await;
}

#[tokio::test]
async fn a_flag_alone_stops_a_run_too() {
    let here = Process::busy(&redis_url().await, RunsConfig::default()).await;
    let run = here.runs.start(new_run()).await.unwrap();
    let flag = format!("generate_task_stopped:{}", run.id());
    redis::cmd("SET").arg(flag).arg(1).arg("EX").arg(600).exec_async(&mut here.link.conn()).await.unwrap();
    timeout(SOON, run.stop_token().cancelled()).await.unwrap();
    run.finish(Outcome::Stopped).await;
}

#[tokio::test]
async fn followers_see_every_frame_in_order_until_the_end() {
    let url = redis_url().await;
    let here =
        Process::busy(&url, RunsConfig { flush_every: Duration::from_millis(20), ..RunsConfig::default() }).await;
    let there = Process::quiet(&url, RunsConfig::default()).await;
    let new = new_run();
    let run = here.runs.start(new.clone()).await.unwrap();
    let follower = tokio::spawn(there.runs.events(new.tenant, new.id, None, Until::Rest).collect::<Vec<_>>());
    for n in 0..500 {
        run.publish(Bytes::from(format!("data: {n}\n\n")));
        if n % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
    run.finish(Outcome::Finished).await;
    let seen: Vec<_> = timeout(SOON, follower).await.unwrap().unwrap().into_iter().collect::<Result<_, _>>().unwrap();
    let texts: Vec<String> = seen.iter().map(|(_, frame)| String::from_utf8(frame.to_vec()).unwrap()).collect();
    assert_eq!(texts, (0..500).map(|n| format!("data: {n}\n\n")).collect::<Vec<_>>());

    // Later, in the middle of an entry, with the cursor as a client sends it.
    for at in [0, 77, 250, 499] {
        let cursor = seen.get(at).unwrap().0.to_string().parse().unwrap();
        let rest: Vec<_> = there.runs.events(new.tenant, new.id, Some(cursor), Until::Rest).collect().await;
        assert_eq!(rest.len(), 499 - at);
    }
    assert_eq!(there.runs.events(Uuid::new_v4(), new.id, None, Until::Rest).count().await, 0);
}

#[tokio::test]
async fn publishing_never_waits_and_is_bounded() {
    let config = RunsConfig { max_pending: 1000, ..RunsConfig::default() };
    let process = Process::quiet(&redis_url().await, config).await;
    let new = new_run();
    let run = process.runs.start(new.clone()).await.unwrap();
    for _ in 0..100 {
        run.publish(Bytes::from_static(&[b'x'; 100]));
    }
    run.finish(Outcome::Finished).await;
    assert_eq!(process.runs.events(new.tenant, new.id, None, Until::Rest).count().await, 10);
}

#[tokio::test]
async fn heartbeats_keep_runs_and_silence_loses_them_to_one_sweeper() {
    let url = redis_url().await;
    let config = RunsConfig {
        heartbeat: Duration::from_millis(50),
        lease: Duration::from_millis(300),
        grace: Duration::from_millis(150),
        ..RunsConfig::default()
    };
    let alive = Process::busy(&url, config.clone()).await;
    // A process without heartbeat: as good as dead.
    let dead = Process::quiet(&url, config.clone()).await;
    let kept = alive.runs.start(new_run()).await.unwrap();
    let lost = dead.runs.start(new_run()).await.unwrap();

    let deadline = Instant::now() + SOON;
    let mut taken = Vec::new();
    while taken.is_empty() && Instant::now() < deadline {
        let (one, two) = tokio::join!(alive.runs.take_expired(10), dead.runs.take_expired(10));
        taken.extend(one.unwrap().into_iter().chain(two.unwrap()));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(taken.iter().map(|run| run.id).collect::<Vec<_>>(), [lost.id()]);
    let expired = taken.first().unwrap();
    assert_eq!(expired.subject, json!({"message_id": "m"}));

    // A claim is for one, and settled for ever.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(alive.runs.take_expired(10).await.unwrap(), []);
    alive.runs.settle_expired(expired).await.unwrap();
    let view = alive.runs.find(expired.tenant, expired.id).await.unwrap().unwrap();
    assert_eq!(view.state, RunState::Ended(Outcome::Failed));
    assert_eq!(alive.runs.events(expired.tenant, expired.id, None, Until::Rest).count().await, 0);
    kept.finish(Outcome::Finished).await;
    drop(lost);
}

#[tokio::test]
async fn a_claim_that_is_not_settled_goes_to_the_next_sweeper() {
    let config = RunsConfig {
        lease: Duration::from_millis(50),
        grace: Duration::from_millis(50),
        claim: Duration::from_millis(100),
        ..RunsConfig::default()
    };
    let process = Process::quiet(&redis_url().await, config).await;
    let run = process.runs.start(new_run()).await.unwrap();
    let mut claims = 0;
    let deadline = Instant::now() + SOON;
    while claims < 2 && Instant::now() < deadline {
        claims += process.runs.take_expired(10).await.unwrap().len();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(claims, 2);
    run.finish(Outcome::Finished).await;
    assert_eq!(process.runs.take_expired(10).await.unwrap(), [], "an ended run is never expired");
}

#[tokio::test]
async fn what_is_to_be_kept_is_kept_whoever_goes_on_with_it() {
    const DAY: Duration = Duration::from_hours(24);
    let config =
        RunsConfig { lease: Duration::from_millis(50), grace: Duration::from_millis(50), ..RunsConfig::default() };
    let url = redis_url().await;
    let dead = Process::quiet(&url, config.clone()).await;
    let alive = Process::quiet(&url, config).await;
    for taken_up in [true, false] {
        let new = new_run();
        let run = dead.runs.start(new.clone()).await.unwrap();
        dead.runs.keep(new.tenant, new.id, DAY).await.unwrap();
        drop(run);
        let deadline = Instant::now() + SOON;
        let mut taken = Vec::new();
        while taken.is_empty() && Instant::now() < deadline {
            taken = alive.runs.take_expired(10).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(taken.iter().map(|run| run.id).collect::<Vec<_>>(), [new.id]);
        if taken_up {
            let again = alive.runs.start(new.clone()).await.unwrap();
            again.publish(Bytes::from_static(b"data: 1\n\n"));
            again.finish(Outcome::Finished).await;
        } else {
            alive.runs.settle_expired(taken.first().unwrap()).await.unwrap();
        }
        let key = format!("ferrify:{{{}}}:run:{}", new.tenant, new.id);
        for key in [format!("{key}:events"), key] {
            let left = ttl(&alive.link, &key).await;
            assert!((86_390..=86_400).contains(&left), "{key}: {left} (taken up: {taken_up})");
        }
    }
    let (nobody, nothing) = (Uuid::new_v4(), RunId::random());
    alive.runs.keep(nobody, nothing, DAY).await.unwrap();
    assert_eq!(alive.runs.find(nobody, nothing).await.unwrap(), None);
}

#[tokio::test]
async fn many_runs_share_the_round_trips_of_their_events() {
    let process = Process::busy(&redis_url().await, RunsConfig::default()).await;
    let mut all = Vec::new();
    for _ in 0..50 {
        all.push(process.runs.start(new_run()).await.unwrap());
    }
    let before = process.link.traffic().round_trips;
    for run in &all {
        run.publish(Bytes::from_static(b"data: x\n\n"));
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    let spent = process.link.traffic().round_trips - before;
    assert!(spent <= 4, "one flush, perhaps a poll and a heartbeat: {spent}");
    for run in all {
        run.finish(Outcome::Finished).await;
    }
}

#[tokio::test]
async fn a_place_is_let_go_of_before_redis_answers() {
    // It takes connections and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let link = redis_link::RedisLink::open(redis_link::RedisSettings::new(url)).unwrap();
    let runs = runs::Runs::new(link, RunsConfig::default());
    let (place, kept) = tokio::sync::oneshot::channel::<()>();
    let mut starting = Box::pin(runs.start_from(new_run(), place));
    tokio::select! {
        biased;
        _ = &mut starting => panic!("Redis has not answered"),
        gone = kept => assert!(gone.is_err()),
    }
    assert_eq!(runs.live_count(), 1, "the run has the place now");
    drop(starting);
    assert_eq!(runs.live_count(), 0, "who gives up starting leaves nothing");
}
