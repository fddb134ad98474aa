//! What a request costs, read from the server's own figures.

use test_kit::{Client, TestServer};

/// Statements sent to Postgres.
pub(crate) const STATEMENTS: &str = "ferrify_db_statements_total";
/// Waits for an answer of Redis.
pub(crate) const REDIS_ROUND_TRIPS: &str = "ferrify_redis_round_trips_total";

/// A counter among the server's figures.
pub(crate) struct Cost {
    root: Client,
    name: &'static str,
}

impl Cost {
    /// How often something is measured at the least, and at the most.
    const BATCHES: std::ops::Range<u32> = 8..40;

    pub(crate) fn of(server: &TestServer, name: &'static str) -> Self {
        Self { root: server.client(), name }
    }

    async fn count(&self) -> f64 {
        let metrics = self.root.get("/metrics").await.expect(200);
        let value = metrics.text().lines().find_map(|line| line.strip_prefix(self.name)?.trim().parse().ok());
        value.unwrap_or(0.0)
    }

    /// What one call of `work` costs when nothing else happens. The background has expenses of its own now and then,
    /// which can only add: of several batches of `rounds` calls, the cheapest, once it was seen three times among at least eight.
    pub(crate) async fn least(&self, rounds: u32, work: impl AsyncFn()) -> f64 {
        let (mut least, mut seen) = (f64::INFINITY, 0_u32);
        for batch in 0..Self::BATCHES.end {
            let before = self.count().await;
            for _ in 0..rounds {
                work().await;
            }
            let spent = self.count().await - before;
            match spent.total_cmp(&least) {
                std::cmp::Ordering::Less => (least, seen) = (spent, 1),
                std::cmp::Ordering::Equal => seen += 1,
                std::cmp::Ordering::Greater => {}
            }
            if seen >= 3 && batch >= Self::BATCHES.start {
                break;
            }
        }
        least / f64::from(rounds)
    }
}
