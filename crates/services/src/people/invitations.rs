//! Inviting people into a workspace, and what they do with the invitation.

use chrono::Utc;
use models::account::{Account, AccountChanges};
use models::db::AsyncConnection;
use models::tenant_member::TenantMember;
use models::{AccountStatus, Role, TenantId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::People;
use super::error::PeopleError;
use super::registration::workspace_name;
use crate::accounts::{Invitation, Newcomer, ProfileChange, SignedIn, is_email};
use crate::letters::{Addressed, Language, Letter};
use crate::workspaces::{NewWorkspace, membership};

pub use crate::accounts::Invitee;

/// In one request.
const MOST: usize = 50;
const LONGEST_NAME: usize = 30;

/// Whom to invite.
#[derive(Debug)]
pub struct Invitees<'a> {
    pub emails: &'a [String],
    pub role: &'a str,
    pub language: Option<&'a str>,
    /// Where the Console's pages are.
    pub console_web: &'a str,
}

/// What became of one address: where its owner is to go, or why not.
#[derive(Debug)]
pub struct Invited {
    pub email: String,
    pub outcome: Result<String, PeopleError>,
}

/// What somebody says who comes.
#[derive(Debug)]
pub struct Activation<'a> {
    pub token: &'a str,
    pub name: &'a str,
    pub language: &'a str,
    pub timezone: &'a str,
    /// Further facts of the invitation, where the link had them.
    pub workspace: Option<&'a str>,
    pub email: Option<&'a str>,
}

impl People {
    /// Invites people, each for itself: one that fails does not keep the others out.
    #[tracing::instrument(skip_all)]
    pub async fn invite(&self, user: &SignedIn, invitees: Invitees<'_>) -> Result<Vec<Invited>, PeopleError> {
        let role = Role::parse(invitees.role).filter(|role| *role != Role::Owner).ok_or(PeopleError::InvalidRole)?;
        if invitees.emails.is_empty() || invitees.emails.len() > MOST {
            return Err(PeopleError::Invalid(format!("Between 1 and {MOST} addresses can be invited at once.")));
        }
        if !matches!(user.role, Role::Owner | Role::Admin) {
            return Err(PeopleError::MayNotInvite);
        }
        let mut all: Vec<Invited> = Vec::with_capacity(invitees.emails.len());
        for email in invitees.emails {
            let email = email.to_lowercase();
            if all.iter().any(|invited| invited.email == email) {
                continue;
            }
            let outcome = self.invite_one(user, &email, role, &invitees).await;
            all.push(Invited { email, outcome });
        }
        Ok(all)
    }

    async fn invite_one(
        &self,
        user: &SignedIn,
        email: &str,
        role: Role,
        invitees: &Invitees<'_>,
    ) -> Result<String, PeopleError> {
        if !is_email(email) {
            return Err(PeopleError::MalformedEmail(email.to_owned()));
        }
        let (tenant, base) = (user.tenant_id(), invitees.console_web);
        let known = Account::find_by_email(&mut *self.pool.get().await?, email).await?;
        let now = Utc::now().naive_utc();
        let is_new = known.is_none();
        let account = match known {
            Some(account) => match account.status {
                AccountStatus::Banned => return Err(PeopleError::Banned),
                AccountStatus::Closed => return Err(PeopleError::Frozen),
                AccountStatus::Active
                | AccountStatus::Pending
                | AccountStatus::Uninitialized
                | AccountStatus::Unknown => account,
            },
            None => {
                let name = email.split('@').next().unwrap_or(email);
                Newcomer { name, email, password: None, language: invitees.language, pending: true }.account(now)
            }
        };
        let url = if account.status == AccountStatus::Pending {
            let invitation = Invitation { account_id: account.id, email: account.email.clone(), workspace_id: tenant };
            let token = self.accounts.invite(&invitation, self.settings.mail.lives.invitation).await?;
            let shown = utf8_percent_encode(&account.email, NON_ALPHANUMERIC);
            format!("{base}/activate?email={shown}&token={}", token.expose())
        } else {
            format!("{base}/signin")
        };
        // Where everybody may have a workspace, invited people get their own as well, as in Dify.
        let own = if is_new && self.auth().allow_create_workspace {
            Some(NewWorkspace::prepare(&self.keys, workspace_name(&account)).await?)
        } else {
            None
        };
        let letter = Letter::Invitation {
            inviter: user.account.name.clone(),
            workspace: user.tenant.name.clone(),
            url: url.clone(),
        };
        // People who have chosen a language are written to in it.
        let language = invitees.language.filter(|_| is_new).or(account.interface_language.as_deref());
        let addressed =
            Addressed { to: account.email.clone(), language: Language::of(language), letter, not_after: None };
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            if is_new {
                if Account::claim_address(conn, email).await?.is_some() {
                    return Err(PeopleError::EmailInUse);
                }
                Account::insert(conn, &account).await?;
                if let Some(own) = &own {
                    own.insert(conn, &account, now).await?;
                }
            }
            let member = membership(tenant, account.id, role, Some(user.account_id()), now);
            let joined = TenantMember::insert_if_absent(conn, &member).await?;
            if is_new {
                TenantMember::make_current(conn, account.id, tenant, now).await?;
            }
            // Who has not come yet is reminded; who is a member for long is not told so again.
            if joined || account.status == AccountStatus::Pending {
                self.postbox.post(conn, &addressed).await?;
            }
            Ok(())
        })
        .await?;
        tracing::info!(tenant.id = %tenant, account.id = %account.id, "invited somebody");
        Ok(url)
    }

    /// Whom a token invites, if it still does and the other facts of the link fit.
    pub async fn invitation(
        &self,
        token: &str,
        workspace: Option<&str>,
        email: Option<&str>,
    ) -> Result<Option<Invitee>, PeopleError> {
        let found = self.accounts.invitee(token).await?;
        Ok(found.filter(|invitee| {
            let workspace = workspace.filter(|w| !w.is_empty()).map(|w| w.parse::<TenantId>().ok());
            let email = email.filter(|e| !e.is_empty()).map(str::to_lowercase);
            workspace.is_none_or(|w| w == Some(invitee.tenant.id))
                && email.is_none_or(|e| e == invitee.email.to_lowercase())
        }))
    }

    /// Finishes an invited account.
    #[tracing::instrument(skip_all)]
    pub async fn activate(&self, activation: Activation<'_>) -> Result<(), PeopleError> {
        let length = activation.name.chars().count();
        if length == 0 || length > LONGEST_NAME {
            return Err(PeopleError::Invalid(format!("A name has between 1 and {LONGEST_NAME} characters.")));
        }
        ProfileChange::Language(activation.language).check()?;
        ProfileChange::Timezone(activation.timezone).check()?;
        let found = self.invitation(activation.token, activation.workspace, activation.email).await?;
        let invitee = found.ok_or(PeopleError::AlreadyActivated)?;
        if !self.accounts.accept(activation.token).await? {
            return Err(PeopleError::AlreadyActivated);
        }
        let now = Utc::now().naive_utc();
        let changes = AccountChanges {
            name: Some(activation.name),
            interface_language: Some(activation.language),
            timezone: Some(activation.timezone),
            interface_theme: Some("light"),
            status: Some(AccountStatus::Active),
            initialized_at: Some(now),
            updated_at: Some(now),
            ..AccountChanges::default()
        };
        let account = Account::update(&mut *self.pool.get().await?, invitee.account.id, &changes).await?;
        account.ok_or(PeopleError::AlreadyActivated)?;
        tracing::info!(account.id = %invitee.account.id, "an invited account was activated");
        Ok(())
    }
}
