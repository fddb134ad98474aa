//! Annotations from a CSV file: a header, then a question and an answer in each row.

use chrono::{TimeDelta, Utc};
use core_rag::chunk::qa::rows_of_csv;
use models::annotation::Annotation;
use models::db::{AsyncConnection, alone_at};
use models::job_outcome::JobOutcome;
use uuid::Uuid;

use super::{Annotated, AnnotationError, Annotations, jobs};

pub(super) const KIND: &str = "import_annotations";
/// Longest question and answer, in characters.
const LONGEST_QUESTION: usize = 2_000;
const LONGEST_ANSWER: usize = 10_000;

/// What may be imported, and how often.
#[derive(Debug, Clone, Copy)]
pub struct ImportLimits {
    pub megabytes: usize,
    pub records: usize,
    /// Of a workspace.
    pub per_minute: i64,
    pub per_hour: i64,
    pub at_once: i64,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self { megabytes: 2, records: 10_000, per_minute: 5, per_hour: 20, at_once: 5 }
    }
}

impl Annotations {
    /// Has a file imported.
    ///
    /// # Errors
    /// `TooLarge`, `TooOften`, `NoSuchApp`, or `Invalid` for a file that is no such table.
    pub async fn import(&self, of: Annotated, name: &str, bytes: &[u8]) -> Result<JobOutcome, AnnotationError> {
        if bytes.len() > self.limits.megabytes * 1024 * 1024 {
            return Err(AnnotationError::TooLarge(self.limits.megabytes));
        }
        let rows = read(name, bytes, self.limits.records)?;
        let mut conn = self.conn_of(of).await?;
        let author = Self::author(&mut conn, of).await?;
        let now = Utc::now().naive_utc();
        let limits = self.limits;
        conn.transaction(async |conn| {
            alone_at(conn, &format!("annotation-imports:{}", of.tenant)).await?;
            let minute = JobOutcome::begun_since(conn, of.tenant, KIND, now - TimeDelta::minutes(1)).await?;
            let hour = JobOutcome::begun_since(conn, of.tenant, KIND, now - TimeDelta::hours(1)).await?;
            let open = JobOutcome::open(conn, of.tenant, KIND).await?;
            if minute >= limits.per_minute || hour >= limits.per_hour || open >= limits.at_once {
                return Err(AnnotationError::TooOften);
            }
            let outcome = JobOutcome::begin(conn, of.tenant, KIND, of.app.0, now).await?;
            let rows: Vec<Annotation> = rows
                .into_iter()
                .map(|(question, content)| Annotation {
                    id: Uuid::new_v4(),
                    app_id: of.app,
                    conversation_id: None,
                    message_id: None,
                    question,
                    content,
                    hit_count: 0,
                    account_id: author,
                    created_at: now,
                    updated_at: now,
                })
                .collect();
            Annotation::insert_all(conn, &rows).await?;
            let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
            jobs::imported(conn, of, outcome.id, ids).await?;
            Ok(outcome)
        })
        .await
    }

    /// How an import is coming on.
    ///
    /// # Errors
    /// `NoSuchApp`, or `NoSuchJob` also for one that ended ten minutes ago.
    pub async fn import_state(&self, of: Annotated, job: Uuid) -> Result<JobOutcome, AnnotationError> {
        self.state(of, KIND, job).await
    }
}

fn read(name: &str, bytes: &[u8], most: usize) -> Result<Vec<(String, String)>, AnnotationError> {
    if !name.to_ascii_lowercase().ends_with(".csv") {
        return Err(AnnotationError::invalid("Invalid file type. Only CSV files are allowed"));
    }
    let rows = rows_of_csv(bytes).map_err(|e| AnnotationError::invalid(e.to_string()))?;
    let mut read = Vec::with_capacity(rows.len());
    for (number, (question, answer)) in (1..).zip(rows) {
        let Some(answer) = answer else { continue };
        for (text, what, longest) in [(&question, "Question", LONGEST_QUESTION), (&answer, "Answer", LONGEST_ANSWER)] {
            if text.chars().count() > longest {
                let told = format!("{what} at row {number} is too long. Maximum {longest} characters allowed.");
                return Err(AnnotationError::invalid(told));
            }
        }
        read.push((question, answer));
    }
    match read.len() {
        0 => Err(AnnotationError::invalid("The CSV file must contain at least 1 valid annotation record.")),
        count if count > most => {
            Err(AnnotationError::invalid(format!("The CSV file contains too many records. Maximum {most} allowed.")))
        }
        _ => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_questions_and_answers() {
        let csv = "question,answer\nWho?,\"Ann, of course\"\nonly a question\n , nothing\n";
        assert_eq!(read("a.CSV", csv.as_bytes(), 9).unwrap(), [("Who?".to_owned(), "Ann, of course".to_owned())]);
    }

    #[test]
    fn what_is_no_such_table_is_refused() {
        let long = format!("q,a\n{},x\n", "x".repeat(2_001));
        let answer = format!("q,a\nx,{}\n", "x".repeat(10_001));
        for (name, csv, why) in [
            ("a.txt", "q,a\n1,2\n", "Only CSV"),
            ("a.csv", "q,a\n1,\n", "at least 1"),
            ("a.csv", "q,a\n1,2\n3,4\n", "too many"),
            ("a.csv", long.as_str(), "Question at row 1"),
            ("a.csv", answer.as_str(), "Answer at row 1"),
        ] {
            let told = read(name, csv.as_bytes(), 1).unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
        }
    }
}
