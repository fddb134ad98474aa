//! The way that all mailed codes go.

use chrono::Utc;
use models::{AccountId, TenantId};
use rand::RngExt;
use rate_limit::{Demand, Rejection};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::error::PeopleError;
use super::{Asker, People, Purpose};
use crate::accounts::is_email;
use crate::letters::{Addressed, Language, Letter};

/// Wrong codes that an address may have shown before it is locked out for a day.
const TRIES: u64 = 5;

/// As the column has it; what is longer is not sent to Redis.
const LONGEST_EMAIL: usize = 255;

/// What a person shows: a code that was in a mail to `email`, and the token that came back when it was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    pub email: &'a str,
    pub code: &'a str,
    pub token: &'a str,
}

/// A mailbox was proved; the token is for the next step.
#[derive(Debug)]
pub struct Proven {
    pub email: String,
    pub token: String,
}

/// How far a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// A code is on its way.
    Sent,
    /// The code was right.
    Proven,
    /// A second code is on its way, to a new address.
    SentToNew,
    /// The second code was right.
    NewProven,
}

/// What a token stands for.
#[derive(Serialize, Deserialize)]
pub(super) struct Held {
    /// Where the code went.
    pub email: String,
    pub phase: Phase,
    /// Who asked, where somebody was signed in.
    pub account: Option<AccountId>,
    pub tenant: Option<TenantId>,
    code: String,
}

impl Held {
    /// For a code that is to be sent.
    pub(super) fn new(email: impl Into<String>) -> Self {
        Self { email: email.into(), phase: Phase::Sent, account: None, tenant: None, code: new_code() }
    }

    pub(super) fn of(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }

    pub(super) fn within(self, tenant: TenantId) -> Self {
        Self { tenant: Some(tenant), ..self }
    }

    pub(super) fn at(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }

    pub(super) fn code(&self) -> String {
        self.code.clone()
    }
}

/// Six decimal digits, from the thread's cryptographic generator.
fn new_code() -> String {
    format!("{:06}", rand::rng().random_range(0..1_000_000_u32))
}

pub(super) fn checked_email(email: &str) -> Result<(), PeopleError> {
    if is_email(email) { Ok(()) } else { Err(PeopleError::MalformedEmail(email.to_owned())) }
}

impl People {
    /// Whether mail is sent at all, and to somebody at this client address.
    pub(super) async fn require_mail(&self, asker: Asker<'_>) -> Result<(), PeopleError> {
        if !self.postbox.is_open() {
            return Err(PeopleError::MailNotConfigured);
        }
        let per_minute = self.settings.mail.per_address_and_minute;
        let may = self.sessions.may_send_mail(asker.address, per_minute).await?;
        if may { Ok(()) } else { Err(PeopleError::AddressLimited) }
    }

    /// Mails to one address for one purpose, counted.
    pub(super) async fn limit_mails(&self, purpose: Purpose, email: &str) -> Result<(), PeopleError> {
        let (limit, window) = purpose.mails();
        let scope = format!("mail:{}:{}", purpose.code_purpose().0, email.to_lowercase());
        match self.limits.admit(&[Demand::SlidingWindow { scope, limit, window }]).await {
            Ok(permit) => {
                drop(permit);
                Ok(())
            }
            Err(Rejection::Limited { retry_after, .. }) => Err(PeopleError::TooManyMails { purpose, retry_after }),
            Err(Rejection::Unavailable) => Err(PeopleError::LimitsUnavailable),
        }
    }

    /// Posts a letter and hands out the token that goes with it.
    pub(super) async fn send(
        &self,
        purpose: Purpose,
        held: Held,
        language: Option<&str>,
        letter: Letter,
    ) -> Result<String, PeopleError> {
        let life = purpose.life(&self.settings.mail.lives);
        let token = self.sessions.issue_one_time(purpose.token_kind(), &held, life).await?;
        let addressed =
            Addressed { to: held.email, language: Language::of(language), letter, not_after: Some(Utc::now() + life) };
        self.postbox.post(&mut *self.pool.get().await?, &addressed).await?;
        tracing::info!(mail.purpose = purpose.word(), "a mail was asked for");
        Ok(token.expose().to_owned())
    }

    /// Takes a token whose code is shown. `account` is who shows it, where the token is somebody's.
    pub(super) async fn prove(
        &self,
        purpose: Purpose,
        proof: Proof<'_>,
        account: Option<AccountId>,
        phases: &[Phase],
    ) -> Result<Held, PeopleError> {
        let (kind, counted) = (purpose.token_kind(), purpose.code_purpose());
        if proof.email.len() > LONGEST_EMAIL {
            return Err(PeopleError::OtherEmail);
        }
        if self.sessions.code_tries(counted, proof.email).await? >= TRIES {
            return Err(PeopleError::TooManyTries(purpose));
        }
        let held: Held = self.sessions.peek_one_time(kind, proof.token).await?.ok_or(PeopleError::InvalidToken)?;
        if !phases.contains(&held.phase) || held.account != account {
            return Err(PeopleError::InvalidToken);
        }
        if held.email.to_lowercase() != proof.email.to_lowercase() {
            return Err(PeopleError::OtherEmail);
        }
        // Counted before it is looked at, so that tries side by side are no more than five either.
        if self.sessions.try_code(counted, proof.email).await? > TRIES {
            return Err(PeopleError::TooManyTries(purpose));
        }
        if !bool::from(held.code.as_bytes().ct_eq(proof.code.as_bytes())) {
            return Err(PeopleError::WrongCode);
        }
        let taken: Option<Held> = self.sessions.take_one_time(kind, proof.token).await?;
        let taken = taken.ok_or(PeopleError::InvalidToken)?;
        self.sessions.clear_code_tries(counted, proof.email).await?;
        Ok(taken)
    }

    /// Gives a proof on to the next step.
    pub(super) async fn advance(&self, purpose: Purpose, held: Held) -> Result<Proven, PeopleError> {
        let life = purpose.life(&self.settings.mail.lives);
        let token = self.sessions.issue_one_time(purpose.token_kind(), &held, life).await?;
        Ok(Proven { email: held.email, token: token.expose().to_owned() })
    }

    /// What a proof of an earlier step stands for; it stays good.
    pub(super) async fn shown(
        &self,
        purpose: Purpose,
        token: &str,
        account: Option<AccountId>,
        phase: Phase,
    ) -> Result<Held, PeopleError> {
        let held: Option<Held> = self.sessions.peek_one_time(purpose.token_kind(), token).await?;
        held.filter(|held| held.phase == phase && held.account == account).ok_or(PeopleError::InvalidToken)
    }

    /// Uses a proof up.
    pub(super) async fn spend(&self, purpose: Purpose, token: &str) -> Result<(), PeopleError> {
        let held: Option<Held> = self.sessions.take_one_time(purpose.token_kind(), token).await?;
        // Somebody else was first.
        held.map(drop).ok_or(PeopleError::InvalidToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_six_digits() {
        for _ in 0..100 {
            let code = new_code();
            assert!(code.len() == 6 && code.chars().all(|c| c.is_ascii_digit()), "{code}");
        }
    }
}
