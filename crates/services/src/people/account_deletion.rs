//! An account that its owner wants to be rid of.
//!
//! The account is closed at once, and removed by a job: workspaces that it owns go to the next active member (by role,
//! then by length of membership) or, where there is none, into the archive.

use async_trait::async_trait;
use chrono::Utc;
use jobs::{Context, Failure, Handler, Handlers, Job};
use models::account::{Account, AccountChanges};
use models::db::{AsyncConnection, DbError, Pool};
use models::deletion_feedback::DeletionFeedback;
use models::{AccountId, AccountStatus};
use rate_limit::{Demand, Rejection};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;
use uuid::Uuid;

use super::codes::{Held, Phase, Proof, checked_email};
use super::error::PeopleError;
use super::{People, Purpose};
use crate::letters::{Addressed, Language, Letter, PostError, Postbox};

/// What anybody may say about a deletion, per client address and hour.
const FEEDBACKS_PER_HOUR: u32 = 5;
const HOUR: Duration = Duration::from_secs(3600);

/// Removes a closed account.
#[derive(Debug, Serialize, Deserialize)]
struct DeleteAccount {
    account: AccountId,
}

impl Job for DeleteAccount {
    const KIND: &'static str = "delete_account";
    const QUEUE: &'static str = "purge";
}

impl People {
    /// Mails a code to the owner of the account.
    #[tracing::instrument(skip_all)]
    pub async fn ask_to_delete(&self, account: &Account) -> Result<String, PeopleError> {
        if !self.postbox.is_open() {
            return Err(PeopleError::MailNotConfigured);
        }
        self.limit_mails(Purpose::AccountDeletion, &account.email).await?;
        let held = Held::new(&account.email).of(account.id);
        let letter = Letter::DeletionCode { code: held.code() };
        self.send(Purpose::AccountDeletion, held, account.interface_language.as_deref(), letter).await
    }

    /// Closes the account and has it removed. Whatever is wrong with the proof is one fault.
    #[tracing::instrument(skip_all)]
    pub async fn delete_account(&self, account: &Account, token: &str, code: &str) -> Result<(), PeopleError> {
        let proof = Proof { email: &account.email, code, token };
        match self.prove(Purpose::AccountDeletion, proof, Some(account.id), &[Phase::Sent]).await {
            Ok(_proved) => {}
            Err(
                PeopleError::InvalidToken
                | PeopleError::WrongCode
                | PeopleError::OtherEmail
                | PeopleError::TooManyTries(_),
            ) => return Err(PeopleError::WrongDeletionCode),
            Err(other) => return Err(other),
        }
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            let changes = AccountChanges {
                status: Some(AccountStatus::Closed),
                updated_at: Some(Utc::now().naive_utc()),
                ..AccountChanges::default()
            };
            Account::update(conn, account.id, &changes).await?;
            jobs::enqueue(conn, None, &DeleteAccount { account: account.id }, jobs::Options::default()).await.map(drop)
        })
        .await?;
        drop(conn);
        self.sessions.revoke(account.id.0).await?;
        tracing::info!(account.id = %account.id, "an account was closed and is going to be removed");
        Ok(())
    }

    /// Keeps what somebody says about leaving.
    pub async fn take_feedback(&self, email: &str, feedback: &str, from: IpAddr) -> Result<(), PeopleError> {
        checked_email(email)?;
        let demand = Demand::SlidingWindow {
            scope: format!("deletion_feedback:{from}"),
            limit: FEEDBACKS_PER_HOUR,
            window: HOUR,
        };
        match self.limits.admit(&[demand]).await {
            Ok(permit) => drop(permit),
            Err(Rejection::Limited { retry_after, .. }) => return Err(PeopleError::TooManyRequests { retry_after }),
            Err(Rejection::Unavailable) => return Err(PeopleError::LimitsUnavailable),
        }
        let row = DeletionFeedback { id: Uuid::new_v4(), email, feedback, created_at: Utc::now().naive_utc() };
        Ok(row.insert(&mut *self.pool.get().await?).await?)
    }
}

/// What this release's workers can do about accounts.
pub fn handlers(handlers: Handlers, pool: &Pool, postbox: &Postbox) -> Handlers {
    handlers.with(Remover { pool: pool.clone(), postbox: postbox.clone() })
}

struct Remover {
    pool: Pool,
    postbox: Postbox,
}

#[async_trait]
impl Handler for Remover {
    type Job = DeleteAccount;

    async fn run(&self, job: DeleteAccount, _context: &Context) -> Result<(), Failure> {
        let now = Utc::now().naive_utc();
        let mut conn = self.pool.get().await?;
        let removed = conn
            .transaction(async |conn| {
                let account = Account::find(conn, job.account).await?;
                // Gone already, or an operator has opened it again.
                let Some(account) = account.filter(|account| account.status == AccountStatus::Closed) else {
                    return Ok(false);
                };
                models::account_deletion::give_up_workspaces(conn, account.id, now).await?;
                models::account_deletion::remove(conn, account.id).await?;
                let language = Language::of(account.interface_language.as_deref());
                let letter = Letter::AccountDeleted;
                self.postbox.post(conn, &Addressed { to: account.email, language, letter, not_after: None }).await?;
                Ok::<_, RemovalError>(true)
            })
            .await?;
        if removed {
            tracing::info!(account.id = %job.account, "removed an account");
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
enum RemovalError {
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<models::db::QueryError> for RemovalError {
    fn from(e: models::db::QueryError) -> Self {
        Self::Db(e.into())
    }
}
