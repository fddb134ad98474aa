//! `/health`, `/ready` and `/metrics`.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use telemetry::Metrics;

use crate::parts::Parts;

/// Who asks whether a process is ready decides by the answer, and does not wait long for it.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    checks: BTreeMap<&'static str, String>,
}

/// The process lives.
pub(crate) async fn health() -> web::Json<impl Serialize> {
    web::Json(Health { status: "ok", version: services::VERSION })
}

/// The process can serve.
pub(crate) async fn ready(parts: web::Data<Parts>) -> HttpResponse {
    let (postgres, redis, migrations) = futures::join!(
        in_time(async { parts.pool.ping().await.map_err(|e| e.to_string()) }),
        in_time(async { parts.redis.ping().await.map_err(|e| e.to_string()) }),
        in_time(migrations(&parts)),
    );
    let mut checks = BTreeMap::from([("postgres", postgres), ("redis", redis), ("migrations", migrations)]);
    let draining = parts.generations.is_closed();
    if draining {
        checks.insert("shutdown", "draining".to_owned());
    }
    if checks.values().all(|check| check == "ok") {
        HttpResponse::Ok().json(Readiness { status: "ok", checks })
    } else {
        HttpResponse::ServiceUnavailable().json(Readiness { status: "unavailable", checks })
    }
}

/// What a check says, or that it says nothing.
async fn in_time(check: impl Future<Output = Result<(), String>>) -> String {
    match tokio::time::timeout(PATIENCE, check).await {
        Ok(Ok(())) => "ok".to_owned(),
        Ok(Err(reason)) => reason,
        Err(_elapsed) => format!("no answer within {} s", PATIENCE.as_secs()),
    }
}

async fn migrations(parts: &Parts) -> Result<(), String> {
    let mut conn = parts.pool.get().await.map_err(|e| e.to_string())?;
    match models::migrate::is_current(&mut conn).await {
        Ok(true) => Ok(()),
        Ok(false) => Err("migrations are pending; run `ferrify migrate`".to_owned()),
        Err(e) => Err(e.to_string()),
    }
}

/// Everything that is measured, for Prometheus.
pub(crate) async fn metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.render())
}
