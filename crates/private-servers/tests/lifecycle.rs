//! The whole life of the private servers, with real programs: start, reuse, crash, recovery, stop.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use private_servers::{Endpoints, Options, ServerStatus, ensure, status, stop, testing};

fn options(data_dir: PathBuf, need_postgres: bool) -> Options {
    Options {
        data_dir,
        postgres_port: 25_432,
        redis_port: 26_379,
        redis_databases: 32,
        need_postgres,
        need_redis: true,
        ephemeral: true,
    }
}

/// Stops the servers however the test ends. Unpacked programs stay for the next run.
struct Servers(PathBuf);

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = stop(&self.0, &mut |_| {});
        for folder in ["pg", "redis", "run"] {
            let _ = std::fs::remove_dir_all(self.0.join(folder));
        }
    }
}

fn fresh(name: &str) -> Servers {
    let servers = Servers(std::env::temp_dir().join(format!("ferrify-{name}")));
    drop(servers);
    Servers(std::env::temp_dir().join(format!("ferrify-{name}")))
}

fn run(options: &Options) -> (Endpoints, Vec<String>) {
    let mut lines = Vec::new();
    let endpoints = ensure(options, &mut |line| lines.push(line.to_owned())).unwrap();
    (endpoints, lines)
}

fn psql(url: &str, data_dir: &Path, sql: &str) -> String {
    let state = std::fs::read_to_string(data_dir.join("run/servers.json")).unwrap();
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    let psql = Path::new(state["postgres_bin"].as_str().unwrap()).join("psql");
    let output = Command::new(psql).args(["-XtA", "-d", url, "-c", sql]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn pid(server: &ServerStatus) -> u32 {
    let ServerStatus::Running { pid, .. } = server else { panic!("not running: {server:?}") };
    *pid
}

fn kill_hard(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

#[test]
fn servers_start_are_reused_recover_and_stop() {
    let home = fresh("lifecycle test");
    // Durable: what was committed must be there after a crash.
    let options = Options { ephemeral: false, ..options(home.0.clone(), true) };
    assert_eq!(status(&home.0).postgres, ServerStatus::Absent);

    let (first, lines) = run(&options);
    assert!(lines.iter().any(|line| line.contains("starting PostgreSQL")), "{lines:?}");
    let url = first.database_url.clone().unwrap();
    assert_eq!(psql(&url, &home.0, "SELECT '[1,2,3]'::vector <-> '[1,2,4]'::vector"), "1");
    assert_eq!(psql(&url, &home.0, "SHOW server_encoding"), "UTF8");
    assert_eq!(psql(&url, &home.0, "SELECT current_user || ' ' || current_database()"), "ferrify ferrify");
    psql(&url, &home.0, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");

    let running = status(&home.0);
    let (second, lines) = run(&options);
    assert_eq!(second, first);
    assert!(lines.is_empty(), "a second call has nothing to do: {lines:?}");
    assert_eq!(status(&home.0), running);

    kill_hard(pid(&running.postgres));
    kill_hard(pid(&running.redis));
    let (third, _) = run(&options);
    assert_eq!(third, first, "the ports are remembered");
    assert_ne!(pid(&status(&home.0).postgres), pid(&running.postgres));
    assert_eq!(psql(&url, &home.0, "SELECT n FROM kept"), "7");

    let stopped = stop(&home.0, &mut |_| {}).unwrap();
    assert!(stopped.postgres && stopped.redis);
    assert_eq!(status(&home.0).postgres, ServerStatus::Stopped);
    assert!(!stop(&home.0, &mut |_| {}).unwrap().postgres, "stopping twice is no failure");
}

#[test]
fn a_stale_pid_file_of_a_foreign_process_does_not_hinder() {
    let home = fresh("stale-pid-test");
    let options = options(home.0.clone(), true);
    let (_, _) = run(&options);
    kill_hard(pid(&status(&home.0).postgres));
    let file = home.0.join("pg/postmaster.pid");
    let text = std::fs::read_to_string(&file).unwrap();
    let rest = text.split_once('\n').unwrap().1;
    // This very process: alive, but no PostgreSQL.
    std::fs::write(&file, format!("{}\n{rest}", std::process::id())).unwrap();
    assert_eq!(status(&home.0).postgres, ServerStatus::Stopped);
    run(&options);
    pid(&status(&home.0).postgres);
}

#[test]
fn racing_callers_get_the_same_servers() {
    let home = fresh("race-test");
    let options = options(home.0.clone(), false);
    let endpoints: Vec<Endpoints> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..4).map(|_| scope.spawn(|| run(&options).0)).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert!(endpoints.windows(2).all(|pair| pair[0] == pair[1]), "{endpoints:?}");
    assert_eq!(endpoints[0].database_url, None);
}

#[test]
fn more_redis_databases_restart_the_server() {
    let home = fresh("databases-test");
    let mut options = options(home.0.clone(), false);
    let (first, _) = run(&options);
    let before = pid(&status(&home.0).redis);
    options.redis_databases = 64;
    assert_eq!(run(&options).0, first);
    assert_ne!(pid(&status(&home.0).redis), before);
}

#[test]
fn every_test_gets_its_own_redis_database() {
    let (one, two) = (testing::redis_database().unwrap(), testing::redis_database().unwrap());
    assert_ne!(one, two);
    let port = one.rsplit_once(':').unwrap().1.split_once('/').unwrap().0;
    TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
}
