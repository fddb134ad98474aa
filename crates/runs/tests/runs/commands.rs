//! Commands for runs of workflows, and runs that pause.

use std::time::Duration;

use runs::{Outcome, RunState, RunsConfig, StopBy};
use tokio::time::timeout;

use crate::SOON;
use crate::support::{Process, get, new_run, redis_url, ttl};

fn list(id: runs::RunId) -> String {
    format!("workflow:{id}:commands")
}

fn flag(id: runs::RunId) -> String {
    format!("workflow:{id}:commands:pending")
}

#[tokio::test]
async fn commands_reach_the_run_of_another_process_in_their_order() {
    let url = redis_url().await;
    let here = Process::busy(&url, RunsConfig::default()).await;
    let there = Process::quiet(&url, RunsConfig::default()).await;
    let run = here.runs.start(new_run()).await.unwrap();
    for command in ["{\"a\":1}", "no json"] {
        there.runs.send_command(run.id(), command).await.unwrap();
    }
    assert!((3500..=3600).contains(&ttl(&there.link, &list(run.id())).await));
    assert!((3500..=3600).contains(&ttl(&there.link, &flag(run.id())).await));
    let other = runs::RunId::random();
    assert_eq!(there.runs.with_commands(&[other, run.id()]).await.unwrap(), [run.id()]);
    let mut commands = run.commands();
    for expected in ["{\"a\":1}", "no json"] {
        assert_eq!(timeout(SOON, commands.recv()).await.unwrap().unwrap(), expected);
    }
    assert_eq!(get(&here.link, &flag(run.id())).await, None);
    assert_eq!(there.runs.take_commands(run.id()).await.unwrap(), Vec::<String>::new());
    run.finish(Outcome::Finished).await;
}

#[tokio::test]
async fn a_stop_of_a_workflow_is_a_command_too_and_goes_with_its_run() {
    let url = redis_url().await;
    let here = Process::quiet(&url, RunsConfig::default()).await;
    let new = new_run();
    let run = here.runs.start(new.clone()).await.unwrap();
    let _commands = run.commands();
    here.runs.request_stop(new.id, &new.owner, StopBy::Command).await.unwrap();
    let waiting = here.runs.take_commands(new.id).await.unwrap();
    assert_eq!(waiting, [r#"{"command_type":"abort","reason":"User requested stop","payload":null}"#]);
    here.runs.request_stop_in_app(new.tenant, new.app, new.id).await.unwrap();
    assert_eq!(get(&here.link, &flag(new.id)).await, Some("1".to_owned()));
    run.finish(Outcome::Stopped).await;
    assert_eq!(get(&here.link, &flag(new.id)).await, None);
    assert_eq!(ttl(&here.link, &list(new.id)).await, -2, "nothing is left for a run that has ended");
}

#[tokio::test]
async fn a_paused_run_has_no_lease_keeps_its_commands_and_is_started_again() {
    let url = redis_url().await;
    let here = Process::quiet(&url, RunsConfig::default()).await;
    let there = Process::quiet(&url, RunsConfig::default()).await;
    let new = new_run();
    let run = here.runs.start(new.clone()).await.unwrap();
    let _commands = run.commands();
    here.runs.send_command(new.id, "{}").await.unwrap();
    assert!(!here.runs.may_wait().await.unwrap());
    // Somebody goes on with it before it is let go.
    let again = {
        let (runs, new) = (there.runs.clone(), new.clone());
        tokio::spawn(async move { runs.start_again(new).await.unwrap() })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(there.runs.live_count(), 0, "it waits for the other process");
    run.finish(Outcome::Paused).await;
    assert!(here.runs.may_wait().await.unwrap());
    let run = timeout(SOON, again).await.unwrap().unwrap();
    let view = here.runs.find(new.tenant, new.id).await.unwrap().unwrap();
    assert_eq!(view.state, RunState::Live);
    assert_eq!(there.runs.take_commands(new.id).await.unwrap(), ["{}"]);
    run.finish(Outcome::Paused).await;
    let view = here.runs.find(new.tenant, new.id).await.unwrap().unwrap();
    assert_eq!(view.state, RunState::Ended(Outcome::Paused));
    let leases: Option<f64> = redis::cmd("ZSCORE")
        .arg("ferrify:{runs}:leases")
        .arg(format!("{}/{}", new.tenant, new.id))
        .query_async(&mut here.link.conn())
        .await
        .unwrap();
    assert_eq!(leases, None);
}
