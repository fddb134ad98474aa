//! The body of `POST /v1/chat/completions`, as far as it counts here.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use validator::Validate;

/// What is not named here (the model, temperature, tools and so on) is the app's to decide, and ignored.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChatCompletionRequest {
    pub(crate) messages: Vec<ChatMessage>,
    pub(crate) stream: Option<bool>,
    pub(crate) stream_options: Option<StreamOptions>,
    /// A name of the person, unique within the app.
    pub(crate) user: Option<String>,
    /// Keeps the conversation of a named person, to be gone on with.
    pub(crate) store: Option<bool>,
    /// `conversation_id`: goes on with a stored conversation. `inputs`: values for the app's form, as JSON.
    #[schema(value_type = Option<Object>)]
    pub(crate) metadata: Option<Metadata>,
    /// How many answers; there is one.
    #[validate(range(min = 1, max = 1, message = "must be 1: an app gives one answer"))]
    pub(crate) n: Option<u32>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct StreamOptions {
    pub(crate) include_usage: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) conversation_id: Option<String>,
    pub(crate) inputs: Option<Value>,
}

impl Metadata {
    /// The values for the form: an object, or JSON text of one, since metadata are texts with OpenAI.
    pub(crate) fn form(&self) -> Result<Map<String, Value>, &'static str> {
        let wrong = "metadata.inputs must be a JSON object, or the JSON text of one";
        match &self.inputs {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(form)) => Ok(form.clone()),
            Some(Value::String(text)) => serde_json::from_str(text).map_err(|_no_object| wrong),
            Some(_) => Err(wrong),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// `developer` is its newer name.
    #[serde(alias = "developer")]
    System,
    User,
    Assistant,
    /// What a tool of the client's said; an app has tools of its own.
    #[serde(alias = "function")]
    Tool,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChatMessage {
    pub(crate) role: Role,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) content: Content,
}

/// A text, or parts of several kinds.
#[derive(Debug, Default)]
pub(crate) struct Content(pub(crate) Vec<Part>);

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Part {
    Text { text: String },
    Refusal { refusal: String },
    ImageUrl { image_url: ImageUrl },
    InputAudio { input_audio: InputAudio },
    File { file: FilePart },
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ImageUrl {
    /// `https:`, or `data:` with base64.
    pub(crate) url: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct InputAudio {
    /// In base64.
    pub(crate) data: String,
    /// `wav` or `mp3`.
    pub(crate) format: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct FilePart {
    /// `data:` with base64.
    pub(crate) file_data: Option<String>,
    /// An upload of this server.
    pub(crate) file_id: Option<String>,
    pub(crate) filename: Option<String>,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "content must be a text or a list of parts")]
        enum Either {
            Text(String),
            Parts(Vec<Part>),
        }
        Ok(Self(match Option::deserialize(deserializer)? {
            None => Vec::new(),
            Some(Either::Text(text)) => vec![Part::Text { text }],
            Some(Either::Parts(parts)) => parts,
        }))
    }
}

impl Content {
    /// Its texts, one per line.
    pub(crate) fn text(&self) -> String {
        let texts = self.0.iter().filter_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            Part::Refusal { refusal } => Some(refusal.as_str()),
            Part::ImageUrl { .. } | Part::InputAudio { .. } | Part::File { .. } => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}
