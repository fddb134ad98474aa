//! Speech to text and text to speech.

use async_trait::async_trait;
use egress::multipart::{Form, Part};
use futures::{StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::json;

use crate::capability::{AudioStream, Recording, SpeechToText, TextToSpeech};
use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::providers::openai_dialect::endpoint::Locate;
use crate::transport::Upstream;

pub(crate) struct DialectSpeechToText(pub Locate);

#[derive(Deserialize)]
struct Transcript {
    text: String,
}

#[async_trait]
impl SpeechToText for DialectSpeechToText {
    async fn transcribe(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        recording: Recording,
    ) -> Result<String, InvokeError> {
        let endpoint = self.0(upstream, model)?;
        let length = u64::try_from(recording.bytes.len()).unwrap_or(u64::MAX);
        let file = Part::stream_with_length(recording.bytes, length)
            .file_name(recording.filename)
            .mime_str(&recording.mime_type)
            .map_err(|error| upstream.bad_request(error.to_string()))?;
        let mut form = Form::new().text("model", endpoint.model.clone()).part("file", file);
        if let Some(language) = &endpoint.language {
            form = form.text("language", language.clone());
        }
        if let Some(prompt) = &endpoint.initial_prompt {
            form = form.text("prompt", prompt.clone());
        }
        let body = upstream.exchange(endpoint.post(upstream, "/audio/transcriptions")?.multipart(form)).await?;
        Ok(upstream.parse::<Transcript>(&body)?.text)
    }
}

pub(crate) struct DialectTextToSpeech(pub Locate);

#[async_trait]
impl TextToSpeech for DialectTextToSpeech {
    async fn speak(
        &self,
        upstream: &Upstream,
        model: &ModelRef,
        text: &str,
        voice: &str,
    ) -> Result<AudioStream, InvokeError> {
        let endpoint = self.0(upstream, model)?;
        let body = json!({"model": endpoint.model, "input": text, "voice": voice, "response_format": "mp3"});
        let (response, _watch) = upstream.open(endpoint.post(upstream, "/audio/speech")?.json(&body)).await?;
        let (silence, upstream) = (upstream.limits().silence, upstream.clone());
        let chunks = futures::stream::try_unfold(response, move |mut response| {
            let upstream = upstream.clone();
            async move {
                match tokio::time::timeout(silence, egress::next_chunk(&mut response)).await {
                    Ok(Ok(Some(bytes))) => Ok(Some((bytes, response))),
                    Ok(Ok(None)) => Ok(None),
                    Ok(Err(error)) => Err(upstream.egress(error)),
                    Err(_elapsed) => Err(upstream.connection("the upstream fell silent")),
                }
            }
        });
        Ok(chunks.into_stream().boxed())
    }
}
