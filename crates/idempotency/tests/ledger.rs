//! Keys in a real Redis.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::time::{Duration, Instant};

use idempotency::{Begun, Ledger, LedgerConfig, Outcome, Scope};
use private_servers::testing;
use redis_link::{RedisLink, RedisSettings};
use uuid::Uuid;

async fn ledger(lease: Duration) -> Ledger {
    let url = tokio::task::spawn_blocking(testing::redis_database).await.unwrap().unwrap();
    let link = RedisLink::connect(RedisSettings::new(url.as_str())).await.unwrap();
    Ledger::new(link, LedgerConfig { lease, ..LedgerConfig::default() })
}

fn scope(tenant: Uuid, key: &str) -> Scope<'_> {
    Scope { tenant, action: "POST /x", holder: "", key }
}

fn outcome() -> Outcome {
    Outcome { fingerprint: "f".to_owned(), head: b"{}".to_vec(), body: vec![0, 159, 146] }
}

#[tokio::test]
async fn of_many_one_does_it_and_all_get_what_came_of_it() {
    let ledger = ledger(Duration::from_secs(5)).await;
    let tenant = Uuid::new_v4();
    let mut claims = Vec::new();
    for _ in 0..20 {
        match ledger.begin(scope(tenant, "k"), Some("f")).await.unwrap() {
            Begun::Mine(claim) => claims.push(claim),
            Begun::Running(fingerprint) => assert_eq!(fingerprint.as_deref(), Some("f")),
            Begun::Done(_) => panic!("nobody has finished"),
        }
    }
    assert_eq!(claims.len(), 1);
    claims.pop().unwrap().finish(&outcome()).await.unwrap();
    for (tenant, key, known) in [(tenant, "k", true), (tenant, "K", false), (Uuid::new_v4(), "k", false)] {
        let begun = ledger.begin(scope(tenant, key), None).await.unwrap();
        assert_eq!(matches!(begun, Begun::Done(done) if done == outcome()), known, "{key}");
    }
}

#[tokio::test]
async fn what_came_to_nothing_is_free_again() {
    let ledger = ledger(Duration::from_secs(5)).await;
    let tenant = Uuid::new_v4();
    let Begun::Mine(claim) = ledger.begin(scope(tenant, "k"), None).await.unwrap() else { panic!("it is new") };
    claim.release().await.unwrap();
    assert!(matches!(ledger.begin(scope(tenant, "k"), None).await.unwrap(), Begun::Mine(_)));
}

#[tokio::test]
async fn the_dead_lose_their_keys_and_the_living_keep_them() {
    let ledger = ledger(Duration::from_millis(300)).await;
    let tenant = Uuid::new_v4();
    let Begun::Mine(held) = ledger.begin(scope(tenant, "held"), None).await.unwrap() else { panic!("it is new") };
    let Begun::Mine(dead) = ledger.begin(scope(tenant, "dead"), None).await.unwrap() else { panic!("it is new") };
    let asked = Instant::now();
    let held = async {
        let _ = tokio::time::timeout(Duration::from_secs(2), held.hold()).await;
        held
    };
    let taken = async {
        loop {
            if let Begun::Mine(claim) = ledger.begin(scope(tenant, "dead"), None).await.unwrap() {
                // Who comes too late changes nothing.
                dead.finish(&outcome()).await.unwrap();
                assert!(matches!(ledger.begin(scope(tenant, "dead"), None).await.unwrap(), Begun::Running(_)));
                let after = asked.elapsed();
                claim.finish(&Outcome { fingerprint: "mine".to_owned(), ..outcome() }).await.unwrap();
                return after;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (held, after) = tokio::join!(held, taken);
    assert!(after < Duration::from_secs(2), "{after:?}");
    assert!(matches!(ledger.begin(scope(tenant, "held"), None).await.unwrap(), Begun::Running(_)));
    let done = ledger.begin(scope(tenant, "dead"), None).await.unwrap();
    assert!(matches!(done, Begun::Done(done) if done.fingerprint == "mine"));
    held.release().await.unwrap();
}
