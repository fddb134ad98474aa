//! What Postgres says of the server under test.

use std::time::Duration;

use anyhow::Context;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Double, Nullable};
use diesel_async::RunQueryDsl;
use tokio::sync::watch;

/// The worst that was seen while sampling.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Worst {
    pub(crate) connections: i64,
    /// Seconds for which a connection was idle inside a transaction.
    pub(crate) idle_in_transaction: f64,
}

#[derive(QueryableByName)]
struct Sample {
    #[diesel(sql_type = BigInt)]
    connections: i64,
    #[diesel(sql_type = Nullable<Double>)]
    idle: Option<f64>,
}

const QUERY: &str = "SELECT count(*) AS connections, \
    (max(extract(epoch FROM now() - state_change)) FILTER (WHERE state LIKE 'idle in transaction%'))::double precision AS idle \
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// Samples until told to stop.
pub(crate) async fn watch(url: String, mut stop: watch::Receiver<bool>) -> anyhow::Result<Worst> {
    let mut conn = models::db::connect(url).await.context("cannot watch Postgres")?;
    let mut worst = Worst::default();
    let mut every = tokio::time::interval(Duration::from_millis(200));
    loop {
        tokio::select! {
            _ = stop.changed() => return Ok(worst),
            _ = every.tick() => {}
        }
        let sample: Sample = diesel::sql_query(QUERY).get_result(&mut conn).await?;
        worst.connections = worst.connections.max(sample.connections);
        worst.idle_in_transaction = worst.idle_in_transaction.max(sample.idle.unwrap_or(0.0));
    }
}
