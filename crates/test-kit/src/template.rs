//! The migrated database of which all others are clones.

use std::fs;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use models::db::AsyncPgConnection;
use sha2::{Digest, Sha256};

use crate::admin::{connect, execute, url_of};

/// One process makes the template, the others wait. The number is arbitrary and ours.
const LOCK: i64 = 0x0054_4553_544b_4954;
/// Clones of this age belong to runs that were killed.
const LEFT_OVER_HOURS: u64 = 6;
/// A template of this age belongs to a checkout that has moved on; another one of this machine may use a younger one.
const OLD_TEMPLATE: &str = "24 hours";

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The name of the template for the migrations of this checkout, made when it is missing.
pub(crate) async fn ensure(server: &str) -> String {
    let template = format!("ferrify_template_{}", fingerprint());
    let mut conn = connect(server).await;
    if exists(&mut conn, &template).await {
        return template;
    }
    diesel::sql_query("SELECT pg_advisory_lock($1)")
        .bind::<BigInt, _>(LOCK)
        .execute(&mut conn)
        .await
        .expect("the lock on the template is given");
    // The lock ends with the connection.
    if !exists(&mut conn, &template).await {
        sweep(&mut conn).await;
        let draft = format!("{template}_draft");
        execute(&mut conn, &format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)")).await;
        execute(&mut conn, &format!("CREATE DATABASE {draft} TEMPLATE template0")).await;
        let mut inside = connect(secrecy::ExposeSecret::expose_secret(&url_of(server, &draft))).await;
        execute(&mut inside, "CREATE EXTENSION IF NOT EXISTS vector").await;
        drop(inside);
        models::migrate::run(&url_of(server, &draft)).await.expect("the migrations run");
        // Sessions of the migration may still be going away; nobody may come in from now on.
        execute(&mut conn, &format!("ALTER DATABASE {draft} ALLOW_CONNECTIONS false")).await;
        execute(
            &mut conn,
            &format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{draft}'"),
        )
        .await;
        execute(&mut conn, &format!("ALTER DATABASE {draft} RENAME TO {template}")).await;
    }
    template
}

async fn exists(conn: &mut AsyncPgConnection, name: &str) -> bool {
    let found: Vec<Name> = diesel::sql_query("SELECT datname::text AS name FROM pg_database WHERE datname = $1")
        .bind::<Text, _>(name)
        .load(conn)
        .await
        .expect("the list of databases can be read");
    !found.is_empty()
}

/// Removes clones that nobody removed, and templates of older migrations.
async fn sweep(conn: &mut AsyncPgConnection) {
    let found: Vec<Name> = diesel::sql_query(format!(
        "SELECT datname::text AS name FROM pg_database d WHERE (datname LIKE 'ferrify\\_test\\_%' \
            OR (datname LIKE 'ferrify\\_template\\_%' AND \
                (pg_stat_file('base/' || d.oid || '/PG_VERSION', true)).modification < now() - interval '{OLD_TEMPLATE}')) \
         AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datname = d.datname)"
    ))
    .load(conn)
    .await
    .expect("the list of databases can be read");
    let oldest = now_seconds().saturating_sub(LEFT_OVER_HOURS * 3600);
    for Name { name } in found {
        let made: Option<u64> =
            name.strip_prefix("ferrify_test_").and_then(|rest| rest.split('_').next()?.parse().ok());
        if name.starts_with("ferrify_template_") || made.is_some_and(|made| made < oldest) {
            // Another branch of the same machine may begin to use its template just now.
            let _ = diesel::sql_query(format!("DROP DATABASE IF EXISTS {name}")).execute(conn).await;
        }
    }
}

pub(crate) fn now_seconds() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map(|age| age.as_secs()).unwrap_or_default()
}

/// Of names and contents of all migrations.
fn fingerprint() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the folder of migrations exists")
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("up.sql"))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.parent().and_then(Path::file_name).map(|n| n.as_encoded_bytes()).unwrap_or_default());
        hash.update(fs::read(&file).expect("a migration can be read"));
    }
    hex::encode(hash.finalize()).chars().take(12).collect()
}
