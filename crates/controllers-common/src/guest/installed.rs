//! A member of a workspace who uses an app that is installed there.

use std::ops::Deref;
use std::pin::Pin;

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev};
use core_app::workflow::Person;
use models::installed_app::InstalledApp;
use models::{Caller, InstalledAppId, InvokeFrom};
use services::installed_apps::{InstalledAppError, InstalledApps};

use super::Guest;
use crate::auth::ConsoleUser;
use crate::data::data;
use crate::error::ApiError;

/// The part of a path that names the installation.
const IN_PATH: &str = "installed_app_id";

/// The member, and the app behind the installation that the path names.
#[derive(Debug, Clone)]
pub struct InstalledGuest {
    guest: Guest,
    row: InstalledApp,
}

impl InstalledGuest {
    /// Notes that the app is used.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn uses(&self, installed: &InstalledApps) -> Result<(), ApiError> {
        Ok(installed.used(&self.row).await?)
    }
}

impl Deref for InstalledGuest {
    type Target = Guest;
    fn deref(&self) -> &Guest {
        &self.guest
    }
}

impl FromRequest for InstalledGuest {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let user = ConsoleUser::from_request(request, payload);
        let installed = data::<InstalledApps>(request);
        let id = request.match_info().get(IN_PATH).and_then(|id| id.parse::<InstalledAppId>().ok());
        // Whoever let the request in may have looked.
        let known = request.extensions_mut().remove::<InstalledApp>();
        Box::pin(async move {
            let user = user.await?;
            let id = id.ok_or(InstalledAppError::NotFound)?;
            let tenant = user.tenant_id();
            let installed = installed?;
            let row = match known.filter(|row| row.tenant_id == tenant && row.id == id) {
                Some(row) => row,
                None => installed.find(tenant, id).await?,
            };
            let app = installed.open(&row).await?;
            let account = &user.account;
            let guest = Guest {
                app,
                caller: Caller::Account(account.id),
                session: account.id.to_string(),
                person: Person::Account { name: account.name.clone(), email: account.email.clone() },
                invoke_from: InvokeFrom::Explore,
            };
            Ok(Self { guest, row })
        })
    }
}
