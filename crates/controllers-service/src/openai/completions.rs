//! Asking an app in OpenAI's words.

use actix_web::{HttpResponse, web};
use controllers_common::app_token::{AppToken, asker};
use controllers_common::error::ApiError;
use controllers_common::generation::optional_id;
use controllers_common::sse::PingEvery;
use controllers_common::valid::Valid;
use core_app::Generation;
use core_app::app_config::VariableKind;
use models::message::NO_PARENT;
use models::{AppMode, ConversationId};
use serde_json::{Map, Value};
use services::directory::LiveApp;
use services::earlier_turns::EarlierTurns;
use services::end_users::EndUsers;
use services::files::Files;
use services::generate::{AppGenerateService, Asker, Question, Version, end_user_person};

use crate::openai::answer::{Completion, CompletionUsage, Heading, text_of};
use crate::openai::asked::Asked;
use crate::openai::fault::OpenAiError;
use crate::openai::files::{Owner, objects};
use crate::openai::models::slug;
use crate::openai::request::ChatCompletionRequest;
use crate::openai::stream::completion_stream;

/// The input that system messages fill, where an app has it.
const SYSTEM: &str = "system";
/// Messages of one request.
const MOST_MESSAGES: usize = 2000;

/// Ask the app as if it were a model of OpenAI's.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "OpenAI", request_body = ChatCompletionRequest,
    responses((status = 200, body = Completion), (status = "4XX", body = OpenAiError)))]
pub(crate) async fn create(
    app: AppToken,
    Valid(body): Valid<ChatCompletionRequest>,
    end_users: web::Data<EndUsers>,
    generate: web::Data<AppGenerateService>,
    earlier: web::Data<EarlierTurns>,
    files: web::Data<Files>,
    ping: web::Data<PingEvery>,
) -> Result<HttpResponse, ApiError> {
    let metadata = body.metadata.unwrap_or_default();
    let conversation = optional_id(metadata.conversation_id.as_deref(), "metadata.conversation_id")?;
    let conversation = conversation.map(ConversationId);
    let mut form = metadata.form().map_err(|message| ApiError::invalid_field("metadata.inputs", message))?;
    if body.messages.len() > MOST_MESSAGES {
        return Err(ApiError::invalid_field("messages", format!("There may be at most {MOST_MESSAGES} messages.")));
    }
    let asked = Asked::read(body.messages)
        .ok_or_else(|| ApiError::invalid_field("messages", "The last message must be one of the user."))?;
    let user = body.user.filter(|user| !user.is_empty());
    let kept = conversation.is_some() || (user.is_some() && body.store == Some(true));
    let streaming = body.stream == Some(true);
    generate.check_room()?;
    let end_user = app.end_user(&end_users, user.as_deref()).await?;
    let asker = asker(&end_user);
    let owner = Owner { tenant: app.app.tenant_id, caller: asker.caller };
    let attached = objects(&files, owner, &asked.question.0).await?;
    let query = worded(&app, asked.system, asked.question.text(), &mut form);
    let question = Question {
        inputs: form,
        query,
        files: attached,
        parent_message: Some(NO_PARENT),
        auto_name: kept,
        streaming,
        ..Question::default()
    };
    let talk = Talk { app: &app, asker, generate: &generate, earlier: &earlier };
    let model = slug(&app);
    if app.app.mode == AppMode::Workflow {
        let generation = Box::pin(talk.run(question)).await?;
        let heading = Heading::new(&generation.envelope, model, false);
        return answer_run(generation, heading, streaming.then(|| wants_usage(body.stream_options.as_ref())), **ping)
            .await;
    }
    let generation = Box::pin(talk.ask(question, conversation, &asked.earlier, kept)).await?;
    let heading = Heading::new(&generation.envelope, model, kept && app.app.mode.is_chat_family());
    if streaming {
        return Ok(completion_stream(generation, heading, wants_usage(body.stream_options.as_ref()), **ping));
    }
    let answer = generation.into_answer().await.map_err(|e| ApiError::from(e).after_work())?;
    let usage = CompletionUsage::of_message(&answer.metadata);
    Ok(HttpResponse::Ok().json(Completion::new(heading, answer.text, usage)))
}

fn wants_usage(options: Option<&crate::openai::request::StreamOptions>) -> bool {
    options.and_then(|options| options.include_usage).unwrap_or(false)
}

/// Streams the run of a workflow (with or without its usage), or waits for its end.
async fn answer_run(
    generation: Generation,
    heading: Heading,
    streaming: Option<bool>,
    ping: PingEvery,
) -> Result<HttpResponse, ApiError> {
    if let Some(with_usage) = streaming {
        return Ok(completion_stream(generation, heading, with_usage, ping));
    }
    let result = generation.into_result().await.map_err(|e| ApiError::from(e).after_work())?;
    let status = result.data.get("status").and_then(Value::as_str).unwrap_or_default();
    match status {
        "succeeded" | "partial-succeeded" => {
            let usage = CompletionUsage::of_run(&result.data);
            Ok(HttpResponse::Ok().json(Completion::new(heading, text_of(result.data.get("outputs")), usage)))
        }
        "paused" => Err(ApiError::invalid_param("The run waits for input of a person.").after_work()),
        _ => {
            let reason = result.data.get("error").and_then(Value::as_str).unwrap_or("The workflow failed.");
            Err(ApiError::invalid_param(reason).after_work())
        }
    }
}

/// Puts the words where the app expects them; what is left is its query.
fn worded(app: &LiveApp, system: Option<String>, text: String, form: &mut Map<String, Value>) -> String {
    let variables = app.config.as_ref().map(|config| config.variables.as_slice()).unwrap_or_default();
    let mut text = text;
    if let Some(system) = system {
        if variables.iter().any(|variable| variable.name == SYSTEM) {
            form.entry(SYSTEM).or_insert(Value::String(system));
        } else {
            text = format!("{system}\n\n{text}");
        }
    }
    if app.app.mode.is_chat_family() {
        return text;
    }
    let is_text = |kind: VariableKind| matches!(kind, VariableKind::TextInput | VariableKind::Paragraph);
    let mut texts = variables.iter().filter(|variable| is_text(variable.kind) && variable.name != SYSTEM);
    match texts.next() {
        Some(variable) => {
            form.entry(&variable.name).or_insert(Value::String(text));
            String::new()
        }
        None => text,
    }
}

/// What it takes to ask.
struct Talk<'a> {
    app: &'a AppToken,
    asker: Asker,
    generate: &'a AppGenerateService,
    earlier: &'a EarlierTurns,
}

impl Talk<'_> {
    async fn run(&self, question: Question) -> Result<Generation, ApiError> {
        let person = end_user_person(&self.asker);
        Ok(self.generate.run_workflow(self.app, self.asker.clone(), person, Version::Published, question).await?)
    }

    /// Asks in a stored conversation, or in one made of the turns that the caller remembers.
    async fn ask(
        &self,
        question: Question,
        stored: Option<ConversationId>,
        turns: &[services::earlier_turns::EarlierTurn],
        kept: bool,
    ) -> Result<Generation, ApiError> {
        let app = &self.app.app;
        let remembers = stored.is_none() && !turns.is_empty() && app.mode.is_chat_family();
        let made = if remembers {
            Some(self.earlier.remember(app, &self.asker, turns, self.asker.invoke_from).await?)
        } else {
            None
        };
        let question = Question { conversation: stored.or(made), ..question };
        let begun = self.generate.generate(self.app, self.asker.clone(), question).await;
        let nobodys = match &begun {
            Ok(generation) => (!kept).then_some(generation.envelope.conversation),
            // A question that was refused leaves nothing behind.
            Err(_) => made,
        };
        if let Some(id) = nobodys.filter(|_| app.mode.is_chat_family()) {
            self.earlier.hide(app, &self.asker, id).await?;
        }
        Ok(begun?)
    }
}
