//! What the tests share: a runtime, a stub and ways to call.

use std::sync::Arc;
use std::time::Duration;

use core_model_runtime::{
    BuiltinOptions, ChatChunk, ChatRequest, ChatResult, Credentials, InvokeError, Limits, ModelRef, PromptMessage,
    Registry, Runtime, ToolCall,
};
use futures::StreamExt;
use serde_json::{Map, Value, json};
use stub_upstream::{Script, StubUpstream};
use uuid::Uuid;

pub(crate) const PATIENT: Duration = Duration::from_secs(20);

pub(crate) struct Bench {
    pub stub: StubUpstream,
    pub runtime: Runtime,
}

/// Quick to give up, slow to open the breaker.
pub(crate) fn limits() -> Limits {
    let mut limits = Limits {
        first_token: Duration::from_millis(1500),
        silence: Duration::from_millis(300),
        total: Duration::from_secs(10),
        retries: 0,
        retry_pause: Duration::from_millis(5),
        retry_pause_max: Duration::from_millis(20),
        max_event_bytes: 64 * 1024,
        ..Limits::default()
    };
    limits.breaker.failures = 0;
    limits
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(limits()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let policy = egress::Policy { allow_private: true, ..egress::Policy::default() };
        let registry = Registry::builtin(BuiltinOptions { demo: true }).unwrap();
        let runtime = Runtime::new(registry, egress::Client::new(policy).unwrap(), limits);
        Self { stub: StubUpstream::start().await, runtime }
    }

    pub(crate) async fn scripted(script: Script) -> Self {
        let bench = Self::new().await;
        bench.stub.script("k", script);
        bench
    }

    pub(crate) fn openai(&self, model: &str) -> ModelRef {
        self.model("openai", model, json!({"openai_api_key": "k", "openai_api_base": self.stub.openai_base_url()}))
    }

    pub(crate) fn anthropic(&self) -> ModelRef {
        let credentials = json!({"anthropic_api_key": "k", "anthropic_api_url": self.stub.anthropic_base_url()});
        self.model("anthropic", "claude-sonnet-4-20250514", credentials)
    }

    /// An OpenAI-compatible model with extra credentials.
    pub(crate) fn compatible(&self, extra: Value) -> ModelRef {
        let mut credentials = json!({"endpoint_url": self.stub.openai_base_url(), "api_key": "k"});
        let Value::Object(extra) = extra else { panic!() };
        credentials.as_object_mut().unwrap().extend(extra);
        self.model("openai_api_compatible", "local", credentials)
    }

    pub(crate) fn model(&self, provider: &str, model: &str, credentials: Value) -> ModelRef {
        let Value::Object(credentials) = credentials else { panic!() };
        ModelRef {
            tenant: Uuid::nil(),
            provider: provider.parse().unwrap(),
            model: model.to_owned(),
            credentials: Arc::new(Credentials::from_json_map(credentials)),
        }
    }

    pub(crate) async fn stream(&self, model: &ModelRef, request: ChatRequest) -> Outcome {
        let mut outcome = Outcome::default();
        match self.runtime.stream_chat(model, request).await {
            Err(error) => outcome.error = Some(error),
            Ok(mut stream) => {
                while let Some(item) = stream.next().await {
                    match item {
                        Ok(chunk) => outcome.add(chunk),
                        Err(error) => outcome.error = Some(error),
                    }
                }
            }
        }
        outcome
    }

    pub(crate) async fn ask(&self, model: &ModelRef) -> Outcome {
        self.stream(model, hello()).await
    }

    pub(crate) async fn chat(&self, model: &ModelRef) -> Result<ChatResult, InvokeError> {
        self.runtime.chat(model, hello()).await
    }

    pub(crate) fn last_body(&self) -> Value {
        self.stub.requests().pop().unwrap().body
    }
}

/// A folded stream.
#[derive(Default)]
pub(crate) struct Outcome {
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
    pub chunks: Vec<ChatChunk>,
    pub error: Option<InvokeError>,
}

impl Outcome {
    fn add(&mut self, chunk: ChatChunk) {
        self.text.push_str(&chunk.text);
        self.tool_calls.extend(chunk.tool_calls.iter().cloned());
        self.chunks.push(chunk);
    }

    pub(crate) fn last(&self) -> &ChatChunk {
        assert!(self.error.is_none(), "{:?}", self.error);
        assert_eq!(self.chunks.iter().filter(|chunk| chunk.usage.is_some()).count(), 1);
        let last = self.chunks.last().unwrap();
        assert!(last.usage.is_some());
        last
    }

    pub(crate) fn error(&self) -> &InvokeError {
        self.error.as_ref().unwrap_or_else(|| panic!("no error, but {:?}", self.text))
    }
}

pub(crate) fn hello() -> ChatRequest {
    ChatRequest { messages: vec![PromptMessage::user("Say hello.")], ..ChatRequest::default() }
}

pub(crate) fn with_parameters(parameters: Value) -> ChatRequest {
    ChatRequest { parameters: object(parameters), ..hello() }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("{value} is not an object") };
    map
}
