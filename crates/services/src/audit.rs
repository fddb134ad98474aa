//! The record of what was done that matters for security: a row in Postgres and a line in the log (target `audit`).
//!
//! It is written once the action is done. Where it cannot be written the action stands all the same, and the log has the
//! line and an error: a record that fails must not lock people out of changing their passwords. An action on an account
//! (a sign-in, another password) concerns every workspace of the account and has a row in each. Nothing is recorded of
//! what people only look at, and nothing of runs.

mod old;
mod refusals;

use std::sync::Arc;

use chrono::{NaiveDateTime, Utc};
use jobs::Handlers;
use models::account::Account;
use models::audit_entry::{AuditAction, AuditEntry};
use models::db::{DbError, Pool};
use models::tenant_member::TenantMember;
use models::{AccountId, TenantId};
use serde_json::{Map, Value};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use old::schedule;

use old::OldEntries;
use refusals::Refusals;

/// Of texts that come from outside.
const LONGEST_TEXT: usize = 255;
/// Of lists.
const MOST_ITEMS: usize = 100;

/// What was done, by whom, to what.
#[derive(Debug, Clone)]
pub struct Deed {
    pub action: AuditAction,
    /// Where it was done; of actions on accounts, one of the workspaces.
    pub tenant: Option<TenantId>,
    pub account: Option<AccountId>,
    /// The address that a refused sign-in was tried with. It is not written: people type passwords there. Only the
    /// account that it belongs to is.
    pub tried_address: Option<String>,
    pub subject: Option<String>,
    pub client_address: Option<String>,
    pub request_id: Option<String>,
    /// Never with secrets.
    pub detail: Map<String, Value>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    pool: Pool,
    tasks: TaskTracker,
    refusals: Arc<Refusals>,
}

impl Audit {
    /// Entries are written as `tasks`, so that a client that goes away does not take its entry along.
    pub fn new(pool: Pool, tasks: TaskTracker) -> Self {
        Self { pool, tasks, refusals: Arc::default() }
    }

    /// Records what was done, and waits until it is written. A failure is logged.
    pub async fn record(&self, deed: Deed) {
        let detail = Value::Object(deed.detail.clone());
        tracing::info!(
            target: "audit",
            action = deed.action.as_str(),
            tenant.id = deed.tenant.map(tracing::field::display),
            account.id = deed.account.map(tracing::field::display),
            subject = deed.subject,
            client.address = deed.client_address,
            detail = %detail,
            "recorded"
        );
        let refused = deed.action == AuditAction::SignInRefused;
        // Strangers can have sign-ins refused as fast as they like; the table must not grow as fast.
        if refused && !self.refusals.admit() {
            return;
        }
        let pool = self.pool.clone();
        let written = self.tasks.spawn(async move {
            if let Err(error) = write(&pool, &deed).await {
                tracing::error!(target: "audit", action = deed.action.as_str(), error = %error, "an action could not be recorded");
            }
        });
        // Whoever is refused must not learn from the time it takes whether there is such an account.
        if !refused && let Err(error) = written.await {
            tracing::error!(target: "audit", error = %error, "an action could not be recorded");
        }
    }

    /// One page of a workspace's entries, newest first, and how many there are of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(
        &self,
        tenant: TenantId,
        action: Option<AuditAction>,
        (page, limit): (i64, i64),
    ) -> Result<(Vec<AuditEntry>, i64), DbError> {
        let offset = page.saturating_sub(1).saturating_mul(limit);
        let mut conn = self.pool.get().await?;
        Ok(AuditEntry::page(&mut conn, tenant, action, (limit, offset)).await?)
    }
}

async fn write(pool: &Pool, deed: &Deed) -> Result<(), DbError> {
    let mut conn = pool.get().await?;
    let tried = deed.tried_address.as_deref().filter(|address| !address.contains('\0'));
    let account = match (deed.account, tried) {
        (None, Some(address)) => Account::find_by_email(&mut conn, address).await?.map(|account| account.id),
        (account, _) => account,
    };
    let tenants = match account.filter(|_| deed.action.is_of_account()) {
        Some(account) => of_account(TenantMember::of_account(&mut conn, account).await?, deed.tenant),
        None => vec![deed.tenant],
    };
    let now = Utc::now().naive_utc();
    let entries: Vec<AuditEntry> = tenants.into_iter().map(|tenant| entry(deed, tenant, account, now)).collect();
    Ok(AuditEntry::insert(&mut conn, &entries).await?)
}

/// The workspaces that an action on an account concerns; a deleted account may have left its own already.
fn of_account<T>(memberships: Vec<(TenantMember, T)>, known: Option<TenantId>) -> Vec<Option<TenantId>> {
    let mut tenants: Vec<Option<TenantId>> =
        memberships.into_iter().map(|(member, _)| Some(member.tenant_id)).collect();
    if tenants.is_empty() || (known.is_some() && !tenants.contains(&known)) {
        tenants.push(known);
    }
    tenants
}

fn entry(deed: &Deed, tenant: Option<TenantId>, account: Option<AccountId>, now: NaiveDateTime) -> AuditEntry {
    AuditEntry {
        id: Uuid::now_v7(),
        tenant_id: tenant,
        account_id: account,
        action: deed.action,
        subject: deed.subject.as_deref().map(short),
        client_address: deed.client_address.clone(),
        request_id: deed.request_id.clone(),
        detail: Value::Object(deed.detail.iter().map(|(name, value)| (name.clone(), storable(value))).collect()),
        created_at: now,
    }
}

/// The beginning of a text, without what Postgres cannot keep.
fn short(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(LONGEST_TEXT).collect()
}

fn storable(value: &Value) -> Value {
    match value {
        Value::String(text) => short(text).into(),
        Value::Array(items) => items.iter().take(MOST_ITEMS).map(storable).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.clone(),
    }
}

/// What removes old entries on a worker.
pub fn handlers(handlers: Handlers, pool: &Pool, days: u32) -> Handlers {
    handlers.with(OldEntries { pool: pool.clone(), days })
}
