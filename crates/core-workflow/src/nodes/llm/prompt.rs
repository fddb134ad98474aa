//! Prompts: from templates to messages.
//!
//! Everything that depends on variables is read when the node starts. What was inserted (a person's question, found
//! context) is never looked through for references again: it may be written by anyone.

use std::sync::{Arc, LazyLock};

use regex::Regex;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::context::{self, Context};
use super::{KIND, Llm};
use crate::capabilities::{ContentPart, Message, ModelTraits, Role, Turn};
use crate::limits::Limits;
use crate::node::{NodeError, Visit};
use crate::nodes::fields::{self, NamedSelector};
use crate::nodes::model::{self, MemoryFields, ModelSettings, RolePrefix};
use crate::nodes::template_transform::JinjaTemplate;
use crate::pool::{self, Variables};
use crate::run::RunContext;
use crate::template::Template;
use crate::value::{ArrayKind, File, Map, Value};

/// A list for chat models, one text for completion models.
#[derive(Debug)]
pub(super) enum PromptFields {
    Chat(Vec<MessageFields>),
    Completion(MessageFields),
}

impl<'de> Deserialize<'de> for PromptFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Json::deserialize(deserializer)?;
        if fields.is_array() {
            serde_json::from_value(fields).map(Self::Chat).map_err(D::Error::custom)
        } else {
            serde_json::from_value(fields).map(Self::Completion).map_err(D::Error::custom)
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct MessageFields {
    #[serde(default)]
    role: Option<String>,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    text: String,
    #[serde(default)]
    edition_type: Option<String>,
    #[serde(default)]
    jinja2_text: Option<String>,
    /// Only of a completion's prompt.
    #[serde(default)]
    conversation_histories_role: Option<RolePrefix>,
}

/// The prompt, compiled.
#[derive(Debug)]
pub(super) struct PromptTemplate {
    messages: Vec<(Role, Part)>,
    /// One text, without roles.
    is_completion: bool,
    prefix: Option<RolePrefix>,
    jinja_variables: Vec<NamedSelector>,
}

#[derive(Debug)]
enum Part {
    Basic(Vec<Piece>),
    Jinja(JinjaTemplate),
}

#[derive(Debug)]
enum Piece {
    Template(Template),
    Context,
    Histories,
    Query,
}

/// Marks that are no variables. `{{#sys.query#}}` is one, and found so that the bare mark inside it is not.
static MARKS: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a literal, compiled by every test")]
    Regex::new(r"\{\{#sys\.query#\}\}|\{\{#(?:context|histories)#\}\}|\{#context#\}|#histories#|#sys\.query#")
        .expect("the pattern is valid")
});

fn pieces(text: &str, is_completion: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut end = 0;
    for mark in MARKS.find_iter(text) {
        let piece = match mark.as_str() {
            "{{#context#}}" | "{#context#}" => Piece::Context,
            "{{#histories#}}" | "#histories#" if is_completion => Piece::Histories,
            "#sys.query#" if is_completion => Piece::Query,
            _ => continue,
        };
        pieces.push(Piece::Template(Template::parse(text.get(end..mark.start()).unwrap_or_default())));
        pieces.push(piece);
        end = mark.end();
    }
    pieces.push(Piece::Template(Template::parse(text.get(end..).unwrap_or_default())));
    pieces
}

impl PromptTemplate {
    pub(super) fn build(fields: PromptFields, jinja_variables: Vec<NamedSelector>) -> Result<Self, String> {
        let (messages, is_completion) = match fields {
            PromptFields::Chat(messages) => (messages, false),
            PromptFields::Completion(message) => (vec![message], true),
        };
        let prefix = messages.first().and_then(|message| message.conversation_histories_role.clone());
        let part = |message: MessageFields| {
            let role = match message.role.as_deref().filter(|_| !is_completion) {
                None => Role::User,
                Some(role) => Role::parse(role).ok_or_else(|| format!("prompt role `{role}` is not supported"))?,
            };
            let part = if message.edition_type.as_deref() == Some("jinja2") {
                Part::Jinja(JinjaTemplate::compile(message.jinja2_text.as_deref().unwrap_or_default()))
            } else {
                Part::Basic(pieces(&message.text, is_completion))
            };
            Ok((role, part))
        };
        let messages = messages.into_iter().map(part).collect::<Result<Vec<_>, String>>()?;
        Ok(Self { messages, is_completion, prefix, jinja_variables })
    }

    fn has_jinja(&self) -> bool {
        self.messages.iter().any(|(_, part)| matches!(part, Part::Jinja(_)))
    }
}

/// A prompt with its variables read, but for what others have to be asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Prepared {
    messages: Vec<PreparedMessage>,
    is_completion: bool,
    /// The earlier turns come after the template's messages (or where it says), then the question.
    memory: Option<(MemoryFields, Option<RolePrefix>)>,
    query: Option<Message>,
    files: Vec<Arc<File>>,
    detail: Option<String>,
    jinja_inputs: Map,
    /// What the answer may cite.
    pub sources: Vec<Json>,
}

#[derive(Debug, Clone)]
struct PreparedMessage {
    role: Role,
    body: PreparedBody,
}

#[derive(Debug, Clone)]
enum PreparedBody {
    /// Texts, and between them places for the earlier turns.
    Text(Vec<Option<String>>, Vec<Arc<File>>),
    Jinja(JinjaTemplate),
}

const MISSING: &str = "VariableNotFoundError";

/// A template's text; its variables become inputs of the node.
fn filled(template: &Template, variables: &Variables<'_>, inputs: &mut Map) -> Result<String, NodeError> {
    for selector in template.selectors() {
        let name = format!("#{}#", selector.dotted());
        match variables.get(selector) {
            Some(value) => inputs.insert(name, value.into_owned()),
            None => return Err(NodeError::new(MISSING, format!("Variable {name} not found"))),
        };
    }
    Ok(template.render(variables))
}

fn file_list(files: &[Arc<File>]) -> Value {
    Value::array_of(ArrayKind::File, files.iter().map(|file| Value::File(Arc::clone(file))).collect())
}

impl Llm {
    pub(super) fn prepare(&self, visit: &Visit<'_>, inputs: &mut Map) -> Result<Prepared, NodeError> {
        let variables = &visit.variables;
        let query_text = variables.variable(pool::SYSTEM, "query").map(Value::text);
        let query_text = match (&self.memory, &self.query) {
            (Some(_), Some(template)) => Some(filled(template, variables, inputs)?),
            _ => query_text,
        };
        let context = self.context(variables)?;
        let mut messages = Vec::with_capacity(self.prompt.messages.len());
        for (role, part) in &self.prompt.messages {
            let body = match part {
                Part::Jinja(template) => PreparedBody::Jinja(template.clone()),
                Part::Basic(pieces) => {
                    prepare_pieces(pieces, variables, inputs, (&context.text, query_text.as_deref()))?
                }
            };
            messages.push(PreparedMessage { role: *role, body });
        }
        let mut jinja_inputs = Map::new();
        if self.prompt.has_jinja() {
            for variable in &self.prompt.jinja_variables {
                let value = variable.value_selector.0.as_ref().and_then(|selector| variables.get(selector));
                let missing = || NodeError::new(MISSING, format!("Variable {} not found", variable.variable));
                jinja_inputs.insert(variable.variable.clone(), value.ok_or_else(missing)?.into_owned());
            }
            inputs.extend(jinja_inputs.clone());
        }
        let mut files = self.vision.files(variables);
        if !files.is_empty() {
            inputs.insert("#files#".to_owned(), file_list(&files));
        }
        if self.context.enabled {
            inputs.insert("#context#".to_owned(), Value::from(context.text.as_str()));
            if !context.files.is_empty() {
                inputs.insert("#context_files#".to_owned(), file_list(&context.files));
            }
        }
        if self.vision.is_enabled() {
            files.extend(context.files);
        }
        let detail = self.vision.detail();
        let query = self.memory.as_ref().and(query_text).filter(|_| !self.prompt.is_completion).map(|text| {
            let of_query = self.query.as_ref().map(|template| template.files(variables)).unwrap_or_default();
            let mut message = vec![Message::text(Role::User, text)];
            model::with_files(&mut message, of_query, detail.as_ref());
            message.swap_remove(0)
        });
        let memory = self.memory.clone().map(|memory| {
            let prefix = memory.role_prefix.clone().or_else(|| self.prompt.prefix.clone());
            (memory, prefix)
        });
        let is_completion = self.prompt.is_completion;
        Ok(Prepared { messages, is_completion, memory, query, files, detail, jinja_inputs, sources: context.sources })
    }

    fn context(&self, variables: &Variables<'_>) -> Result<Context, NodeError> {
        let selector = self.context.variable_selector.0.as_ref().filter(|_| self.context.enabled);
        let value = selector.and_then(|selector| variables.get(selector));
        value.map_or_else(|| Ok(Context::default()), |value| context::read(&value))
    }
}

fn prepare_pieces(
    pieces: &[Piece],
    variables: &Variables<'_>,
    inputs: &mut Map,
    (context, query): (&str, Option<&str>),
) -> Result<PreparedBody, NodeError> {
    let (mut texts, mut files) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Template(template) => {
                texts.push(Some(filled(template, variables, inputs)?));
                files.extend(template.files(variables));
            }
            Piece::Context => texts.push(Some(context.to_owned())),
            Piece::Query => texts.push(Some(query.unwrap_or_default().to_owned())),
            Piece::Histories => texts.push(None),
        }
    }
    Ok(PreparedBody::Text(texts, files))
}

impl Prepared {
    /// The messages as they are sent.
    pub(super) async fn messages(
        self,
        model: &ModelSettings,
        traits: &ModelTraits,
        run: &RunContext,
    ) -> Result<Vec<Message>, NodeError> {
        let Self { messages, is_completion, memory, query, files, detail, jinja_inputs, sources: _ } = self;
        let mut rendered = Vec::with_capacity(messages.len());
        for message in messages {
            rendered.push(message.rendered(&jinja_inputs, &run.limits, detail.as_ref()).await?);
        }
        // The template's messages and the question count against what the earlier turns may take.
        let draft = || {
            let texts = rendered.iter().flat_map(|message| message.filled(""));
            texts.chain(query.clone()).collect::<Vec<_>>()
        };
        let turns = match (&memory, &run.capabilities.history) {
            (Some((memory, _)), Some(history)) => history.turns(memory.window(), &model.call(draft())).await?,
            _ => Vec::new(),
        };
        let mut all = if is_completion {
            let prefix = memory.as_ref().and_then(|(_, prefix)| prefix.as_ref());
            completion(&rendered, &turns, prefix)
        } else {
            let mut all: Vec<Message> = rendered.iter().flat_map(|message| message.filled("")).collect();
            all.extend(model::conversation(turns, detail.as_ref()));
            all.extend(query);
            all
        };
        model::with_files(&mut all, files, detail.as_ref());
        let all = model::only_readable(all, traits);
        if all.is_empty() {
            return Err(NodeError::new(
                "NoPromptFoundError",
                "No prompt found in the LLM configuration. Please ensure a prompt is properly configured before \
                 proceeding.",
            ));
        }
        Ok(all)
    }
}

/// One text; the earlier turns stand where it says, else before it.
fn completion(rendered: &[Rendered], turns: &[Turn], prefix: Option<&RolePrefix>) -> Vec<Message> {
    let history = model::history_text(turns, prefix);
    let has_place = rendered.iter().any(|message| message.texts.contains(&None));
    let mut all: Vec<Message> = rendered.iter().flat_map(|message| message.filled(&history)).collect();
    if !has_place
        && !history.is_empty()
        && let Some(ContentPart::Text(text)) = all.first_mut().and_then(|message| message.content.first_mut())
    {
        *text = format!("{history}\n{text}");
    }
    all
}

/// A message of the template; `None` stands for the earlier turns.
struct Rendered {
    role: Role,
    texts: Vec<Option<String>>,
    files: Vec<ContentPart>,
}

impl Rendered {
    /// Its text, and its files as a message of their own.
    fn filled(&self, history: &str) -> impl Iterator<Item = Message> {
        let text: String = self.texts.iter().map(|text| text.as_deref().unwrap_or(history)).collect();
        let message = (!text.is_empty()).then(|| Message::text(self.role, text));
        let files = (!self.files.is_empty()).then(|| Message { role: self.role, content: self.files.clone() });
        message.into_iter().chain(files)
    }
}

impl PreparedMessage {
    async fn rendered(self, inputs: &Map, limits: &Limits, detail: Option<&String>) -> Result<Rendered, NodeError> {
        let (texts, files) = match self.body {
            PreparedBody::Text(texts, files) => (texts, files),
            PreparedBody::Jinja(template) => {
                let text = template.text(inputs.clone(), limits).await.map_err(|e| NodeError::new(KIND, e))?;
                (vec![Some(text)], Vec::new())
            }
        };
        let files = files.into_iter().map(|file| ContentPart::File { file, detail: detail.cloned() }).collect();
        Ok(Rendered { role: self.role, texts, files })
    }
}
