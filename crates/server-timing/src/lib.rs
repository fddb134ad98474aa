//! Where the time of a request went: how long it waited for the database, for Redis and for upstreams.
//!
//! Whoever serves a request opens an account with [`measured`]; whoever waits on one of these systems, however many
//! layers below, enters the wait with [`waiting`] or [`add`]. The account follows the task. Work that is handed to
//! another task takes it along with [`carried`]. Without an account nothing is measured, which costs a look at a
//! task-local variable.
//!
//! Waits side by side are entered each with its whole length: sums say where time went, not how it passed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

tokio::task_local! {
    static ACCOUNT: Account;
}

/// A system that requests wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// Postgres: a free connection, and statements.
    Db,
    /// Redis: round trips.
    Redis,
    /// Servers of others: providers of models, and whatever users have called.
    Upstream,
}

/// The waits of one request, in whatever tasks they happen.
#[derive(Debug, Clone, Default)]
pub struct Account(Arc<Sums>);

/// Nanoseconds.
#[derive(Debug, Default)]
struct Sums {
    db: AtomicU64,
    redis: AtomicU64,
    upstream: AtomicU64,
}

impl Account {
    fn sum(&self, waited: Waited) -> &AtomicU64 {
        let Sums { db, redis, upstream } = &*self.0;
        match waited {
            Waited::Db => db,
            Waited::Redis => redis,
            Waited::Upstream => upstream,
        }
    }

    /// What has been entered so far.
    pub fn spent(&self, waited: Waited) -> Duration {
        Duration::from_nanos(self.sum(waited).load(Ordering::Relaxed))
    }

    fn enter(&self, waited: Waited, length: Duration) {
        let nanoseconds = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        self.sum(waited).fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// The value of a `Server-Timing` header (W3C Server Timing): the sums and `total`, in milliseconds.
    pub fn header(&self, total: Duration) -> String {
        let ms = |length: Duration| length.as_secs_f64() * 1000.0;
        format!(
            "db;dur={:.2}, redis;dur={:.2}, upstream;dur={:.2}, total;dur={:.2}",
            ms(self.spent(Waited::Db)),
            ms(self.spent(Waited::Redis)),
            ms(self.spent(Waited::Upstream)),
            ms(total)
        )
    }
}

/// Does the work with its waits entered into the account.
pub async fn measured<F: Future>(account: Account, work: F) -> F::Output {
    ACCOUNT.scope(account, work).await
}

/// Takes the account of the task that calls this along to wherever the work is done.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let account = ACCOUNT.try_with(Account::clone).ok();
    async move {
        match account {
            Some(account) => measured(account, work).await,
            None => work.await,
        }
    }
}

/// Whether waits of this task are entered anywhere.
pub fn is_measured() -> bool {
    ACCOUNT.try_with(|_| ()).is_ok()
}

/// Enters a wait that is over. Nothing happens in a task without an account.
pub fn add(waited: Waited, length: Duration) {
    // Outside of a request nobody wants to know.
    let _ = ACCOUNT.try_with(|account| account.enter(waited, length));
}

/// Enters how long the work takes, also when it is dropped before its end.
pub async fn waiting<F: Future>(waited: Waited, work: F) -> F::Output {
    let _open = is_measured().then(|| Open { waited, since: Instant::now() });
    work.await
}

/// A wait that is not over.
struct Open {
    waited: Waited,
    since: Instant,
}

impl Drop for Open {
    fn drop(&mut self) {
        add(self.waited, self.since.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn waits_are_entered_where_they_belong_in_every_task_of_a_request() {
        let account = Account::default();
        measured(account.clone(), async {
            waiting(Waited::Db, tokio::time::sleep(WAIT)).await;
            add(Waited::Redis, WAIT);
            let elsewhere = carried(waiting(Waited::Upstream, tokio::time::sleep(WAIT)));
            tokio::spawn(elsewhere).await.unwrap();
            // Not carried along.
            tokio::spawn(async { add(Waited::Redis, WAIT) }).await.unwrap();
        })
        .await;
        assert!(account.spent(Waited::Db) >= WAIT && account.spent(Waited::Upstream) >= WAIT);
        assert_eq!(account.spent(Waited::Redis), WAIT);
        // Outside nothing is entered, and nothing fails.
        waiting(Waited::Db, carried(async { assert!(!is_measured()) })).await;
        add(Waited::Redis, WAIT);
        assert_eq!(account.spent(Waited::Redis), WAIT);
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_counts_until_then() {
        let account = Account::default();
        let endless = waiting(Waited::Upstream, std::future::pending::<()>());
        let given_up = measured(account.clone(), tokio::time::timeout(WAIT, endless)).await;
        assert!(given_up.is_err());
        assert!(account.spent(Waited::Upstream) >= WAIT);
    }

    #[test]
    fn the_header_is_in_milliseconds() {
        let account = Account::default();
        account.enter(Waited::Db, Duration::from_micros(1_500));
        account.enter(Waited::Db, Duration::from_millis(2));
        account.enter(Waited::Upstream, Duration::from_secs(1));
        let header = account.header(Duration::from_millis(1_100));
        assert_eq!(header, "db;dur=3.50, redis;dur=0.00, upstream;dur=1000.00, total;dur=1100.00");
    }
}
