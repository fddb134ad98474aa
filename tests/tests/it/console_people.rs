//! People of the Console's tests, beside the owner.

use test_kit::{Client, Console, TestServer};
use uuid::Uuid;

use config::Tier;

/// A server that was set up, and its owner.
pub(crate) async fn set_up() -> (TestServer, Console) {
    set_up_with(&[]).await
}

/// The same with settings of its own.
pub(crate) async fn set_up_with(settings: &[(&str, &str)]) -> (TestServer, Console) {
    let mut builder = TestServer::builder(Tier::All);
    for (name, value) in settings {
        builder = builder.set(name, *value);
    }
    let server = builder.start().await;
    let owner = server.console().await;
    (server, owner)
}

/// The workspace of the owner.
pub(crate) async fn home(server: &TestServer) -> String {
    let query =
        "SELECT j.tenant_id FROM tenant_account_joins j JOIN accounts a ON a.id = j.account_id WHERE a.email = $1";
    server.db().one(query, &[Console::OWNER_EMAIL]).await["tenant_id"].as_str().unwrap().to_owned()
}

/// An account with the owner's password and without a workspace; its id.
pub(crate) async fn account(server: &TestServer, email: &str) -> String {
    let id = Uuid::new_v4().to_string();
    let insert = "INSERT INTO accounts (id, name, email, password, password_salt, interface_language, interface_theme, \
                  timezone, status, initialized_at) SELECT $1::uuid, 'Somebody', $2, password, password_salt, 'en-US', \
                  'light', 'UTC', 'active', CURRENT_TIMESTAMP FROM accounts WHERE email = $3";
    assert_eq!(server.db().execute(insert, &[&id, email, Console::OWNER_EMAIL]).await, 1);
    id
}

/// Puts an account into a workspace.
pub(crate) async fn join(server: &TestServer, account: &str, workspace: &str, role: &str) {
    let insert = "INSERT INTO tenant_account_joins (id, tenant_id, account_id, current, role) \
                  VALUES (gen_random_uuid(), $1::uuid, $2::uuid, true, $3)";
    server.db().execute(insert, &[workspace, account, role]).await;
}

/// Somebody of the owner's workspace, signed in.
pub(crate) async fn member(server: &TestServer, role: &str) -> Console {
    let email = format!("{role}@example.com");
    let id = account(server, &email).await;
    join(server, &id, &home(server).await, role).await;
    signed_in(server, &email).await
}

/// The owner of another workspace, signed in.
pub(crate) async fn stranger(server: &TestServer) -> Console {
    let workspace = Uuid::new_v4().to_string();
    let insert = "INSERT INTO tenants (id, name, encrypt_public_key) SELECT $1::uuid, 'Elsewhere', encrypt_public_key FROM tenants";
    assert_eq!(server.db().execute(insert, &[&workspace]).await, 1);
    let id = account(server, "stranger@example.com").await;
    join(server, &id, &workspace, "owner").await;
    signed_in(server, "stranger@example.com").await
}

/// Signed in with the password that all these people share.
pub(crate) async fn signed_in(server: &TestServer, email: &str) -> Console {
    let console = Console::visitor(server.base());
    let _ = console.sign_in(email, Console::OWNER_PASSWORD).await.expect(200);
    console
}

/// The Console without any cookie.
pub(crate) fn bare(server: &TestServer) -> Client {
    Client::new(format!("{}/console/api", server.base()))
}
