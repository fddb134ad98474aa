//! Switching the annotation reply of an app on and off.

use chrono::Utc;
use models::app_annotation_setting::AnnotationReply;
use models::db::{AsyncConnection, alone_at};
use models::job_outcome::JobOutcome;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Annotated, AnnotationError, Annotations, jobs};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    On,
    Off,
}

impl Switch {
    /// What `job_outcome` calls the work.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::On => "enable_annotation_reply",
            Self::Off => "disable_annotation_reply",
        }
    }
}

/// How questions are to be compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SwitchOn {
    /// From 0 to 1; 0 means 1.
    pub score_threshold: f64,
    pub provider: String,
    pub model: String,
}

impl SwitchOn {
    /// With its threshold brought into the range.
    #[must_use]
    pub fn in_range(self) -> Self {
        Self { score_threshold: self.score_threshold.clamp(0.0, 1.0), ..self }
    }
}

impl Annotations {
    /// How the app answers from annotations; `None` if it does not.
    ///
    /// # Errors
    /// `NoSuchApp`.
    pub async fn setting(&self, of: Annotated) -> Result<Option<AnnotationReply>, AnnotationError> {
        let mut conn = self.conn_of(of).await?;
        Ok(AnnotationReply::of_app(&mut conn, of.app).await?)
    }

    /// # Errors
    /// `NoSuchApp`, `Invalid`, or `NotFound` where the app has no such setting.
    pub async fn set_threshold(
        &self,
        of: Annotated,
        setting: Uuid,
        threshold: f64,
    ) -> Result<AnnotationReply, AnnotationError> {
        check_threshold(threshold)?;
        let mut conn = self.conn_of(of).await?;
        let author = Self::author(&mut conn, of).await?;
        let now = Utc::now().naive_utc();
        if !AnnotationReply::set_threshold(&mut conn, of.app, setting, threshold, author, now).await? {
            return Err(AnnotationError::NotFound);
        }
        self.watch.app_changed(of.tenant, of.app, None).await;
        AnnotationReply::of_app(&mut conn, of.app).await?.ok_or(AnnotationError::NotFound)
    }

    /// Has the reply switched on, with a job that indexes the questions. Where one is at it already, that one.
    ///
    /// # Errors
    /// `NoSuchApp` or `Invalid`.
    pub async fn switch_on(&self, of: Annotated, how: SwitchOn) -> Result<(JobOutcome, bool), AnnotationError> {
        check_threshold(how.score_threshold)?;
        self.switch(of, Some(how)).await
    }

    /// Has the reply switched off; as [`Self::switch_on`].
    ///
    /// # Errors
    /// `NoSuchApp`.
    pub async fn switch_off(&self, of: Annotated) -> Result<(JobOutcome, bool), AnnotationError> {
        self.switch(of, None).await
    }

    /// The work, and whether it was begun by this call.
    async fn switch(&self, of: Annotated, on: Option<SwitchOn>) -> Result<(JobOutcome, bool), AnnotationError> {
        let kind = if on.is_some() { Switch::On } else { Switch::Off }.kind();
        let mut conn = self.conn_of(of).await?;
        let author = Self::author(&mut conn, of).await?;
        conn.transaction(async |conn| {
            alone_at(conn, &format!("annotation-reply:{}", of.app)).await?;
            if let Some(running) = JobOutcome::under_way(conn, of.tenant, kind, of.app.0).await? {
                return Ok((running, false));
            }
            let outcome = JobOutcome::begin(conn, of.tenant, kind, of.app.0, Utc::now().naive_utc()).await?;
            jobs::switch(conn, of, outcome.id, author, on).await?;
            Ok((outcome, true))
        })
        .await
    }

    /// How a switch is coming on.
    ///
    /// # Errors
    /// `NoSuchApp`, or `NoSuchJob` also for one that ended ten minutes ago.
    pub async fn switch_state(&self, of: Annotated, way: Switch, job: Uuid) -> Result<JobOutcome, AnnotationError> {
        self.state(of, way.kind(), job).await
    }

    pub(super) async fn state(&self, of: Annotated, kind: &str, job: Uuid) -> Result<JobOutcome, AnnotationError> {
        let mut conn = self.conn_of(of).await?;
        let known = JobOutcome::find(&mut conn, of.tenant, &[kind], job, Utc::now().naive_utc()).await?;
        known.filter(|known| known.subject == of.app.0).ok_or(AnnotationError::NoSuchJob)
    }
}

fn check_threshold(threshold: f64) -> Result<(), AnnotationError> {
    if (0.0..=1.0).contains(&threshold) {
        return Ok(());
    }
    Err(AnnotationError::invalid("score_threshold must be between 0 and 1"))
}
