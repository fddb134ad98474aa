//! Chunks that are questions with their answers: asked for from a model, or written by people in a table.

use std::sync::LazyLock;

use csv::ReaderBuilder;
use regex::Regex;

use super::Chunk;
use crate::extract::decode;

/// What is asked of the model: the share of chance in its answers, and how long they may be.
pub const TEMPERATURE: f64 = 0.01;
pub const MAX_TOKENS: u32 = 2000;

/// Pairs of one reply. A model that repeats itself may go on for ever.
const MAX_PAIRS: usize = 200;

/// Rows of one table.
const MAX_ROWS: usize = 100_000;

/// A question and its answer. Neither is blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub question: String,
    pub answer: String,
}

impl From<Pair> for Chunk {
    fn from(pair: Pair) -> Self {
        Self { answer: Some(pair.answer), ..Self::of(pair.question) }
    }
}

/// The system message for a model that makes pairs out of a chunk, which is the user's message. `language` in English, as
/// documents have it (`German`).
pub fn prompt(language: &str) -> String {
    format!(
        "The user sends you a part of a longer text. Turn what it says into questions and answers by which the text can \
         be found and replaced.\n\
         Read it as a whole first. Then ask about every fact, decision, number and definition in it, one matter a \
         question. Each question must make sense to somebody who has not seen the text, so name things instead of \
         pointing at them. Each answer must be complete, and must hold nothing that the text does not say.\n\
         Write questions and answers in {language}. Write them in exactly this form, without numbers left out, without \
         headings and without any other word:\n\
         Q1: the first question\n\
         A1: its answer\n\
         Q2: the second question\n\
         A2: its answer"
    )
}

/// Reads a reply: `Q1:`, `A1:`, `Q2:` and so on, each on a line of its own or not. What stands before the first question,
/// and questions without an answer, are left out.
pub fn parse(reply: &str) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut state = State::Before;
    for mark in marks(reply) {
        let number = mark.number;
        state = match (state, mark.is_question) {
            (State::Before, true) => State::Question { number, from: mark.end },
            (State::Question { number: asked, from }, false) if asked == number => {
                State::Answer { number, question: from..mark.start, from: mark.end }
            }
            // The question before had no answer.
            (State::Question { number: asked, .. }, true) if number > asked => {
                State::Question { number, from: mark.end }
            }
            (State::Answer { number: answered, question, from }, true) if number > answered => {
                pairs.extend(pair(reply.get(question), reply.get(from..mark.start)));
                State::Question { number, from: mark.end }
            }
            // Text that looks like a mark.
            (state, _) => state,
        };
        if pairs.len() >= MAX_PAIRS {
            return pairs;
        }
    }
    if let State::Answer { question, from, .. } = state {
        pairs.extend(pair(reply.get(question), reply.get(from..)));
    }
    pairs
}

enum State {
    Before,
    Question { number: u32, from: usize },
    Answer { number: u32, question: std::ops::Range<usize>, from: usize },
}

struct Mark {
    is_question: bool,
    number: u32,
    start: usize,
    end: usize,
}

fn marks(reply: &str) -> impl Iterator<Item = Mark> {
    #[expect(clippy::expect_used, reason = "a constant expression, compiled by a test")]
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^\p{L}\p{N}])(?<mark>(?<kind>[QA])(?<number>\d{1,4})\s*[:：])").expect("it is well formed")
    });
    MARK.captures_iter(reply).filter_map(|found| {
        let mark = found.name("mark")?;
        let number = found.name("number")?.as_str().parse().ok()?;
        Some(Mark { is_question: found.name("kind")?.as_str() == "Q", number, start: mark.start(), end: mark.end() })
    })
}

fn pair(question: Option<&str>, answer: Option<&str>) -> Option<Pair> {
    // Models like to print marks in bold.
    let plain =
        |text: &str| text.trim_matches(|character: char| character.is_whitespace() || character == '*').to_owned();
    let (question, answer) = (plain(question?), plain(answer?));
    (!question.is_empty() && !answer.is_empty()).then_some(Pair { question, answer })
}

/// Why a table of chunks is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("the file is no CSV: {0}")]
    Broken(String),
    #[error("the file has no rows below its header")]
    Empty,
    #[error("the file needs a second column with the answers")]
    NoAnswers,
    #[error("the file has more than {0} rows")]
    TooManyRows(usize),
}

/// Reads a CSV of any encoding: the first column holds questions, the second answers, the first row is a header. Rows
/// without a question or an answer are left out.
pub fn pairs_of_csv(bytes: &[u8]) -> Result<Vec<Pair>, TableError> {
    let rows = rows_of_csv(bytes)?;
    if rows.iter().all(|(_, answer)| answer.is_none()) {
        return Err(TableError::NoAnswers);
    }
    let pairs = rows.into_iter().filter_map(|(question, answer)| Some(Pair { question, answer: answer? }));
    let pairs: Vec<Pair> = pairs.collect();
    if pairs.is_empty() { Err(TableError::Empty) } else { Ok(pairs) }
}

/// Reads a CSV of chunks: contents in the first column, answers in the second if there is one, a header in the first row.
/// Rows without content are left out.
pub fn rows_of_csv(bytes: &[u8]) -> Result<Vec<(String, Option<String>)>, TableError> {
    let source = decode(bytes);
    let reader = ReaderBuilder::new().has_headers(true).flexible(true).from_reader(source.as_bytes());
    let mut rows = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(|error| TableError::Broken(error.to_string()))?;
        let cell =
            |column| record.get(column).map(|cell| cell.trim().replace('\0', "")).filter(|cell| !cell.is_empty());
        let Some(content) = cell(0) else { continue };
        if rows.len() == MAX_ROWS {
            return Err(TableError::TooManyRows(MAX_ROWS));
        }
        rows.push((content, cell(1)));
    }
    if rows.is_empty() { Err(TableError::Empty) } else { Ok(rows) }
}
