//! Sessions against a real Redis.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::time::Duration;

use private_servers::testing;
use redis_link::{RedisLink, RedisSettings};
use serde::{Deserialize, Serialize};
use sessions::{CodePurpose, Sessions, SessionsConfig, SessionsError, TokenKind};
use uuid::Uuid;

async fn sessions() -> (RedisLink, Sessions) {
    let url = tokio::task::spawn_blocking(testing::redis_database).await.unwrap().unwrap();
    let link = RedisLink::connect(RedisSettings::new(url)).await.unwrap();
    (link.clone(), Sessions::new(link, SessionsConfig::default()))
}

async fn get(link: &RedisLink, key: &str) -> Option<String> {
    redis::cmd("GET").arg(key).query_async(&mut link.conn()).await.unwrap()
}

async fn ttl(link: &RedisLink, key: &str) -> i64 {
    redis::cmd("TTL").arg(key).query_async(&mut link.conn()).await.unwrap()
}

#[tokio::test]
async fn tokens_lie_under_difys_keys() {
    let (link, sessions) = sessions().await;
    let account = Uuid::new_v4();
    let token = sessions.issue(account).await.unwrap();
    assert_eq!(token.expose().len(), 128);
    assert!(!format!("{token:?}").contains(token.expose()));
    let (by_token, by_account) =
        (format!("refresh_token:{}", token.expose()), format!("account_refresh_token:{account}"));
    assert_eq!(get(&link, &by_token).await, Some(account.to_string()));
    assert_eq!(get(&link, &by_account).await.as_deref(), Some(token.expose()));
    for key in [by_token, by_account] {
        assert!((2_591_990..=2_592_000).contains(&ttl(&link, &key).await));
    }
}

#[tokio::test]
async fn a_token_works_once_and_a_chain_of_them_goes_on() {
    let (_, sessions) = sessions().await;
    let account = Uuid::new_v4();
    let mut token = sessions.issue(account).await.unwrap();
    for _ in 0..3 {
        let rotated = sessions.rotate(token.expose()).await.unwrap().unwrap();
        assert_eq!(rotated.account, account);
        assert_eq!(sessions.rotate(token.expose()).await.unwrap(), None);
        token = rotated.token;
    }
}

#[tokio::test]
async fn one_account_has_one_live_token() {
    let (link, sessions) = sessions().await;
    let account = Uuid::new_v4();
    let first = sessions.issue(account).await.unwrap();
    let second = sessions.issue(account).await.unwrap();
    assert_eq!(sessions.rotate(first.expose()).await.unwrap(), None);
    // One that the other way round still exists, as older Dify versions leave it.
    redis::cmd("SET")
        .arg("refresh_token:left-over")
        .arg(account.to_string())
        .exec_async(&mut link.conn())
        .await
        .unwrap();
    assert_eq!(sessions.rotate("left-over").await.unwrap(), None);
    assert!(sessions.rotate(second.expose()).await.unwrap().is_some());
}

#[tokio::test]
async fn of_racing_refreshes_one_wins() {
    let (_, sessions) = sessions().await;
    let token = sessions.issue(Uuid::new_v4()).await.unwrap();
    let racers: Vec<_> = (0..20)
        .map(|_| {
            let (sessions, token) = (sessions.clone(), token.clone());
            tokio::spawn(async move { sessions.rotate(token.expose()).await.unwrap() })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += usize::from(racer.await.unwrap().is_some());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn revoking_ends_the_session() {
    let (link, sessions) = sessions().await;
    let account = Uuid::new_v4();
    let token = sessions.issue(account).await.unwrap();
    sessions.revoke(account).await.unwrap();
    sessions.revoke(account).await.unwrap();
    assert_eq!(sessions.rotate(token.expose()).await.unwrap(), None);
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut link.conn()).await.unwrap();
    assert!(keys.is_empty(), "{keys:?}");
}

#[tokio::test]
async fn nonsense_is_no_token() {
    let (link, sessions) = sessions().await;
    let before = link.traffic();
    assert_eq!(sessions.rotate("").await.unwrap(), None);
    assert_eq!(sessions.rotate(&"x".repeat(100_000)).await.unwrap(), None);
    assert_eq!(link.traffic(), before);
    assert_eq!(sessions.rotate("unknown").await.unwrap(), None);
}

#[tokio::test]
async fn more_than_five_failures_lock_an_address_in_every_spelling() {
    let (link, sessions) = sessions().await;
    for n in 1..=5 {
        assert_eq!(sessions.record_failure("a@example.com").await.unwrap(), n);
        assert!(!sessions.is_locked("a@example.com").await.unwrap());
    }
    sessions.record_failure("A@Example.com").await.unwrap();
    assert!(sessions.is_locked("a@EXAMPLE.com").await.unwrap());
    assert!(!sessions.is_locked("b@example.com").await.unwrap());
    assert!((86_390..=86_400).contains(&ttl(&link, "login_error_rate_limit:a@example.com").await));
    sessions.clear_failures("a@example.com").await.unwrap();
    assert!(!sessions.is_locked("a@example.com").await.unwrap());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reset {
    email: String,
    code: String,
}

#[tokio::test]
async fn one_time_tokens_are_looked_at_and_taken_once() {
    let (link, sessions) = sessions().await;
    let (kind, other) = (TokenKind("reset_password"), TokenKind("register"));
    let payload = || Reset { email: "a@example.com".to_owned(), code: "123456".to_owned() };
    let token = sessions.issue_one_time(kind, &payload(), Duration::from_secs(300)).await.unwrap();
    let key = format!("reset_password:token:{}", token.expose());
    assert!((290..=300).contains(&ttl(&link, &key).await));
    assert_eq!(sessions.take_one_time::<Reset>(other, token.expose()).await.unwrap(), None);
    assert_eq!(sessions.peek_one_time(kind, token.expose()).await.unwrap(), Some(payload()));
    assert_eq!(sessions.take_one_time(kind, token.expose()).await.unwrap(), Some(payload()));
    assert_eq!(sessions.take_one_time::<Reset>(kind, token.expose()).await.unwrap(), None);
}

#[tokio::test]
async fn without_redis_nobody_gets_in() {
    let link = RedisLink::open(RedisSettings::new("redis://127.0.0.1:1/0")).unwrap();
    let sessions = Sessions::new(link, SessionsConfig::default());
    assert!(matches!(sessions.is_locked("a@example.com").await, Err(SessionsError::Redis(_))));
    assert!(sessions.issue(Uuid::new_v4()).await.is_err());
    assert!(sessions.rotate("some-token").await.is_err());
}

#[tokio::test]
async fn wrong_codes_are_counted_per_purpose_and_address() {
    let (link, sessions) = sessions().await;
    let (reset, change) = (CodePurpose("forgot_password"), CodePurpose("change_email"));
    for expected in 1..=3 {
        assert_eq!(sessions.try_code(reset, "Ada@example.com").await.unwrap(), expected);
    }
    assert_eq!(sessions.code_tries(reset, "ada@EXAMPLE.com").await.unwrap(), 3);
    assert_eq!(sessions.code_tries(change, "ada@example.com").await.unwrap(), 0);
    assert!((86_390..=86_400).contains(&ttl(&link, "forgot_password_error_rate_limit:ada@example.com").await));
    sessions.clear_code_tries(reset, "ada@example.com").await.unwrap();
    assert_eq!(sessions.code_tries(reset, "ada@example.com").await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_asks_for_too_many_mails_is_frozen() {
    let (link, sessions) = sessions().await;
    let (address, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    for _ in 0..3 {
        assert!(sessions.may_send_mail(address, 3).await.unwrap());
    }
    assert!(!sessions.may_send_mail(address, 3).await.unwrap());
    assert!(get(&link, "email_send_ip_limit_freeze:192.0.2.1").await.is_none());
    assert!(sessions.may_send_mail(other, 3).await.unwrap());
    // A minute later it is allowed again; going over once more within the hour is not forgiven.
    let minute = "email_send_ip_limit_minute:192.0.2.1";
    assert!((1..=60).contains(&ttl(&link, minute).await));
    let forget = async || redis::cmd("DEL").arg(minute).exec_async(&mut link.conn()).await.unwrap();
    forget().await;
    for _ in 0..3 {
        assert!(sessions.may_send_mail(address, 3).await.unwrap());
    }
    assert!(!sessions.may_send_mail(address, 3).await.unwrap());
    forget().await;
    assert!(!sessions.may_send_mail(address, 3).await.unwrap());
    assert!((3_590..=3_600).contains(&ttl(&link, "email_send_ip_limit_freeze:192.0.2.1").await));
    assert!(sessions.may_send_mail(address, 0).await.unwrap());
}
