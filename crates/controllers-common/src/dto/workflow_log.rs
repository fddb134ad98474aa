//! Runs of workflows in logs: the same for builders and for programs.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use models::account::Account;
use models::end_user::EndUser;
use models::workflow_run::RunStatus;
use models::workflow_run_list::RunLine;
use serde::{Deserialize, Serialize};
use services::workflow_history::{LogPage, LogQuery};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::error::ApiError;
use crate::paging::{Page, PageQuery};

/// An end user who has started something.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunEndUserDto {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    is_anonymous: bool,
    session_id: String,
}

impl From<&EndUser> for RunEndUserDto {
    fn from(user: &EndUser) -> Self {
        Self {
            id: user.id.to_string(),
            kind: user.kind.to_string(),
            is_anonymous: user.is_anonymous,
            session_id: user.session_id.clone(),
        }
    }
}

/// A member who has started something.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunAccountDto {
    id: String,
    name: String,
    email: String,
}

impl From<&Account> for RunAccountDto {
    fn from(account: &Account) -> Self {
        Self { id: account.id.to_string(), name: account.name.clone(), email: account.email.clone() }
    }
}

/// The status that a list is limited to; empty for any.
///
/// # Errors
/// `invalid_param` for what is no status.
pub fn run_status(text: &str) -> Result<Option<RunStatus>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let known = RunStatus::parse(text);
    let fault = || ApiError::invalid_field("status", format!("{text} is no status of a run"));
    known.map(Some).ok_or_else(fault)
}

#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct LogsQuery {
    /// Part of inputs, outputs or a session.
    keyword: String,
    status: String,
    /// ISO 8601, a time or a day, like the next.
    #[serde(rename = "created_at__after")]
    after: String,
    #[serde(rename = "created_at__before")]
    before: String,
    created_by_end_user_session_id: String,
    /// An e-mail address.
    created_by_account: String,
    /// With what triggered the run.
    pub detail: bool,
}

impl LogsQuery {
    /// What is to be looked for.
    ///
    /// # Errors
    /// `invalid_param` for times and statuses that are none.
    pub fn wanted(self) -> Result<LogQuery, ApiError> {
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        Ok(LogQuery {
            status: run_status(&self.status)?,
            after: time("created_at__after", &self.after)?,
            before: time("created_at__before", &self.before)?,
            keyword: text(self.keyword),
            session: text(self.created_by_end_user_session_id),
            account: text(self.created_by_account),
        })
    }
}

/// Years of four digits: what is beyond them is no time of ISO 8601, and of some of it Postgres knows nothing.
const YEARS: RangeInclusive<i32> = 1..=9999;

fn time(field: &'static str, text: &str) -> Result<Option<NaiveDateTime>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = DateTime::parse_from_rfc3339(text)
        .map(|time| time.naive_utc())
        .or_else(|_| text.parse::<NaiveDateTime>())
        .or_else(|_| text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN)));
    let known = parsed.ok().filter(|time| YEARS.contains(&time.year()));
    known.map(Some).ok_or_else(|| ApiError::invalid_field(field, format!("{text} is no ISO 8601 time")))
}

/// A run in a log.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedRunDto {
    id: String,
    version: String,
    status: String,
    triggered_from: String,
    error: Option<String>,
    elapsed_time: f64,
    total_tokens: i64,
    total_steps: i32,
    created_at: i64,
    finished_at: Option<i64>,
    exceptions_count: i32,
}

impl From<&RunLine> for LoggedRunDto {
    fn from(run: &RunLine) -> Self {
        Self {
            id: run.id.to_string(),
            version: run.version.clone(),
            status: run.status.to_string(),
            triggered_from: run.triggered_from.to_string(),
            error: run.error.clone(),
            elapsed_time: run.elapsed_time,
            total_tokens: run.total_tokens,
            total_steps: run.total_steps.unwrap_or_default(),
            created_at: unix(run.created_at),
            finished_at: run.finished_at.map(unix),
            exceptions_count: run.exceptions_count.unwrap_or_default(),
        }
    }
}

/// A line of a log.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowLogDto {
    id: String,
    workflow_run: Option<LoggedRunDto>,
    /// Null unless details were asked for.
    details: Option<RunDetailsDto>,
    created_from: String,
    created_by_role: String,
    created_by_account: Option<RunAccountDto>,
    created_by_end_user: Option<RunEndUserDto>,
    created_at: i64,
}

/// What triggered a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDetailsDto {
    /// Null for runs that no trigger has started.
    #[schema(value_type = Option<Object>)]
    trigger_metadata: Option<serde_json::Value>,
}

/// A page of a log.
pub fn lines_of_log(found: LogPage, page: PageQuery, detail: bool) -> Page<WorkflowLogDto> {
    let LogPage { logs, total, runs, people } = found;
    let lines = logs.into_iter().map(|log| WorkflowLogDto {
        id: log.id.to_string(),
        workflow_run: runs.get(&log.workflow_run_id).map(LoggedRunDto::from),
        details: detail.then_some(RunDetailsDto { trigger_metadata: None }),
        created_from: log.created_from.to_string(),
        created_by_role: log.created_by_role.to_string(),
        created_by_account: people.account(log.created_by_role, log.created_by).map(RunAccountDto::from),
        created_by_end_user: people.end_user(log.created_by_role, log.created_by).map(RunEndUserDto::from),
        created_at: unix(log.created_at),
    });
    Page::new(page, total, lines.collect())
}

/// Unix seconds of a stored time.
pub fn unix(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp()
}

#[cfg(test)]
mod properties;
