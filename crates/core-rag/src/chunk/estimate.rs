//! What indexing would make of documents.

use super::{Chunk, ChunkError, Chunker, DocForm};
use crate::rule::ProcessRule;

/// Chunks that an estimate shows.
const SHOWN: usize = 10;

/// Pairs of question and answer that a chunk is expected to give.
const PAIRS_PER_CHUNK: usize = 20;

/// One chunk that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub content: String,
    /// Contents of child chunks; `None` where chunks have none.
    pub child_chunks: Option<Vec<String>>,
}

/// How many segments there will be, and what the first look like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Estimate {
    /// For questions and answers a guess.
    pub total_segments: usize,
    /// The first ten. For questions and answers the first one: the text that a model is to ask about.
    pub preview: Vec<Preview>,
}

impl Estimate {
    /// Adds the estimate of a further document of the same batch.
    pub fn merge(&mut self, next: Self, form: DocForm) {
        self.total_segments = self.total_segments.saturating_add(next.total_segments);
        let room = shown(form).saturating_sub(self.preview.len());
        self.preview.extend(next.preview.into_iter().take(room));
    }
}

fn shown(form: DocForm) -> usize {
    match form {
        DocForm::General | DocForm::ParentChild => SHOWN,
        DocForm::QuestionAnswer => 1,
    }
}

/// Estimates one document. Takes pages as a [`Chunker`] does and lets that do the work.
#[derive(Debug)]
pub struct Estimator {
    chunker: Chunker,
    counted: Counted,
}

impl Estimator {
    /// `children_shown`: child chunks that are shown of a parent that is a whole document.
    pub fn new(rule: &ProcessRule, form: DocForm, max_size: usize, children_shown: usize) -> Result<Self, ChunkError> {
        let children_shown = if rule.is_full_doc() { children_shown } else { usize::MAX };
        let chunker = Chunker::new(rule, form, max_size)?;
        Ok(Self { chunker, counted: Counted { form, children_shown, estimate: Estimate::default() } })
    }

    /// See [`Chunker::push_part`].
    pub fn push_part(&mut self, text: &str) -> Result<(), ChunkError> {
        // Little is kept of what comes back, so little should come back at a time.
        for part in super::parts(text) {
            self.counted.add(self.chunker.push_part(part)?);
        }
        Ok(())
    }

    /// See [`Chunker::end_page`].
    pub fn end_page(&mut self) -> Result<(), ChunkError> {
        self.counted.add(self.chunker.end_page()?);
        Ok(())
    }

    /// A whole page.
    pub fn push(&mut self, page: &str) -> Result<(), ChunkError> {
        self.push_part(page)?;
        self.end_page()
    }

    pub fn finish(self) -> Result<Estimate, ChunkError> {
        let Self { chunker, mut counted } = self;
        counted.add(chunker.finish()?);
        let Counted { form, mut estimate, .. } = counted;
        if form == DocForm::QuestionAnswer {
            estimate.total_segments = estimate.total_segments.saturating_mul(PAIRS_PER_CHUNK);
        }
        Ok(estimate)
    }
}

#[derive(Debug)]
struct Counted {
    form: DocForm,
    /// Children that are shown of a parent; only whole documents have more than a person wants to see.
    children_shown: usize,
    estimate: Estimate,
}

impl Counted {
    fn add(&mut self, chunks: Vec<Chunk>) {
        self.estimate.total_segments = self.estimate.total_segments.saturating_add(chunks.len());
        let room = shown(self.form).saturating_sub(self.estimate.preview.len());
        self.estimate.preview.extend(chunks.into_iter().take(room).map(|chunk| {
            let children = chunk.children.into_iter().take(self.children_shown).map(|child| child.content);
            let child_chunks = (self.form == DocForm::ParentChild).then(|| children.collect());
            Preview { content: chunk.content, child_chunks }
        }));
    }
}
