//! Help for an owner who is locked out, and further workspaces.

use config::Settings;
use models::account::Account;
use models::db::Pool;
use rand::distr::{Alphanumeric, SampleString};
use redis_link::{RedisLink, RedisSettings};
use services::accounts::{AccountSettings, Accounts};
use services::secrets::TenantKeys;
use services::workspaces::Workspaces;
use sessions::{Sessions, SessionsConfig};
use storage::Storage;

use crate::arguments::Data;
use crate::error::CliError;
use crate::ground;
use crate::output::line;

const RANDOM_LENGTH: usize = 16;

/// What these commands need of the services.
struct People {
    accounts: Accounts,
    workspaces: Workspaces,
    sessions: Sessions,
    keys: TenantKeys,
}

impl People {
    async fn open(settings: &Settings, pool: Pool) -> Result<Self, CliError> {
        let url = settings.redis.url.clone();
        let url = url.ok_or_else(|| CliError::Failed("no Redis is configured: set REDIS_URL".to_owned()))?;
        let redis = RedisLink::connect(RedisSettings::new(url)).await?;
        let config = SessionsConfig {
            refresh_ttl: settings.auth.refresh_token_life,
            lockout: settings.auth.lockout,
            ..SessionsConfig::default()
        };
        let sessions = Sessions::new(redis, config);
        let keys = TenantKeys::new(pool.clone(), Storage::open(&settings.storage)?);
        let account_settings = AccountSettings {
            auth: settings.auth.clone(),
            secret_key: settings.deployment.secret_key.clone(),
            edition: settings.deployment.edition.clone(),
        };
        let accounts = Accounts::new(pool.clone(), sessions.clone(), keys.clone(), account_settings);
        Ok(Self { accounts, workspaces: Workspaces::new(pool), sessions, keys })
    }

    async fn account(&self, email: &str) -> Result<Account, CliError> {
        let found = self.accounts.find_by_email(email).await.map_err(CliError::failed)?;
        found.ok_or_else(|| CliError::Failed(format!("there is no account with the address {email}")))
    }
}

/// Sets the password, lifts a lock on the address, and ends the session that somebody else may have.
pub(crate) async fn reset_password(data: Data, email: String, password: Option<String>) -> Result<(), CliError> {
    let (settings, pool) = ground::database(data).await?;
    let people = People::open(&settings, pool).await?;
    let account = people.account(&email).await?;
    let made = password.is_none();
    // Any random text would do, were it not for the rule that asks for a letter and a digit.
    let random = || format!("{}a1", Alphanumeric.sample_string(&mut rand::rng(), RANDOM_LENGTH));
    let password = password.unwrap_or_else(random);
    people.accounts.set_password(account.id, &password).await.map_err(CliError::failed)?;
    people.accounts.logout(account.id).await.map_err(CliError::failed)?;
    people.sessions.clear_failures(&account.email.to_lowercase()).await.map_err(CliError::failed)?;
    line(format!("{} has a new password", account.email));
    if made {
        line(password);
    }
    Ok(())
}

pub(crate) async fn create_workspace(data: Data, name: String, email: String) -> Result<(), CliError> {
    if name.trim().is_empty() {
        return Err(CliError::Usage("--name must not be empty".to_owned()));
    }
    let (settings, pool) = ground::database(data).await?;
    let people = People::open(&settings, pool).await?;
    let owner = people.account(&email).await?;
    let tenant = people.workspaces.create(&people.keys, &owner, name.trim()).await.map_err(CliError::failed)?;
    line(format!("made the workspace `{}` ({}) of {}", tenant.name, tenant.id, owner.email));
    Ok(())
}
