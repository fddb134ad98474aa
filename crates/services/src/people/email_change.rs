//! Another e-mail address for an account: first the old mailbox is proved, then the new one.

use chrono::Utc;
use models::AccountStatus;
use models::account::{Account, AccountChanges};
use models::db::AsyncConnection;

use super::codes::{Held, Phase, Proof, Proven, checked_email};
use super::error::PeopleError;
use super::{Asker, People, Purpose};
use crate::letters::{Addressed, Language, Letter};

/// Which of the two mails is asked for.
#[derive(Debug, Clone, Copy)]
pub enum ChangeStep<'a> {
    /// To the address as it is.
    Old,
    /// To the new address, with the proof of the old one.
    New { proof: &'a str },
}

/// The last step.
#[derive(Debug, Clone, Copy)]
pub struct AddressChange<'a> {
    pub email: &'a str,
    /// The proof of the new address.
    pub token: &'a str,
}

/// Whether an account has the address; what is being deleted has it still.
fn require_free(taken: Option<&Account>) -> Result<(), PeopleError> {
    match taken.map(|account| account.status) {
        None => Ok(()),
        Some(AccountStatus::Closed) => Err(PeopleError::Frozen),
        Some(_) => Err(PeopleError::EmailInUse),
    }
}

impl People {
    #[tracing::instrument(skip_all)]
    pub async fn ask_to_change_email(
        &self,
        account: &Account,
        email: &str,
        step: ChangeStep<'_>,
        asker: Asker<'_>,
    ) -> Result<String, PeopleError> {
        checked_email(email)?;
        self.require_mail(asker).await?;
        let (held, letter): (Held, fn(String) -> Letter) = match step {
            ChangeStep::Old => {
                if email.to_lowercase() != account.email.to_lowercase() {
                    return Err(PeopleError::OtherEmail);
                }
                (Held::new(&account.email), |code| Letter::ChangeCode { code })
            }
            ChangeStep::New { proof } => {
                self.shown(Purpose::EmailChange, proof, Some(account.id), Phase::Proven).await?;
                let held = Held::new(email.to_lowercase()).at(Phase::SentToNew);
                (held, |code| Letter::NewAddressCode { code })
            }
        };
        self.limit_mails(Purpose::EmailChange, &held.email).await?;
        let letter = letter(held.code());
        self.send(Purpose::EmailChange, held.of(account.id), asker.language, letter).await
    }

    /// Proves the old or the new mailbox, whichever the token is for.
    pub async fn prove_for_change(&self, account: &Account, proof: Proof<'_>) -> Result<Proven, PeopleError> {
        let phases = [Phase::Sent, Phase::SentToNew];
        let held = self.prove(Purpose::EmailChange, proof, Some(account.id), &phases).await?;
        let next = if held.phase == Phase::Sent { Phase::Proven } else { Phase::NewProven };
        self.advance(Purpose::EmailChange, held.at(next)).await
    }

    /// Changes the address; both mailboxes were proved.
    #[tracing::instrument(skip_all)]
    pub async fn change_email(&self, account: &Account, change: AddressChange<'_>) -> Result<Account, PeopleError> {
        checked_email(change.email)?;
        self.require_unused(change.email).await?;
        let held = self.shown(Purpose::EmailChange, change.token, Some(account.id), Phase::NewProven).await?;
        if held.email != change.email.to_lowercase() {
            return Err(PeopleError::OtherEmail);
        }
        self.spend(Purpose::EmailChange, change.token).await?;
        let now = Utc::now().naive_utc();
        let language = Language::of(account.interface_language.as_deref());
        let mut conn = self.pool.get().await?;
        let changed = conn
            .transaction(async |conn| {
                require_free(Account::claim_address(conn, &held.email).await?.as_ref())?;
                let changes =
                    AccountChanges { email: Some(&held.email), updated_at: Some(now), ..AccountChanges::default() };
                let changed = Account::update(conn, account.id, &changes).await?;
                let changed = changed.ok_or(PeopleError::AccountNotFound)?;
                // Whoever reads the old mailbox should know.
                for to in [&account.email, &held.email] {
                    let letter = Letter::AddressChanged { address: held.email.clone() };
                    let addressed = Addressed { to: to.clone(), language, letter, not_after: None };
                    self.postbox.post(conn, &addressed).await?;
                }
                Ok::<_, PeopleError>(changed)
            })
            .await?;
        tracing::info!(account.id = %account.id, "an account has another address");
        Ok(changed)
    }

    /// Whether no account has the address.
    pub async fn require_unused(&self, email: &str) -> Result<(), PeopleError> {
        checked_email(email)?;
        require_free(Account::find_by_email(&mut *self.pool.get().await?, email).await?.as_ref())
    }
}
