//! What tools and agents answer, piece by piece, and what becomes of it.

use std::sync::Arc;

use futures::{Stream, StreamExt};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use crate::capabilities::ToolMessage;
use crate::node::{NodeError, Outcome};
use crate::signal::Signals;
use crate::usage::Usage;
use crate::value::{ArrayKind, File, Map, Value};

/// Everything that was answered.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub text: String,
    pub json: Vec<Json>,
    pub files: Vec<Arc<File>>,
    pub variables: Map,
    /// Entries by id, each as it was last sent.
    pub log: IndexMap<String, Json>,
    pub usage: Option<Usage>,
    /// Variables that come in pieces.
    streamed: IndexMap<String, String>,
    /// About how many bytes are held.
    weight: usize,
}

/// Whose answer it is.
pub(crate) struct Listener {
    pub signals: Signals,
    /// The node's id, for entries of the log.
    pub node: Arc<str>,
    /// The class of its own errors.
    pub kind: &'static str,
    /// Bytes that an answer may have.
    pub max: usize,
}

impl Listener {
    /// Reads an answer to its end.
    pub(crate) async fn gather<E: Into<NodeError>>(
        &self,
        mut messages: impl Stream<Item = Result<ToolMessage, E>> + Unpin,
    ) -> Result<Gathered, NodeError> {
        let mut gathered = Gathered::default();
        while let Some(message) = messages.next().await {
            self.take(message.map_err(Into::into)?, &mut gathered).await?;
            if gathered.weight > self.max {
                return Err(NodeError::new(self.kind, format!("the answer is longer than {} bytes", self.max)));
            }
        }
        self.signals.finish("text").await;
        for (name, text) in std::mem::take(&mut gathered.streamed) {
            self.signals.finish(&name).await;
            gathered.variables.insert(name, Value::from(text));
        }
        Ok(gathered)
    }

    async fn take(&self, message: ToolMessage, gathered: &mut Gathered) -> Result<(), NodeError> {
        match message {
            ToolMessage::Text(text) => self.say(text, gathered).await,
            ToolMessage::Link { url, file: None } => self.say(format!("Link: {url}\n"), gathered).await,
            ToolMessage::Link { url, file: Some(file) } => {
                gathered.hold_file(file);
                self.say(format!("File: {url}\n"), gathered).await;
            }
            ToolMessage::Json(json) => {
                gathered.weight += Value::plain(json.clone()).weight();
                gathered.json.push(json);
            }
            ToolMessage::File(file) => gathered.hold_file(file),
            ToolMessage::Variable { name, value, stream } => self.variable(name, value, stream, gathered).await?,
            ToolMessage::Log(entry) => self.log(entry, gathered).await,
            ToolMessage::RetrieverResources { resources, context } => {
                gathered.weight +=
                    resources.iter().map(|resource| Value::plain(resource.clone()).weight()).sum::<usize>();
                self.signals.retriever_resources(resources).await;
                if !context.is_empty() {
                    self.say(context, gathered).await;
                }
            }
            ToolMessage::Usage(usage) => gathered.spend(&usage),
        }
        Ok(())
    }

    async fn say(&self, text: String, gathered: &mut Gathered) {
        gathered.weight += text.len();
        gathered.text.push_str(&text);
        self.signals.chunk("text", text).await;
    }

    async fn variable(
        &self,
        name: String,
        value: Json,
        stream: bool,
        gathered: &mut Gathered,
    ) -> Result<(), NodeError> {
        if matches!(name.as_str(), "json" | "text" | "files") {
            return Err(NodeError::new(self.kind, format!("The variable name '{name}' is reserved.")));
        }
        let value = Value::from_json(value);
        gathered.weight += name.len() + value.weight();
        if !stream {
            gathered.variables.insert(name, value);
            return Ok(());
        }
        let Value::String(piece) = value else {
            return Err(NodeError::new(self.kind, "When 'stream' is True, 'variable_value' must be a string."));
        };
        self.signals.chunk(&name, piece.to_string()).await;
        gathered.streamed.entry(name).or_default().push_str(&piece);
        Ok(())
    }

    async fn log(&self, entry: Json, gathered: &mut Gathered) {
        let Json::Object(mut entry) = entry else { return };
        gathered.weight += Value::plain(Json::Object(entry.clone())).weight();
        for name in ["parent_id", "error", "metadata"] {
            entry.entry(name).or_insert(Json::Null);
        }
        entry.insert("node_id".to_owned(), Json::from(self.node.as_ref()));
        let id = entry.get("id").and_then(Json::as_str).map_or_else(|| gathered.log.len().to_string(), str::to_owned);
        let entry = Json::Object(entry);
        gathered.log.insert(id, entry.clone());
        self.signals.agent_log(entry).await;
    }
}

impl Gathered {
    fn hold_file(&mut self, file: Arc<File>) {
        self.weight += Value::File(Arc::clone(&file)).weight();
        self.files.push(file);
    }

    pub(crate) fn spend(&mut self, usage: &Usage) {
        self.usage.get_or_insert_default().add(usage);
    }

    /// Outputs that tools and agents have in common. `json` is never empty.
    pub(crate) fn outputs(self, before: Vec<Json>) -> Map {
        let mut json = before;
        if self.json.is_empty() {
            json.push(json!({"data": []}));
        } else {
            json.extend(self.json);
        }
        let json = json.into_iter().map(Value::from_json).collect();
        let files = self.files.into_iter().map(Value::File).collect();
        let mut outputs = Map::from_iter([
            ("text".to_owned(), Value::from(self.text)),
            ("files".to_owned(), Value::array_of(ArrayKind::File, files)),
            ("json".to_owned(), Value::array(json)),
        ]);
        outputs.extend(self.variables);
        outputs
    }
}

/// Notes what models have cost on the way, if they have.
pub(crate) fn spent(outcome: &mut Outcome, usage: Option<Usage>) {
    if let Some(usage) = usage.filter(|usage| usage.total_tokens > 0) {
        outcome.metadata.cost(&usage);
        outcome.usage = Some(usage);
    }
}
