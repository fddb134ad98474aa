//! Who did what that matters for security.

use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_audit_log as log;
use crate::{AccountId, TenantId};

text_enum! {
    /// What was done.
    AuditAction {
        SignedIn => "sign_in",
        SignInRefused => "sign_in_refused",
        SignedOut => "sign_out",
        PasswordReset => "password_reset",
        PasswordChanged => "password_changed",
        EmailChanged => "email_changed",
        AccountDeleted => "account_deleted",
        MembersInvited => "members_invited",
        MemberRoleChanged => "member_role_changed",
        MemberRemoved => "member_removed",
        OwnershipTransferred => "ownership_transferred",
        ApiKeyCreated => "api_key_created",
        ApiKeyDeleted => "api_key_deleted",
        DatasetApiSwitched => "dataset_api_switched",
        CredentialCreated => "credential_created",
        CredentialChanged => "credential_changed",
        CredentialDeleted => "credential_deleted",
        CallRulesChanged => "call_rules_changed",
        SigningSecretCreated => "signing_secret_created",
        SigningSecretDeleted => "signing_secret_deleted",
        McpCodeRefreshed => "mcp_code_refreshed",
        AppDeleted => "app_deleted",
        DatasetDeleted => "dataset_deleted",
        ExtensionCreated => "extension_created",
        ExtensionChanged => "extension_changed",
        ExtensionDeleted => "extension_deleted",
        KnowledgeApiCreated => "knowledge_api_created",
        KnowledgeApiChanged => "knowledge_api_changed",
        KnowledgeApiDeleted => "knowledge_api_deleted",
    }
}

impl AuditAction {
    /// Whether it is done to a person's account, and so concerns each of its workspaces.
    pub fn is_of_account(self) -> bool {
        match self {
            Self::SignedIn
            | Self::SignInRefused
            | Self::SignedOut
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::EmailChanged
            | Self::AccountDeleted => true,
            Self::MembersInvited
            | Self::MemberRoleChanged
            | Self::MemberRemoved
            | Self::OwnershipTransferred
            | Self::ApiKeyCreated
            | Self::ApiKeyDeleted
            | Self::DatasetApiSwitched
            | Self::CredentialCreated
            | Self::CredentialChanged
            | Self::CredentialDeleted
            | Self::CallRulesChanged
            | Self::SigningSecretCreated
            | Self::SigningSecretDeleted
            | Self::McpCodeRefreshed
            | Self::AppDeleted
            | Self::DatasetDeleted
            | Self::ExtensionCreated
            | Self::ExtensionChanged
            | Self::ExtensionDeleted
            | Self::KnowledgeApiCreated
            | Self::KnowledgeApiChanged
            | Self::KnowledgeApiDeleted
            | Self::Unknown => false,
        }
    }
}

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = log, check_for_backend(Pg))]
pub struct AuditEntry {
    /// Ordered by time.
    pub id: Uuid,
    pub tenant_id: Option<TenantId>,
    /// Who acted, or whose account it was tried on.
    pub account_id: Option<AccountId>,
    pub action: AuditAction,
    /// An id, or a name.
    pub subject: Option<String>,
    pub client_address: Option<String>,
    pub request_id: Option<String>,
    /// An object; never with secrets.
    pub detail: Value,
    pub created_at: NaiveDateTime,
}

impl AuditEntry {
    pub async fn insert(conn: &mut AsyncPgConnection, entries: &[Self]) -> QueryResult<()> {
        diesel::insert_into(log::table).values(entries).execute(conn).await.map(drop)
    }

    /// One page of a workspace's entries, newest first, and how many there are of them.
    pub async fn page(
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        action: Option<AuditAction>,
        (limit, offset): (i64, i64),
    ) -> QueryResult<(Vec<Self>, i64)> {
        let mut entries = Self::query().filter(log::tenant_id.eq(tenant)).into_boxed();
        let mut counted = log::table.filter(log::tenant_id.eq(tenant)).into_boxed();
        if let Some(action) = action {
            entries = entries.filter(log::action.eq(action));
            counted = counted.filter(log::action.eq(action));
        }
        let newest_first = entries.order((log::created_at.desc(), log::id.desc()));
        let page = newest_first.limit(limit).offset(offset).load(conn).await?;
        Ok((page, counted.count().get_result(conn).await?))
    }

    /// Removes some entries from before a time; gives back how many.
    pub async fn forget(conn: &mut AsyncPgConnection, before: NaiveDateTime, limit: i64) -> QueryResult<usize> {
        let old = log::table.filter(log::created_at.lt(before)).limit(limit).select(log::id);
        let old: Vec<Uuid> = old.load(conn).await?;
        diesel::delete(log::table.filter(log::id.eq_any(old))).execute(conn).await
    }
}
