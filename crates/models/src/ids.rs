//! One type per kind of id, so that a call with two ids the wrong way round does not compile.

use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{Output, ToSql};
use diesel::sql_types::Uuid as SqlUuid;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[serde(transparent)]
        #[diesel(sql_type = SqlUuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new random id.
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl ToSql<SqlUuid, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> diesel::serialize::Result {
                <Uuid as ToSql<SqlUuid, Pg>>::to_sql(&self.0, out)
            }
        }

        impl FromSql<SqlUuid, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <Uuid as FromSql<SqlUuid, Pg>>::from_sql(value).map(Self)
            }
        }
    )+};
}

ids! {
    AccountId,
    /// Owner of every resource. Invariant: no query on a workspace's table runs without it, or without an id found by it.
    TenantId,
    AppId,
    AppModelConfigId,
    ApiTokenId,
    ChildChunkId,
    ConversationId,
    CredentialId,
    DatasetId,
    DocumentId,
    DraftVariableId,
    EndUserId,
    InstalledAppId,
    JobId,
    MessageFileId,
    MessageId,
    /// Of one node of one run: what events call its execution id.
    NodeExecutionId,
    ProcessRuleId,
    /// Of one chunk of a document.
    SegmentId,
    SiteId,
    UploadFileId,
    /// Of one version of an app's workflow; its draft is one too.
    WorkflowId,
    WorkflowRunId,
}
