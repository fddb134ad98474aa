//! Statements about whole databases, on the shared server.

use diesel_async::RunQueryDsl;
use models::db::AsyncPgConnection;
use secrecy::SecretString;

/// The shared Postgres server, started when needed.
pub(crate) async fn server_url() -> String {
    let servers = tokio::task::spawn_blocking(|| private_servers::testing::servers(true, false));
    let servers = servers.await.expect("the thread that starts the servers ends").expect("the shared servers start");
    servers.database_url.expect("Postgres was asked for")
}

/// The URL of another database on the same server.
pub(crate) fn url_of(server: &str, database: &str) -> SecretString {
    let (base, _) = server.rsplit_once('/').expect("the URL names a database");
    SecretString::from(format!("{base}/{database}"))
}

pub(crate) async fn connect(url: &str) -> AsyncPgConnection {
    models::db::connect(url.to_owned()).await.expect("the shared Postgres server answers")
}

pub(crate) async fn execute(conn: &mut AsyncPgConnection, sql: &str) {
    diesel::sql_query(sql).execute(conn).await.unwrap_or_else(|e| panic!("`{sql}` failed: {e}"));
}
