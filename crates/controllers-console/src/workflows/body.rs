//! Parts of workflows on the wire. Graphs are passed through as they were written.

use models::account::Account;
use serde::Serialize;
use serde_json::value::RawValue;
use services::workflows::{Definition, WorkflowView};
use utoipa::ToSchema;

use crate::answers::seconds;

/// Who did something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Person {
    id: String,
    name: String,
    email: String,
}

impl From<Account> for Person {
    fn from(account: Account) -> Self {
        Self { id: account.id.to_string(), name: account.name, email: account.email }
    }
}

impl From<&Account> for Person {
    fn from(account: &Account) -> Self {
        Self { id: account.id.to_string(), name: account.name.clone(), email: account.email.clone() }
    }
}

/// A stored JSON text; null if it is none.
pub(crate) fn raw_value(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|_no_json| RawValue::NULL.to_owned())
}

fn constant(text: &'static str) -> Box<RawValue> {
    raw_value(text.to_owned())
}

/// A stored JSON text that is an object on the wire; anything else is an empty one.
pub(crate) fn raw_object(text: Option<String>) -> Box<RawValue> {
    let raw = text.and_then(|text| RawValue::from_string(text).ok()).filter(|raw| raw.get().starts_with('{'));
    raw.unwrap_or_else(|| constant("{}"))
}

/// A variable of a workflow; values of secrets are masked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VariableDto {
    id: String,
    name: String,
    /// Of any type.
    #[schema(value_type = Object)]
    value: Box<RawValue>,
    value_type: String,
    description: String,
}

impl From<Definition> for VariableDto {
    fn from(definition: Definition) -> Self {
        let Definition { id, name, description, value_type, value } = definition;
        Self { id, name, value: raw_value(value), value_type, description }
    }
}

/// A version of a workflow; everything is null where there is none.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct WorkflowDto {
    id: Option<String>,
    #[schema(value_type = Option<Object>)]
    graph: Option<Box<RawValue>>,
    #[schema(value_type = Option<Object>)]
    features: Option<Box<RawValue>>,
    hash: Option<String>,
    /// `draft`, or when it was published.
    version: Option<String>,
    marked_name: Option<String>,
    marked_comment: Option<String>,
    created_by: Option<Person>,
    created_at: Option<i64>,
    updated_by: Option<Person>,
    updated_at: Option<i64>,
    tool_published: Option<bool>,
    environment_variables: Option<Vec<VariableDto>>,
    conversation_variables: Option<Vec<VariableDto>>,
    rag_pipeline_variables: Option<Vec<VariableDto>>,
}

impl From<WorkflowView> for WorkflowDto {
    fn from(view: WorkflowView) -> Self {
        let variables = |all: Vec<Definition>| Some(all.into_iter().map(VariableDto::from).collect());
        let row = view.row;
        Self {
            id: Some(row.id.to_string()),
            graph: Some(raw_object(Some(row.graph))),
            features: Some(raw_object(Some(row.features))),
            hash: Some(view.hash),
            version: Some(row.version),
            marked_name: Some(row.marked_name),
            marked_comment: Some(row.marked_comment),
            created_by: view.created_by.map(Person::from),
            created_at: Some(seconds(row.created_at)),
            updated_by: view.updated_by.map(Person::from),
            updated_at: Some(seconds(row.updated_at)),
            tool_published: Some(view.tool_published),
            environment_variables: variables(view.environment),
            conversation_variables: variables(view.conversation),
            rag_pipeline_variables: variables(view.rag_pipeline),
        }
    }
}
