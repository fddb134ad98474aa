//! What a run has come to: its beginning, its nodes, and whether it waits.
//!
//! Rows of nodes are written in batches and may lag behind the events; the kept events may have lost their oldest. So
//! both are read, the events last, and what follows the last of them is told live.

use bytes::Bytes;
use core_app::workflow::told_form;
use indexmap::IndexMap;
use models::app::App;
use models::db::DbError;
use models::human_input_form::HumanInputForm;
use models::workflow_node_execution::NodeExecution;
use models::workflow_pause::WorkflowPause;
use models::workflow_run::{RunStatus, WorkflowRun};
use runs::{Cursor, RunId};
use serde_json::Value;

use super::{Reattach, ReattachError, frames};

type Positioned = Vec<(Option<Cursor>, Bytes)>;
/// The two events of each node, by the id of the execution.
type Nodes = IndexMap<String, (Value, Option<Value>)>;

impl Reattach {
    /// The events that tell it, and the position from which on to follow.
    pub(super) async fn snapshot(
        &self,
        app: &App,
        row: &WorkflowRun,
        task: Option<RunId>,
    ) -> Result<(Positioned, Cursor), ReattachError> {
        let mut conn = self.pool.get().await.map_err(DbError::from)?;
        let rows = NodeExecution::of_run(&mut conn, app.tenant_id, app.id, row.id).await.map_err(DbError::from)?;
        let written = if row.status == RunStatus::Paused {
            let pause = WorkflowPause::of_run(&mut conn, row.id).await.map_err(DbError::from)?;
            let forms =
                HumanInputForm::waiting_of_run(&mut conn, app.tenant_id, row.id).await.map_err(DbError::from)?;
            let reasons = pause.map(|(_, reasons)| reasons).unwrap_or_default();
            (reasons, forms.into_iter().filter_map(told_form).collect())
        } else {
            frames::Waits::default()
        };
        drop(conn);
        let mut nodes: Nodes = rows
            .iter()
            .map(|seen| {
                let (started, finished) = frames::node(&seen.execution);
                (id_of(&started), (started, finished))
            })
            .collect();
        let kept = match task {
            Some(task) => self.runs.kept(app.tenant_id.0, task).await?,
            None => Vec::new(),
        };
        let position = kept.last().map_or(Cursor::START, |(cursor, _)| *cursor);
        let mut waits = None;
        for (_, frame) in kept {
            note(&mut nodes, &mut waits, frame);
        }
        let names = self.names(app, row, task).await?;
        let mut told = vec![frames::started(&names, row)];
        nodes.sort_by(|_, (one, _), _, (other, _)| index(one).cmp(&index(other)));
        for (started, finished) in nodes.values() {
            told.push(names.frame("node_started", started));
            told.extend(finished.as_ref().map(|finished| names.frame("node_finished", finished)));
        }
        if row.status == RunStatus::Paused {
            told.push(waits.unwrap_or_else(|| frames::paused(&names, row, &written)));
        }
        // Who has not got all of it has to ask for it again: only the last event has a position.
        let last = told.len() - 1;
        let at = |at: usize| (at == last && position > Cursor::START).then_some(position);
        Ok((told.into_iter().enumerate().map(|(place, frame)| (at(place), frame)).collect(), position))
    }
}

/// Notes what an event says of a node, or of a pause.
fn note(nodes: &mut Nodes, waits: &mut Option<Bytes>, frame: Bytes) {
    let is = |event: &str| frame.starts_with(format!(r#"{{"event":"{event}""#).as_bytes());
    let data = || serde_json::from_slice::<Value>(&frame).ok()?.get_mut("data").map(Value::take);
    if is("node_started") {
        let Some(mut data) = data() else { return };
        frames::simplify_start(&mut data);
        nodes.entry(id_of(&data)).or_insert((data, None));
    } else if is("node_finished") {
        let Some(mut data) = data() else { return };
        frames::simplify_end(&mut data);
        if let Some((_, finished)) = nodes.get_mut(&id_of(&data)) {
            *finished = Some(data);
        }
    } else if is("workflow_paused") {
        *waits = Some(frame);
    }
}

fn id_of(data: &Value) -> String {
    data.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn index(data: &Value) -> i64 {
    data.get("index").and_then(Value::as_i64).unwrap_or_default()
}
