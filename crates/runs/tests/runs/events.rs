//! Positions of frames: across processes, across writes that were tried again, and within bounds.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use runs::{Cursor, Outcome, RunId, RunsConfig, Until};
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{Process, new_run, redis_url};

const SOON: Duration = Duration::from_secs(5);

async fn told(process: &Process, (tenant, id): (Uuid, RunId), until: Until) -> Vec<(Cursor, Bytes)> {
    let all = process.runs.events(tenant, id, None, until).collect::<Vec<_>>();
    timeout(SOON, all).await.unwrap().into_iter().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn a_run_that_is_gone_on_with_elsewhere_goes_on_in_its_positions() {
    let url = redis_url().await;
    let (here, there) =
        (Process::quiet(&url, RunsConfig::default()).await, Process::quiet(&url, RunsConfig::default()).await);
    let new = runs::NewRun { alias: Some(Uuid::new_v4()), ..new_run() };
    let run = here.runs.start(new.clone()).await.unwrap();
    let mut published: Vec<Cursor> = (0..3).map(|n| run.publish(Bytes::from(format!("a{n}")))).collect();
    run.finish(Outcome::Paused).await;
    assert_eq!(told(&there, (new.tenant, new.id), Until::Rest).await.len(), 3, "it rests");
    assert_eq!(there.runs.find_alias(new.tenant, new.alias.unwrap()).await.unwrap(), Some(new.id));
    assert_eq!(there.runs.find_alias(Uuid::new_v4(), new.alias.unwrap()).await.unwrap(), None);
    assert_eq!(there.runs.tail(new.tenant, new.id).await.unwrap().to_string().split_once('-').unwrap().1, "4");

    let follower = {
        let (runs, new) = (here.runs.clone(), new.clone());
        tokio::spawn(async move { runs.events(new.tenant, new.id, None, Until::End).collect::<Vec<_>>().await })
    };
    let again = there.runs.start_again(new.clone()).await.unwrap();
    published.extend((0..2).map(|n| again.publish(Bytes::from(format!("b{n}")))));
    again.finish(Outcome::Finished).await;
    let followed: Vec<_> = timeout(SOON, follower).await.unwrap().unwrap().into_iter().map(Result::unwrap).collect();
    assert!(published.is_sorted());
    assert_eq!(followed.iter().map(|(cursor, _)| *cursor).collect::<Vec<_>>(), published);
    assert_eq!(told(&here, (new.tenant, new.id), Until::Rest).await, followed);
    assert_eq!(here.runs.kept(new.tenant, new.id).await.unwrap(), followed);
}

#[tokio::test]
async fn a_write_that_was_done_twice_is_read_once() {
    let process = Process::quiet(&redis_url().await, RunsConfig::default()).await;
    let new = new_run();
    let run = process.runs.start(new.clone()).await.unwrap();
    for n in 0..4 {
        run.publish(Bytes::from(format!(r#"{{"event":"message","answer":"{n}"}}"#)));
    }
    run.finish(Outcome::Finished).await;
    let once = told(&process, (new.tenant, new.id), Until::Rest).await;
    assert_eq!(once.len(), 4);
    // The same frames once more, under an id of their own, before the end is noted.
    let key = format!("ferrify:{{{}}}:run:{}:events", new.tenant, new.id);
    let entries: Vec<(String, Vec<Vec<u8>>)> =
        redis::cmd("XRANGE").arg(&key).arg("-").arg("+").query_async(&mut process.link.conn()).await.unwrap();
    let (id, fields) = entries.into_iter().next().unwrap();
    redis::cmd("DEL").arg(&key).exec_async(&mut process.link.conn()).await.unwrap();
    let (epoch, last) = id.split_once('-').unwrap();
    let later = last.parse::<u64>().unwrap() + 1;
    let frames = fields.get(..8).unwrap();
    for (id, fields) in [(format!("{epoch}-{}", later - 2), frames), (format!("{epoch}-{later}"), fields.as_slice())] {
        redis::cmd("XADD").arg(&key).arg(id).arg(fields).exec_async(&mut process.link.conn()).await.unwrap();
    }
    assert_eq!(told(&process, (new.tenant, new.id), Until::Rest).await, once);
}

#[tokio::test]
async fn the_latest_events_are_kept_within_bounds() {
    let config = RunsConfig { flush_every: Duration::from_millis(10), max_event_bytes: 3_000, ..RunsConfig::default() };
    let process = Process::busy(&redis_url().await, config).await;
    let new = new_run();
    let run = process.runs.start(new.clone()).await.unwrap();
    let mut last = Cursor::START;
    for n in 0..10_u8 {
        last = run.publish(Bytes::from(vec![b'a' + n; 900]));
        // Each into an entry of its own.
        while process.runs.tail(new.tenant, new.id).await.unwrap() < last {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    run.finish(Outcome::Finished).await;
    let kept = told(&process, (new.tenant, new.id), Until::Rest).await;
    assert_eq!(kept.last().unwrap().0, last);
    assert!((1..=4).contains(&kept.len()), "{}", kept.len());
}
