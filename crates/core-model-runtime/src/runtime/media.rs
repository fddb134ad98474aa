//! Moderation, reranking, speech.

use futures::{StreamExt, TryStreamExt, stream};

use crate::capability::{AudioStream, Recording, RerankedDocument};
use crate::chat::ModelRef;
use crate::error::InvokeError;
use crate::model_type::ModelType;
use crate::runtime::meter::Meter;
use crate::runtime::{Runtime, not_found};
use crate::schema::Voice;

const DEFAULT_WORD_LIMIT: u32 = 3500;
/// What may end a sentence where long text is split for speaking.
const SENTENCE_ENDS: [char; 8] = ['.', '!', '?', '\n', '\u{3002}', '\u{ff01}', '\u{ff1f}', ';'];

impl Runtime {
    /// True when any of the texts is objectionable.
    pub async fn moderate(&self, model: &ModelRef, texts: &[String]) -> Result<bool, InvokeError> {
        let adapter = self.provider(model)?.adapter().moderation().ok_or_else(|| not_found(model))?;
        let (upstream, mut meter) = (self.upstream(&model.provider), Meter::new(model));
        let flagged = self.attempts(model, upstream.started(), || adapter.flagged(&upstream, model, texts)).await;
        metered(&mut meter, flagged)
    }

    /// Documents by relevance, best first, with scores from 0 to 1; `top_n` limits the result.
    pub async fn rerank(
        &self,
        model: &ModelRef,
        query: &str,
        documents: &[String],
        top_n: Option<usize>,
    ) -> Result<Vec<RerankedDocument>, InvokeError> {
        if documents.is_empty() {
            return Ok(Vec::new());
        }
        let adapter = self.provider(model)?.adapter().rerank().ok_or_else(|| not_found(model))?;
        let (upstream, mut meter) = (self.upstream(&model.provider), Meter::new(model));
        let ranked = self
            .attempts(model, upstream.started(), || adapter.rerank(&upstream, model, query, documents, top_n))
            .await;
        let mut ranked = metered(&mut meter, ranked)?;
        // Not every upstream keeps to it.
        ranked.truncate(top_n.unwrap_or(usize::MAX));
        Ok(ranked)
    }

    /// The text of a recording.
    pub async fn transcribe(&self, model: &ModelRef, recording: Recording) -> Result<String, InvokeError> {
        let adapter = self.provider(model)?.adapter().speech_to_text().ok_or_else(|| not_found(model))?;
        let (upstream, mut meter) = (self.upstream(&model.provider), Meter::new(model));
        let text =
            self.attempts(model, upstream.started(), || adapter.transcribe(&upstream, model, recording.clone())).await;
        metered(&mut meter, text)
    }

    /// The voices of a model that speaks, in its order; none where it does not say.
    ///
    /// # Errors
    /// If there is no such model.
    pub fn voices(&self, model: &ModelRef) -> Result<Vec<Voice>, InvokeError> {
        Ok(self.schema(model, ModelType::Tts)?.model_properties.voices())
    }

    /// Speaks a text of any length; audio is yielded as it comes. Without a voice of the model's, its default is used.
    pub async fn speak(&self, model: &ModelRef, text: &str, voice: Option<&str>) -> Result<AudioStream, InvokeError> {
        let adapter = self.provider(model)?.adapter().text_to_speech().ok_or_else(|| not_found(model))?;
        let schema = self.schema(model, ModelType::Tts)?;
        let voices = schema.model_properties.voices();
        let known = |name: &&str| voices.is_empty() || voices.iter().any(|voice| voice.id == *name);
        let voice = match voice.filter(known).or_else(|| schema.model_properties.text("default_voice")) {
            Some(name) => name.to_owned(),
            None => voices.first().map(|voice| voice.id.clone()).unwrap_or_default(),
        };
        let limit = schema.model_properties.number("word_limit").unwrap_or(DEFAULT_WORD_LIMIT);
        let mut pieces = split_sentences(text, usize::try_from(limit).unwrap_or(usize::MAX)).into_iter();
        let first = pieces.next().unwrap_or_default();
        let (upstream, mut meter) = (self.upstream(&model.provider), Meter::new(model));
        // The first request is made here, so that a refusal is an error and not the end of a stream.
        let head = self.attempts(model, upstream.started(), || adapter.speak(&upstream, model, &first, &voice)).await;
        let head = metered(&mut meter, head)?;
        let (runtime, model) = (self.clone(), model.clone());
        let tail = stream::iter(pieces).then(move |piece| {
            let (runtime, model, adapter, voice) = (runtime.clone(), model.clone(), adapter.clone(), voice.clone());
            async move {
                let upstream = runtime.upstream(&model.provider);
                adapter.speak(&upstream, &model, &piece, &voice).await
            }
        });
        Ok(head.chain(tail.try_flatten()).boxed())
    }
}

fn metered<T>(meter: &mut Meter, result: Result<T, InvokeError>) -> Result<T, InvokeError> {
    match &result {
        Ok(_) => meter.succeeded_with_tokens(0),
        Err(error) => meter.failed(error),
    }
    result
}

/// Pieces of at most `limit` characters, cut after sentences where possible.
fn split_sentences(text: &str, limit: usize) -> Vec<String> {
    let (mut pieces, mut piece, mut length) = (Vec::new(), String::new(), 0);
    for sentence in text.split_inclusive(SENTENCE_ENDS) {
        let characters = sentence.chars().count();
        if length + characters > limit && !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
            length = 0;
        }
        if characters > limit {
            let characters: Vec<char> = sentence.chars().collect();
            pieces.extend(characters.chunks(limit.max(1)).map(|chunk| chunk.iter().collect::<String>()));
            continue;
        }
        piece.push_str(sentence);
        length += characters;
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_split_at_sentences() {
        assert_eq!(split_sentences("One. Two. Three.", 11), ["One. Two.", " Three."]);
        assert_eq!(split_sentences("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(split_sentences("short", 100), ["short"]);
        assert!(split_sentences("", 10).is_empty());
    }
}
