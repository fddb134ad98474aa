//! Finding a name for a conversation.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use core_model_runtime::{ChatRequest, ModelType, PromptMessage};
use models::conversation::Conversation;
use models::{AppId, ConversationId, TenantId};
use serde_json::{Map, Value, json};

use crate::engine::{Engine, EngineParts};
use crate::error::GenerateError;

/// Questions longer than this are shown to the model by their two ends only.
const LONG_QUERY: usize = 2000;
const KEPT_END: usize = 300;
const LONGEST_NAME: usize = 75;
const LONGEST_FALLBACK: usize = 50;
/// What stands for the title in the instruction's form.
const BLANK: &str = "<the title>";
const TIME_LIMIT: Duration = Duration::from_secs(60);

const INSTRUCTION: &str = r#"Give a short title to the conversation that begins with the message below. Use the language of the message, at most ten words, no quotation marks around it.
Answer with nothing but a JSON object: {"Language Type": "<the language>", "Your Reasoning": "<one sentence>", "Your Output": "<the title>"}

The message:
"#;

impl Engine {
    /// Asks the workspace's default model for a name and stores it.
    ///
    /// # Errors
    /// When no model can be asked, or the name cannot be stored; the old name then stays.
    pub async fn name_conversation(
        &self,
        tenant: TenantId,
        app: AppId,
        id: ConversationId,
        query: &str,
    ) -> Result<Option<Conversation>, GenerateError> {
        name(self.shared(), tenant, app, id, query).await
    }
}

/// Names a conversation when its first answer is there, without holding anything up.
pub(crate) fn in_background(parts: &Arc<EngineParts>, tenant: TenantId, app: AppId, id: ConversationId, query: String) {
    let owned = Arc::clone(parts);
    parts.tasks.spawn(async move {
        let named = tokio::select! {
            () = owned.deadline.cancelled() => return,
            named = tokio::time::timeout(TIME_LIMIT, name(&owned, tenant, app, id, &query)) => named,
        };
        let stored = match named {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => {
                tracing::info!(conversation.id = %id, error = %error, "no model named the conversation; its question does");
                store(&owned, app, id, &fallback(&query)).await
            }
            Err(_) => store(&owned, app, id, &fallback(&query)).await,
        };
        if let Err(error) = stored {
            tracing::warn!(conversation.id = %id, error = %error, "could not name the conversation");
        }
    });
}

async fn name(
    parts: &EngineParts,
    tenant: TenantId,
    app: AppId,
    id: ConversationId,
    query: &str,
) -> Result<Option<Conversation>, GenerateError> {
    let model = parts.models.default_model(tenant, ModelType::Llm).await?;
    let parameters: Map<String, Value> =
        [("max_tokens".to_owned(), json!(500)), ("temperature".to_owned(), json!(1))].into_iter().collect();
    let messages = vec![PromptMessage::user(format!("{INSTRUCTION}{}", shortened(query)))];
    let request = ChatRequest { messages, parameters, ..ChatRequest::default() };
    let reply = parts.runtime.chat(&model, request).await?;
    store(parts, app, id, &title(&reply.text, query)).await
}

async fn store(
    parts: &EngineParts,
    app: AppId,
    id: ConversationId,
    name: &str,
) -> Result<Option<Conversation>, GenerateError> {
    let mut conn = parts.pool.get().await?;
    Ok(Conversation::rename(&mut conn, app, id, name, Utc::now().naive_utc()).await?)
}

fn shortened(query: &str) -> String {
    let length = query.chars().count();
    if length <= LONG_QUERY {
        return query.to_owned();
    }
    let head: String = query.chars().take(KEPT_END).collect();
    let tail: String = query.chars().skip(length - KEPT_END).collect();
    format!("{head}...[TRUNCATED]...{tail}")
}

/// The title in a model's reply; the question itself where the reply holds none.
fn title(reply: &str, query: &str) -> String {
    let object = reply.find('{').zip(reply.rfind('}')).and_then(|(from, to)| reply.get(from..=to));
    let parsed: Option<Value> = object.and_then(|text| serde_json::from_str(text).ok());
    let found = parsed
        .as_ref()
        .and_then(|v| v.get("Your Output"))
        .and_then(Value::as_str)
        .map(str::trim)
        // Small models copy the form instead of filling it in.
        .filter(|t| !t.is_empty() && *t != BLANK);
    cut(found.unwrap_or(query).trim(), LONGEST_NAME, LONGEST_NAME)
}

fn fallback(query: &str) -> String {
    cut(query, LONGEST_FALLBACK, LONGEST_FALLBACK - 3)
}

fn cut(text: &str, longest: usize, kept: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let head: String = text.chars().take(kept).collect();
    format!("{head}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_found_in_replies() {
        assert_eq!(title("Sure!\n{\"Your Output\": \" Trip to Rome \"}", "q"), "Trip to Rome");
        assert_eq!(title("no json here", "the question"), "the question");
        assert_eq!(
            title(&format!("{{\"Your Output\": \"{}\"}}", "x".repeat(80)), "q"),
            format!("{}...", "x".repeat(75))
        );
        assert_eq!(title("} backwards {", "q"), "q");
        assert!(INSTRUCTION.contains(BLANK));
        assert_eq!(title(INSTRUCTION, "the question"), "the question");
    }

    #[test]
    fn fallbacks_are_short() {
        assert_eq!(fallback(&"y".repeat(50)), "y".repeat(50));
        assert_eq!(fallback(&"y".repeat(51)), format!("{}...", "y".repeat(47)));
    }
}
