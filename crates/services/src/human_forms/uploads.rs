//! Uploading files for a form.
//!
//! Whoever may open a form gets a token for it, which holds for a short while. A file takes one of the form's few places
//! before it is stored; it belongs to whoever started the run, and only this form takes it.

use chrono::Utc;
use models::db::AsyncConnection;
use models::form_upload::FormUpload;
use models::human_input_form::{FormStatus, HumanInputForm};
use models::workflow_run::WorkflowRun;
use models::{AccountId, Caller, CreatorRole, EndUserId, TenantId, UploadFileId};
use uuid::Uuid;

use super::passes::Pass;
use super::{Door, FormError, HumanForms};

/// Seconds for which a token holds.
const PASS_LIFE: i64 = 1_800;
/// Files that are uploaded for one form, used or not.
const MOST_UPLOADS: i64 = 50;

/// A token to upload files with.
#[derive(Debug, Clone)]
pub struct UploadPass {
    pub token: String,
    /// Unix seconds.
    pub expires_at: i64,
}

/// A place for one file.
#[derive(Debug, Clone, Copy)]
pub struct UploadPlace {
    id: Uuid,
    pub tenant: TenantId,
    /// Whose the file is to be.
    pub owner: Caller,
}

impl HumanForms {
    /// A token to upload files for a form that waits and takes some.
    ///
    /// # Errors
    /// As [`Self::open`], and `Invalid` where the form takes no files.
    pub async fn upload_pass(&self, door: Door, token: &str) -> Result<UploadPass, FormError> {
        let form = self.open(door, token).await?;
        if !form.definition.inputs.iter().any(core_app::workflow::FormField::takes_files) {
            return Err(FormError::Invalid("This form takes no files.".to_owned()));
        }
        let expires_at = (Utc::now().timestamp() + PASS_LIFE).min(form.row.expires_at.and_utc().timestamp());
        Ok(UploadPass { token: self.passes.sign(Pass { form: form.row.id, expires_at }), expires_at })
    }

    /// Whether a token holds, as far as that can be told without looking at its form.
    ///
    /// # Errors
    /// `WrongPass`.
    pub fn check_pass(&self, pass: &str) -> Result<(), FormError> {
        self.passes.read(pass, Utc::now().timestamp()).map(drop).ok_or(FormError::WrongPass)
    }

    /// Takes a place for a file; to be followed by [`Self::keep`] or [`Self::give_back`].
    ///
    /// # Errors
    /// `WrongPass`, `Submitted`, `Expired`, or `TooManyFiles`.
    pub async fn upload_place(&self, pass: &str) -> Result<UploadPlace, FormError> {
        let now = Utc::now();
        let pass = self.passes.read(pass, now.timestamp()).ok_or(FormError::WrongPass)?;
        let mut conn = self.pool.get().await?;
        let form = HumanInputForm::of_pass(&mut conn, pass.form).await?.ok_or(FormError::NotFound)?;
        match form.status {
            FormStatus::Waiting if form.expires_at > now.naive_utc() => {}
            FormStatus::Submitted => return Err(FormError::Submitted),
            FormStatus::Waiting | FormStatus::Expired | FormStatus::Unknown => return Err(FormError::Expired),
        }
        let run = WorkflowRun::find(&mut conn, form.tenant_id, form.app_id, form.workflow_run_id).await?;
        let run = run.ok_or(FormError::NotFound)?;
        let owner = match run.created_by_role {
            CreatorRole::EndUser => Caller::EndUser(EndUserId(run.created_by)),
            CreatorRole::Account | CreatorRole::Unknown => Caller::Account(AccountId(run.created_by)),
        };
        let place = FormUpload {
            id: Uuid::now_v7(),
            tenant_id: form.tenant_id,
            app_id: form.app_id,
            form_id: form.id,
            upload_file_id: None,
            created_at: now.naive_utc(),
        };
        let taken = conn.transaction(async |conn| FormUpload::reserve(conn, &place, MOST_UPLOADS).await).await?;
        if !taken {
            return Err(FormError::TooManyFiles);
        }
        Ok(UploadPlace { id: place.id, tenant: place.tenant_id, owner })
    }

    /// The file is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep(&self, place: UploadPlace, file: UploadFileId) -> Result<(), FormError> {
        Ok(FormUpload::fill(&mut *self.pool.get().await?, place.tenant, place.id, file).await?)
    }

    /// The file was refused: its place is free. A failure is logged; then the form has one place less.
    pub async fn give_back(&self, place: UploadPlace) {
        let given = async {
            let mut conn = self.pool.get().await?;
            FormUpload::give_back(&mut conn, place.tenant, place.id).await?;
            Ok::<_, FormError>(())
        };
        if let Err(error) = given.await {
            tracing::warn!(error = %error, "the place of a refused file stays taken");
        }
    }
}
