//! Forms that people fill in while runs of workflows wait.
//!
//! A token opens one form, at the door where its run was started: programs with the key of its app, pages where the
//! form's node says so, builders for the drafts they try. At any other door there is no such form.

mod entered;
mod passes;
mod uploads;

use std::net::IpAddr;
use std::time::Duration;

use chrono::Utc;
use config::LimitSettings;
use core_app::GenerateError;
use core_app::workflow::FormDefinition;
use models::db::{AsyncConnection, DbError, Pool, PoolError, QueryError};
use models::human_input_form::{FormStatus, HumanInputForm, Submission};
use models::paused_run::PausedRun;
use models::upload_file::UploadFile;
use models::{AppId, Caller, InvokeFrom, TenantId};
use rate_limit::{Demand, RateLimits, Rejection};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::generate::AppGenerateService;

use passes::Passes;

pub use uploads::{UploadPass, UploadPlace};

#[derive(Debug, thiserror::Error)]
pub enum FormError {
    #[error("Form not found.")]
    NotFound,
    #[error("This form has already been submitted.")]
    Submitted,
    #[error("This form has expired.")]
    Expired,
    /// What was entered does not fit the form.
    #[error("{0}")]
    Invalid(String),
    #[error("Too many form requests. Please try again later.")]
    TooMany { retry_after: Duration },
    #[error("The upload token is missing, invalid or expired.")]
    WrongPass,
    #[error("Too many files were uploaded for this form.")]
    TooManyFiles,
    /// Of looking up files that were entered.
    #[error(transparent)]
    Files(Box<GenerateError>),
    #[error(transparent)]
    Db(#[from] DbError),
    /// A fault of ours.
    #[error("a stored form cannot be read")]
    Damaged(#[from] serde_json::Error),
}

impl From<PoolError> for FormError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for FormError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// Where somebody comes with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// With the key of an app.
    Service { tenant: TenantId, app: AppId },
    /// A page, with nothing but the token.
    Page,
    /// Signed in, as a builder of the workspace.
    Console { tenant: TenantId },
}

impl Door {
    fn opens(self, form: &HumanInputForm) -> bool {
        let tried = form.invoke_from == InvokeFrom::Debugger;
        match self {
            Self::Service { tenant, app } => form.tenant_id == tenant && form.app_id == app && form.is_public && !tried,
            Self::Page => form.is_public && !tried,
            Self::Console { tenant } => form.tenant_id == tenant && tried,
        }
    }
}

/// What somebody has entered.
#[derive(Debug, Clone)]
pub struct Entered {
    pub action: String,
    pub inputs: Map<String, Value>,
    /// `None`: nobody that is known.
    pub by: Option<Caller>,
}

/// A form that waits.
#[derive(Debug, Clone)]
pub struct WaitingForm {
    pub row: HumanInputForm,
    pub definition: FormDefinition,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct HumanForms {
    pool: Pool,
    generate: AppGenerateService,
    limits: RateLimits,
    attempts: u32,
    window: Duration,
    passes: Passes,
}

impl HumanForms {
    pub fn new(
        pool: Pool,
        generate: AppGenerateService,
        limits: RateLimits,
        settings: &LimitSettings,
        secret_key: &SecretString,
    ) -> Self {
        let (attempts, window) = (settings.form_attempts, settings.form_window);
        Self { pool, generate, limits, attempts, window, passes: Passes::new(secret_key) }
    }

    /// Whether somebody at this address may look at forms, or fill one in, once more.
    ///
    /// # Errors
    /// `TooMany` if not. While nobody counts, everybody may.
    pub async fn admit(&self, address: Option<IpAddr>) -> Result<(), FormError> {
        let (Some(address), true) = (address, self.attempts > 0) else { return Ok(()) };
        let scope = format!("form:{address}");
        let demand = Demand::SlidingWindow { scope, limit: self.attempts, window: self.window };
        match self.limits.admit(&[demand]).await {
            Ok(permit) => {
                drop(permit);
                Ok(())
            }
            Err(Rejection::Limited { retry_after, .. }) => Err(FormError::TooMany { retry_after }),
            Err(Rejection::Unavailable) => Ok(()),
        }
    }

    /// The form, if it waits.
    ///
    /// # Errors
    /// `NotFound`, `Submitted` or `Expired`.
    pub async fn open(&self, door: Door, token: &str) -> Result<WaitingForm, FormError> {
        // No token is called so, and Postgres cannot even be asked.
        if token.contains('\0') {
            return Err(FormError::NotFound);
        }
        let form = HumanInputForm::by_token(&mut *self.pool.get().await?, token).await?;
        let row = form.filter(|form| door.opens(form)).ok_or(FormError::NotFound)?;
        match row.status {
            FormStatus::Waiting if row.expires_at > Utc::now().naive_utc() => {}
            FormStatus::Submitted => return Err(FormError::Submitted),
            FormStatus::Waiting | FormStatus::Expired | FormStatus::Unknown => return Err(FormError::Expired),
        }
        let definition = serde_json::from_str(&row.definition)?;
        Ok(WaitingForm { row, definition })
    }

    /// Fills in a form, once; its run goes on beside the caller.
    ///
    /// # Errors
    /// As [`Self::open`], and `Invalid` if it is not filled in as it should.
    pub async fn submit(&self, door: Door, token: &str, entered: Entered) -> Result<(), FormError> {
        let form = self.open(door, token).await?;
        let (values, uploads) = self.values(door, &form, &entered).await?;
        let values = values.to_string();
        let HumanInputForm { id, tenant_id: tenant, workflow_run_id: run, .. } = form.row;
        let now = Utc::now().naive_utc();
        let submission = Submission { action: &entered.action, values: &values, by: entered.by };
        let mut conn = self.pool.get().await?;
        let taken = conn
            .transaction(async |conn| {
                let taken = HumanInputForm::submit(conn, tenant, id, submission, now).await?;
                if taken {
                    // A run that does not wait yet finds the form filled in.
                    PausedRun::wake(conn, tenant, run, now).await?;
                    UploadFile::mark_used(conn, tenant, &uploads).await?;
                }
                Ok::<_, QueryError>(taken)
            })
            .await?;
        drop(conn);
        if !taken {
            // Somebody, or its time, was faster.
            self.open(door, token).await?;
            return Err(FormError::Submitted);
        }
        tracing::info!(form.id = %id, run.id = %run, "a form was filled in");
        self.generate.wake_in_background(run);
        Ok(())
    }
}
