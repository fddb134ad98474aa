//! Rows of one workspace, whichever table they are in.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_kit::TestServer;

/// What changes by itself: work that goes on, and who was there last.
const RESTLESS: [&str; 4] =
    ["ferrify_jobs", "ferrify_job_outcomes", "ferrify_async_tasks", "__diesel_schema_migrations"];
const VOLATILE: [&str; 4] = ["last_active_at", "last_used_at", "last_opened_at", "claimed_until"];

/// Every id that belongs to one workspace.
pub(super) struct Marks(BTreeSet<String>);

impl Marks {
    /// All ids of rows that belong to these, or to something of these.
    pub(super) async fn of(server: &TestServer, first: &[&str]) -> Self {
        let mut marks = Self(first.iter().map(|id| (*id).to_owned()).collect());
        let rows = everything(server).await;
        loop {
            let known = marks.0.len();
            for (_, row) in &rows {
                if let (Some(id), true) = (row["id"].as_str(), marks.are_in(&row.to_string())) {
                    marks.0.extend((id.len() == 36).then(|| id.to_owned()));
                }
            }
            if marks.0.len() == known {
                return marks;
            }
        }
    }

    /// Those that a text has.
    pub(super) fn in_text<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let words = text.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
        words.filter(|word| self.0.contains(*word))
    }

    fn are_in(&self, text: &str) -> bool {
        self.in_text(text).next().is_some()
    }
}

async fn everything(server: &TestServer) -> Vec<(String, Value)> {
    let db = server.db();
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
    let mut all = Vec::new();
    for table in db.all(tables, &[]).await {
        let table = table["tablename"].as_str().unwrap();
        if RESTLESS.contains(&table) {
            continue;
        }
        let without: Vec<String> = VOLATILE.iter().map(|column| format!(" - '{column}'")).collect();
        let rows = db.all(&format!("SELECT to_jsonb(t){} AS row FROM \"{table}\" t", without.concat()), &[]).await;
        all.extend(rows.into_iter().map(|row| (table.to_owned(), row["row"].clone())));
    }
    all
}

/// Every row in which there is one of the marks.
pub(super) async fn rows_with(server: &TestServer, marks: &Marks) -> BTreeSet<String> {
    let all = everything(server).await.into_iter();
    all.map(|(table, row)| json!({"in": table, "row": row}).to_string()).filter(|row| marks.are_in(row)).collect()
}

#[track_caller]
pub(super) fn assert_same(before: &BTreeSet<String>, after: &BTreeSet<String>) {
    assert!(before.len() > 100, "{} rows only", before.len());
    let gone: Vec<&String> = before.difference(after).collect();
    let come: Vec<&String> = after.difference(before).collect();
    assert!(gone.is_empty() && come.is_empty(), "gone: {gone:#?}\ncome: {come:#?}");
}
