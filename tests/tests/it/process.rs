//! A server in a process of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use test_kit::{Client, ServiceClient, TestServer};
use tokio::process::{Child, Command};
use uuid::Uuid;

/// All tiers; killed when dropped.
pub(crate) struct Process {
    child: Child,
    base: String,
    folder: PathBuf,
}

impl Process {
    /// On the databases and files of a server, ready to answer.
    pub(crate) async fn start(ground: &TestServer, settings: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("ferrify-test-process-{}", Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_tier-under-test"))
            .env_clear()
            .envs(ground.environment())
            .env("DIFY_PORT", port.to_string())
            .envs(settings.iter().copied())
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let process = Self { child, base: format!("http://127.0.0.1:{port}"), folder };
        process.becomes_ready().await;
        process
    }

    async fn becomes_ready(&self) {
        let begun = Instant::now();
        let probe = reqwest_client();
        while !probe.get(format!("{}/ready", self.base)).send().await.is_ok_and(|answer| answer.status() == 200) {
            assert!(begun.elapsed() < Duration::from_secs(30), "the process does not serve: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.base)
    }

    pub(crate) fn service(&self, key: &str) -> ServiceClient {
        ServiceClient::new(&self.base, key)
    }

    /// Everything that was logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Asks the process to stop, and waits until it has.
    pub(crate) async fn end(mut self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        assert!(ended.expect("the process ends in time").unwrap().success(), "{}", self.log());
    }

    /// Takes the process's life without a warning.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What is left behind is a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// One that takes a refused connection for an answer.
fn reqwest_client() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "tests call the server under test, not what users name")]
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build();
    client.unwrap()
}
