//! What happens to a question before anything is looked up for it.

use std::sync::Arc;

use crate::engine::EngineParts;
use crate::engine::run::{Ended, How, interrupted};
use crate::engine::sink::Sink;
use crate::engine::turn::Turn;
use crate::event::StreamEvent;
use crate::external_data;
use crate::moderation::{InputVerdict, Judge};

/// How the turn ends if no model is to be asked: the question is refused, a person has answered it already, or something
/// failed.
pub(super) async fn instead(parts: &EngineParts, turn: &mut Turn, sink: &mut Sink) -> Option<Ended> {
    if let Some(ended) = moderated(parts, turn, sink).await {
        return Some(ended);
    }
    if let Some(ended) = from_annotation(parts, turn, sink).await {
        return Some(ended);
    }
    fill_in(parts, turn, sink).await
}

/// Whether the question may be asked, and in which words.
async fn moderated(parts: &EngineParts, turn: &mut Turn, sink: &mut Sink) -> Option<Ended> {
    let config = Arc::clone(&turn.request.app.config);
    let judge = Judge::of(parts, turn.request.app.tenant, turn.request.app.id, &config)?;
    let judged = sink.or_interrupt(judge.input(&turn.inputs.0, &turn.request.query)).await;
    let verdict = match judged {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => return Some(Ended::without_model(String::new(), How::Failed(error), None)),
        Err(interrupt) => return Some(Ended::without_model(String::new(), interrupted(interrupt), None)),
    };
    match verdict {
        InputVerdict::Clean => None,
        InputVerdict::Overridden { inputs, query } => {
            turn.reword(inputs, query);
            None
        }
        InputVerdict::Refused(preset) => {
            // A conversation is not named after what must not be asked.
            turn.name_after = None;
            if !preset.is_empty() {
                sink.emit(StreamEvent::Message { answer: &preset }.frame(&turn.envelope)).await;
            }
            Some(Ended::without_model(preset, How::Finished, None))
        }
    }
}

/// What a person wrote in place of the model's answer, if anybody did.
async fn from_annotation(parts: &EngineParts, turn: &Turn, sink: &mut Sink) -> Option<Ended> {
    let asked = turn.annotated.as_ref()?;
    let answer = sink.or_interrupt(parts.annotations.answer(turn.request.app.tenant, turn.request.app.id, asked)).await;
    let (text, annotation, how) = match answer {
        Ok(answer) => answer.map(|answer| (answer.text, Some(answer.shown), How::Finished))?,
        Err(interrupt) => (String::new(), None, interrupted(interrupt)),
    };
    if !text.is_empty() {
        sink.emit(StreamEvent::Message { answer: &text }.frame(&turn.envelope)).await;
    }
    Some(Ended::without_model(text, how, annotation))
}

/// Gives the prompt the values that extensions know.
async fn fill_in(parts: &EngineParts, turn: &mut Turn, sink: &Sink) -> Option<Ended> {
    let app = &turn.request.app;
    let tools = &app.config.external_data;
    if tools.is_empty() {
        return None;
    }
    let (whose, query) = ((app.tenant, app.id), turn.request.query.as_str());
    let fetched = sink.or_interrupt(external_data::fetch(parts, whose, tools, &turn.inputs.0, query)).await;
    match fetched {
        Ok(Ok(values)) => {
            turn.inputs.0.extend(values);
            None
        }
        Ok(Err(error)) => Some(Ended::without_model(String::new(), How::Failed(error), None)),
        Err(interrupt) => Some(Ended::without_model(String::new(), interrupted(interrupt), None)),
    }
}
