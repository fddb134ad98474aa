//! `/health`, `/ready` and `/metrics`.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use telemetry::Metrics;

use crate::parts::Parts;

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
    let mut checks = BTreeMap::new();
    let said = |result: Result<(), String>| result.map_or_else(|reason| reason, |()| "ok".to_owned());
    let (postgres, redis) = futures::join!(parts.pool.ping(), parts.redis.ping());
    checks.insert("postgres", said(postgres.map_err(|e| e.to_string())));
    checks.insert("redis", said(redis.map(drop).map_err(|e| e.to_string())));
    checks.insert("migrations", said(migrations(&parts).await));
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
