//! What a conversation remembers beside its messages.

use chrono::{NaiveDateTime, Utc};
use models::app::App;
use models::conversation::Conversation;
use models::conversation_variable::ConversationVariable;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::{Caller, ConversationId};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::conversations::Page;

#[derive(Debug, thiserror::Error)]
pub enum VariableError {
    #[error("Conversation Not Exists.")]
    ConversationNotFound,
    #[error("Conversation variable not found.")]
    NotFound,
    #[error("Last variable not found.")]
    LastNotFound,
    #[error("The value does not match the variable's type {0}.")]
    TypeMismatch(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for VariableError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for VariableError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// A variable as people see it.
#[derive(Debug, Clone)]
pub struct VariableView {
    pub id: Uuid,
    pub name: String,
    pub value_type: String,
    pub value: Value,
    pub description: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct ConversationVariables {
    pool: Pool,
}

fn object(row: &ConversationVariable) -> Map<String, Value> {
    serde_json::from_str(&row.data).unwrap_or_default()
}

fn view(row: &ConversationVariable) -> VariableView {
    let data = object(row);
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    VariableView {
        id: row.id,
        name: text("name"),
        value_type: text("value_type"),
        value: data.get("value").cloned().unwrap_or(Value::Null),
        description: text("description"),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

impl ConversationVariables {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// One page of the caller's conversation's variables whose names contain `name`, after the variable `last`.
    ///
    /// # Errors
    /// `ConversationNotFound` or `LastNotFound`.
    pub async fn page(
        &self,
        app: &App,
        caller: Caller,
        id: ConversationId,
        name: Option<&str>,
        last: Option<Uuid>,
        limit: usize,
    ) -> Result<Page<VariableView>, VariableError> {
        let mut conn = self.pool.get().await?;
        Conversation::find(&mut conn, app.id, caller, id).await?.ok_or(VariableError::ConversationNotFound)?;
        let rows = ConversationVariable::of_conversation(&mut conn, app.id, id).await?;
        let after = match last {
            None => 0,
            Some(last) => rows.iter().position(|row| row.id == last).ok_or(VariableError::LastNotFound)? + 1,
        };
        let name = name.map(str::to_lowercase);
        let views = rows
            .iter()
            .skip(after)
            .map(view)
            .filter(|v| name.as_ref().is_none_or(|n| v.name.to_lowercase().contains(n)));
        Ok(Page::of(views.take(limit.saturating_add(1)).collect(), limit))
    }

    /// What a conversation of the app remembers, whoever leads it: for builders.
    ///
    /// # Errors
    /// Only faults of ours.
    pub async fn of_conversation(&self, app: &App, id: ConversationId) -> Result<Vec<VariableView>, VariableError> {
        let mut conn = self.pool.get().await?;
        let rows = ConversationVariable::of_conversation(&mut conn, app.id, id).await?;
        Ok(rows.iter().map(view).collect())
    }

    /// Gives a variable another value of its type.
    ///
    /// # Errors
    /// `ConversationNotFound`, `NotFound` or `TypeMismatch`.
    pub async fn change(
        &self,
        app: &App,
        caller: Caller,
        conversation: ConversationId,
        id: Uuid,
        value: Value,
    ) -> Result<VariableView, VariableError> {
        let mut conn = self.pool.get().await?;
        Conversation::find(&mut conn, app.id, caller, conversation)
            .await?
            .ok_or(VariableError::ConversationNotFound)?;
        let rows = ConversationVariable::of_conversation(&mut conn, app.id, conversation).await?;
        let row = rows.iter().find(|row| row.id == id).ok_or(VariableError::NotFound)?;
        let mut data = object(row);
        let kind = data.get("value_type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !fits(&kind, &value) {
            return Err(VariableError::TypeMismatch(kind));
        }
        data.insert("value".to_owned(), value);
        let data = Value::Object(data).to_string();
        let changed = ConversationVariable::change(&mut conn, conversation, id, &data, Utc::now().naive_utc()).await?;
        changed.as_ref().map(view).ok_or(VariableError::NotFound)
    }
}

/// Whether a value is of a variable's type. `number` takes whole numbers and fractions alike.
fn fits(kind: &str, value: &Value) -> bool {
    let all = |test: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(test));
    match kind {
        "string" | "secret" => value.is_string(),
        "number" | "integer" | "float" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array[string]" => all(Value::is_string),
        "array[number]" => all(Value::is_number),
        "array[object]" => all(Value::is_object),
        "array[boolean]" => all(Value::is_boolean),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_kept() {
        for (kind, value, expected) in [
            ("number", json!(1.5), true),
            ("number", json!(null), false),
            ("array[string]", json!(["a", 1]), false),
            ("array[object]", json!([]), true),
            ("object", json!({}), true),
            ("string", json!(5), false),
            ("file", json!("x"), false),
        ] {
            assert_eq!(fits(kind, &value), expected, "{kind} {value}");
        }
    }
}
