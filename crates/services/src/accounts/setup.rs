//! The first visit: an account, its workspace, and the row that says that it was done.

use std::sync::atomic::Ordering;

use chrono::{NaiveDateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use models::account::Account;
use models::db::AsyncConnection;
use models::setup::Setup;
use models::tenant::Tenant;
use secrecy::ExposeSecret;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::error::SetupError;
use super::{Accounts, Newcomer, is_acceptable, is_email};
use crate::workspaces::NewWorkspace;

/// What the install page sends.
#[derive(Debug)]
pub struct SetupRequest {
    pub email: String,
    pub name: String,
    pub password: String,
    pub language: Option<String>,
    pub client_address: String,
    /// Whether this browser passed the init password.
    pub validated: bool,
}

/// How far the installation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupState {
    NotStarted,
    Finished { at: NaiveDateTime },
}

impl Accounts {
    pub async fn setup_state(&self) -> Result<SetupState, SetupError> {
        let setup = Setup::find(&mut *self.pool.get().await?).await?;
        Ok(match setup {
            Some(setup) => {
                self.set_up.store(true, Ordering::Relaxed);
                SetupState::Finished { at: setup.setup_at }
            }
            None => SetupState::NotStarted,
        })
    }

    /// Whether the installation was set up; asked on every request, so remembered once it is true.
    pub(crate) async fn is_set_up(&self) -> Result<bool, models::db::DbError> {
        if self.set_up.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let found = Setup::find(&mut *self.pool.get().await?).await?.is_some();
        self.set_up.store(found, Ordering::Relaxed);
        Ok(found)
    }

    /// Whether an init password is asked for before setup, and this browser has not passed it.
    pub async fn needs_init_password(&self, validated: bool) -> Result<bool, SetupError> {
        if validated || self.settings.auth.init_password.is_none() {
            return Ok(false);
        }
        Ok(!self.is_set_up().await?)
    }

    /// Compares the init password.
    pub async fn check_init_password(&self, given: &str) -> Result<(), SetupError> {
        if Tenant::any(&mut *self.pool.get().await?).await? {
            return Err(SetupError::AlreadySetUp);
        }
        let expected = self.settings.auth.init_password.as_ref().map_or("", |p| p.expose_secret());
        if bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
            return Ok(());
        }
        Err(SetupError::WrongInitPassword)
    }

    /// What a browser that passed the init password remembers; of use until the installation is set up.
    pub fn init_proof(&self) -> String {
        let key = self.settings.secret_key.expose_secret().as_bytes();
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(b"ferrify/init-validated/v1");
        hex::encode(mac.finalize().into_bytes())
    }

    /// Whether a browser shows that proof.
    pub fn is_init_proof(&self, shown: &str) -> bool {
        self.init_proof().as_bytes().ct_eq(shown.as_bytes()).into()
    }

    /// Makes the first account, its workspace and the setup row, all or nothing.
    pub async fn set_up(&self, request: SetupRequest) -> Result<(), SetupError> {
        let SetupState::NotStarted = self.setup_state().await? else { return Err(SetupError::AlreadySetUp) };
        if Tenant::any(&mut *self.pool.get().await?).await? {
            return Err(SetupError::AlreadySetUp);
        }
        if self.needs_init_password(request.validated).await? {
            return Err(SetupError::NotValidated);
        }
        if !is_email(&request.email) {
            return Err(SetupError::InvalidEmail(request.email));
        }
        if !is_acceptable(&request.password) {
            return Err(SetupError::WeakPassword);
        }
        let now = Utc::now().naive_utc();
        let password = self.hasher.hash(&request.password).await?;
        let newcomer = Newcomer {
            name: &request.name,
            email: &request.email,
            password: Some(password),
            language: request.language.as_deref(),
            pending: false,
        };
        let account = Account { last_login_ip: Some(request.client_address), ..newcomer.account(now) };
        // The key pair takes a second: it is made before a connection is held.
        let workspace = NewWorkspace::prepare(&self.keys, format!("{}'s Workspace", account.name)).await?;
        let setup = Setup { version: crate::VERSION.to_owned(), setup_at: now };
        let mut conn = self.pool.get().await?;
        conn.transaction(async |conn| {
            Setup::lock(conn).await?;
            if Setup::find(conn).await?.is_some() {
                return Err(SetupError::AlreadySetUp);
            }
            Account::insert(conn, &account).await?;
            workspace.insert(conn, &account, now).await?;
            Setup::insert(conn, &setup).await?;
            Ok(())
        })
        .await?;
        self.set_up.store(true, Ordering::Relaxed);
        tracing::info!(account.id = %account.id, "the installation was set up");
        Ok(())
    }
}
