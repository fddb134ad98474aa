//! What a node did, on the wire.

use controllers_common::dto::workflow_log::RunEndUserDto;
use models::workflow_node_execution::{OffloadKind, SeenExecution};
use serde::Serialize;
use serde_json::value::RawValue;
use services::workflow_history::{NodeExecutions, People};
use utoipa::ToSchema;

use super::body::{Person, raw_object};
use crate::answers::seconds;

/// One execution of a node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeExecutionDto {
    id: String,
    /// Counts the executions of its run from 1.
    index: i32,
    predecessor_node_id: Option<String>,
    node_id: String,
    node_type: String,
    title: String,
    #[schema(value_type = Option<Object>)]
    inputs: Option<Box<RawValue>>,
    #[schema(value_type = Option<Object>)]
    process_data: Option<Box<RawValue>>,
    #[schema(value_type = Option<Object>)]
    outputs: Option<Box<RawValue>>,
    status: String,
    error: Option<String>,
    /// Seconds.
    elapsed_time: f64,
    #[schema(value_type = Option<Object>)]
    execution_metadata: Option<Box<RawValue>>,
    #[schema(value_type = Object)]
    extras: Box<RawValue>,
    created_at: i64,
    created_by_role: String,
    created_by_account: Option<Person>,
    created_by_end_user: Option<RunEndUserDto>,
    finished_at: Option<i64>,
    inputs_truncated: bool,
    outputs_truncated: bool,
    process_data_truncated: bool,
}

impl NodeExecutionDto {
    pub(crate) fn new(seen: SeenExecution, people: &People) -> Self {
        let SeenExecution { execution: row, cut } = seen;
        let object = |text: Option<String>| text.map(|text| raw_object(Some(text)));
        Self {
            id: row.id.to_string(),
            index: row.index,
            predecessor_node_id: row.predecessor_node_id,
            node_id: row.node_id,
            node_type: row.node_type,
            title: row.title,
            inputs: object(row.inputs),
            process_data: object(row.process_data),
            outputs: object(row.outputs),
            status: row.status.to_string(),
            error: row.error,
            elapsed_time: row.elapsed_time,
            execution_metadata: object(row.execution_metadata),
            extras: raw_object(None),
            created_at: seconds(row.created_at),
            created_by_role: row.created_by_role.to_string(),
            created_by_account: people.account(row.created_by_role, row.created_by).map(Person::from),
            created_by_end_user: people.end_user(row.created_by_role, row.created_by).map(RunEndUserDto::from),
            finished_at: row.finished_at.map(seconds),
            inputs_truncated: cut.contains(&OffloadKind::Inputs),
            outputs_truncated: cut.contains(&OffloadKind::Outputs),
            process_data_truncated: cut.contains(&OffloadKind::ProcessData),
        }
    }

    pub(crate) fn all(executions: NodeExecutions) -> Vec<Self> {
        let NodeExecutions { nodes, people } = executions;
        nodes.into_iter().map(|node| Self::new(node, &people)).collect()
    }
}
