//! Questions that a person might ask next.

use core_model_runtime::{ChatRequest, ModelType, PromptMessage};
use models::message::Message;
use models::{ConversationId, TenantId};
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::error::GenerateError;
use crate::memory;

/// How many turns the model is shown, and how much of them.
const TURNS: usize = 3;
const HISTORY_TOKENS: u32 = 3000;
const QUESTIONS: usize = 3;

const INSTRUCTION: &str = "Predict the three questions that the human is most likely to ask next. Each is at most 20 characters long in Chinese or 20 words in another language, and in the language of the conversation. Answer with nothing but a JSON array of three strings: [\"question1\",\"question2\",\"question3\"]";

impl Engine {
    /// Asks the workspace's default model for questions after the newest turns of a conversation. A model that fails
    /// or answers anything else suggests nothing.
    ///
    /// # Errors
    /// When the conversation cannot be read.
    pub async fn suggest_questions(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
    ) -> Result<Vec<String>, GenerateError> {
        let past = {
            let mut conn = self.pool().get().await?;
            Message::past(&mut conn, conversation, memory::MOST_MESSAGES).await?
        };
        let branch = memory::thread(past, None);
        let recent = branch.iter().skip(branch.len().saturating_sub(TURNS));
        let mut lines: Vec<String> =
            recent.map(|turn| format!("Human: {}\nAssistant: {}", turn.query, turn.answer)).collect();
        while lines.len() > 1 && self.runtime().count_text_tokens(&lines.join("\n")) > HISTORY_TOKENS {
            lines.remove(0);
        }
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        match self.ask_for_questions(tenant, &lines.join("\n")).await {
            Ok(questions) => Ok(questions),
            Err(error) => {
                tracing::info!(tenant.id = %tenant, error = %error, "no questions were suggested");
                Ok(Vec::new())
            }
        }
    }

    async fn ask_for_questions(&self, tenant: TenantId, history: &str) -> Result<Vec<String>, GenerateError> {
        let model = self.models().default_model(tenant, ModelType::Llm).await?;
        let parameters: Map<String, Value> =
            [("max_tokens".to_owned(), json!(256)), ("temperature".to_owned(), json!(0))].into_iter().collect();
        let messages = vec![PromptMessage::user(format!("{history}\n\n{INSTRUCTION}"))];
        let reply = self.runtime().chat(&model, ChatRequest { messages, parameters, ..ChatRequest::default() }).await?;
        Ok(parse(&reply.text))
    }
}

fn parse(reply: &str) -> Vec<String> {
    let array = reply.find('[').zip(reply.rfind(']')).and_then(|(from, to)| reply.get(from..=to));
    let parsed: Option<Vec<Value>> = array.and_then(|text| serde_json::from_str(text).ok());
    parsed.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).take(QUESTIONS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_of_texts_counts() {
        assert_eq!(parse("Here: [\"a\", 1, \"b\", \"c\", \"d\"] ok"), ["a", "b", "c"]);
        assert!(parse("nothing").is_empty() && parse("] [").is_empty());
    }
}
