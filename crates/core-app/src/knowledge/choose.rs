//! A model picks the one dataset that is to be searched.

use core_model_runtime::{ChatRequest, Feature, ModelRef, ModelType, PromptMessage, Tool, Usage};
use models::dataset::Dataset;
use serde_json::{Map, Value, json};

use super::Models;
use crate::error::GenerateError;

/// A choice, and what it cost.
pub(super) struct Choice {
    /// Its place in the list; `None`: the model chose none of them.
    pub place: Option<usize>,
    pub usage: Usage,
}

/// Asks the model.
pub(super) async fn choose(
    models: &Models,
    model: &ModelRef,
    datasets: &[Dataset],
    query: &str,
    user: &str,
) -> Result<Choice, GenerateError> {
    let runtime = models.runtime();
    let schema = runtime.model_schema(&model.provider, ModelType::Llm, &model.model, &model.credentials);
    let calls = schema.is_some_and(|schema| {
        schema.features.contains(&Feature::ToolCall) || schema.features.contains(&Feature::MultiToolCall)
    });
    let (messages, tools) = if calls {
        let tools = datasets.iter().map(|dataset| Tool {
            name: dataset.id.to_string(),
            description: description(dataset),
            parameters: json!({"type": "object", "properties": {}, "required": []}),
        });
        let system = "Choose the knowledge base that can answer the question, by calling its function.";
        (vec![PromptMessage::system(system), PromptMessage::user(query)], tools.collect())
    } else {
        (vec![PromptMessage::system(instruction(datasets)), PromptMessage::user(query)], Vec::new())
    };
    let parameters: Map<String, Value> = [
        ("temperature".to_owned(), json!(0.2)),
        ("top_p".to_owned(), json!(0.3)),
        ("max_tokens".to_owned(), json!(1500)),
    ]
    .into_iter()
    .collect();
    let request = ChatRequest { messages, parameters, tools, stop: Vec::new(), user: Some(user.to_owned()) };
    let reply = runtime.chat(model, request).await?;
    let named = reply.tool_calls.first().map(|call| call.name.as_str());
    let place = match named {
        Some(name) => place_of(datasets, name),
        None => chosen(datasets, &reply.text),
    };
    Ok(Choice { place, usage: reply.usage })
}

fn description(dataset: &Dataset) -> String {
    let own = dataset.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
    own.map_or_else(
        || format!("useful for when you want to answer queries about the {}", dataset.name),
        |text| text.replace(['\n', '\r'], " "),
    )
}

fn instruction(datasets: &[Dataset]) -> String {
    let tools: Vec<String> = datasets.iter().map(|one| format!("{}: {}", one.id, description(one))).collect();
    let names: Vec<String> = datasets.iter().map(|one| one.id.to_string()).collect();
    format!(
        "Choose the knowledge base in which the answer to the question is to be looked up. There are these:\n\n{}\n\n\
         Answer with nothing but a JSON object, {{\"action\": \"<one of {}>\", \"action_input\": \"<what to look up>\"}}. \
         If none of them can help, the action is \"Final Answer\".",
        tools.join("\n"),
        names.join(", ")
    )
}

/// What a reply names: in its JSON, else the first that it mentions.
fn chosen(datasets: &[Dataset], reply: &str) -> Option<usize> {
    let object = core_workflow::first_object(reply);
    let action = object.as_ref().and_then(|object| object.get("action")?.as_str());
    match action {
        Some(action) => place_of(datasets, action),
        None => {
            let mentioned = datasets.iter().enumerate();
            let places = mentioned.filter_map(|(place, one)| Some((reply.find(&one.id.to_string())?, place)));
            places.min().map(|(_, place)| place)
        }
    }
}

fn place_of(datasets: &[Dataset], name: &str) -> Option<usize> {
    let name = name.trim();
    datasets.iter().position(|dataset| dataset.id.to_string() == name)
}
