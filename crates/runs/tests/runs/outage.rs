//! Redis goes away in the middle of everything.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use private_servers::{Options, ensure, stop};
use runs::{Outcome, RunState, RunsConfig, StopBy};

use crate::support::{Process, get, new_run};

/// A server of its own, because it is stopped.
struct Server(PathBuf);

impl Server {
    fn start(&self) -> String {
        let options = Options {
            data_dir: self.0.clone(),
            postgres_port: 28_432,
            redis_port: 28_379,
            redis_databases: 2,
            need_postgres: false,
            need_redis: true,
            ephemeral: false,
        };
        ensure(&options, &mut |_| {}).unwrap().redis_url.unwrap()
    }

    fn stop(&self) {
        stop(&self.0, &mut |_| {}).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = stop(&self.0, &mut |_| {});
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_survives_an_outage_and_is_registered_afterwards() {
    let server = Server(std::env::temp_dir().join("ferrify-runs-outage"));
    let url = server.start();
    let config = RunsConfig { heartbeat: Duration::from_millis(50), ..RunsConfig::default() };
    let process = Process::busy(&url, config).await;
    let before = new_run();
    let ending = process.runs.start(before.clone()).await.unwrap();
    server.stop();

    let during = new_run();
    let started = Instant::now();
    let surviving = process.runs.start(during.clone()).await.unwrap();
    surviving.publish(Bytes::from_static(b"data: kept\n\n"));
    ending.finish(Outcome::Finished).await;
    assert!(started.elapsed() < Duration::from_secs(2), "nobody waits long: {:?}", started.elapsed());
    assert!(!surviving.stop_token().is_cancelled(), "a failed heartbeat ends nothing");
    process.runs.request_stop(during.id, &during.owner, StopBy::Flag).await.unwrap();
    assert!(surviving.stop_token().is_cancelled(), "a run of this process can be stopped without Redis");

    server.start();
    let owner_key = format!("generate_task_belong:{}", during.id);
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let ended = process.runs.find(before.tenant, before.id).await;
        let registered = process.runs.find(during.tenant, during.id).await;
        if let (Ok(Some(ended)), Ok(Some(_))) = (ended, registered)
            && ended.state == RunState::Ended(Outcome::Finished)
        {
            break;
        }
        assert!(Instant::now() < deadline, "the heartbeat must make good what was missed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get(&process.link, &owner_key).await, Some(during.owner.to_string()));
    surviving.finish(Outcome::Stopped).await;
    assert_eq!(get(&process.link, &owner_key).await, None);
}
