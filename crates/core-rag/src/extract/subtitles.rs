//! Subtitles: what is said, and in WebVTT by whom.

use super::budget::Budget;
use super::error::ExtractError;
use super::{html, plain};

struct Cue {
    speaker: Option<String>,
    text: String,
}

/// One line an utterance: `Speaker "what they say"`. Consecutive cues of one speaker are one utterance; a cue without a
/// speaker is a line of its own.
pub(super) fn vtt(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let source = plain::decode(bytes);
    let mut utterances: Vec<Cue> = Vec::new();
    for cue in cues(&source) {
        budget.tick()?;
        let cue = voiced(&cue);
        match utterances.last_mut() {
            Some(last) if last.speaker.is_some() && last.speaker == cue.speaker => {
                last.text.push(' ');
                last.text.push_str(&cue.text);
            }
            _ => utterances.push(cue),
        }
    }
    let mut text = budget.text();
    for utterance in &utterances {
        let speaker = utterance.speaker.as_deref().map(|speaker| format!("{speaker} ")).unwrap_or_default();
        text.push_line(&format!("{speaker}\"{}\"", utterance.text))?;
    }
    Ok(text.into_string())
}

/// What is said, one line a cue.
pub(super) fn srt(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let source = plain::decode(bytes);
    let mut text = budget.text();
    for cue in cues(&source) {
        text.push_line(&html::without_tags(&cue))?;
    }
    Ok(text.into_string())
}

/// The lines below each line of times, up to a blank line.
fn cues(source: &str) -> impl Iterator<Item = String> {
    let mut lines = source.lines().map(str::trim_end);
    std::iter::from_fn(move || {
        lines.find(|line| line.contains("-->"))?;
        Some(lines.by_ref().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
    })
}

/// `<v Name>` or `<v.class Name>` at the start names the speaker; other tags say how to show the words.
fn voiced(cue: &str) -> Cue {
    let speaker = cue.trim_start().strip_prefix("<v").and_then(|rest| {
        let (tag, _) = rest.split_once('>')?;
        if !tag.starts_with(['.', ' ', '\t']) {
            return None;
        }
        let (_classes, name) = tag.split_once([' ', '\t'])?;
        let name = html::unescape(name.trim());
        (!name.is_empty()).then_some(name)
    });
    Cue { speaker, text: html::unescape(&html::without_tags(cue)) }
}
