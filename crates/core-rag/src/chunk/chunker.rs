//! Cleaning and splitting, block by block.

use super::{ChildChunk, Chunk, ChunkError, DocForm, blocks};
use crate::clean::{clean, without_leading_symbols};
use crate::rule::{Mode, ProcessRule, Rules, Segmentation};
use crate::split::{FixedSplitter, RecursiveSplitter, Sizes};

/// Shortest chunk that may be asked for, in characters.
const MIN_SIZE: usize = 50;

/// Bytes between two separators that are held together. What is longer is split block by block.
const MAX_PIECE: usize = 4 * blocks::BLOCK;

/// Bytes of a document that is one parent.
const MAX_WHOLE: usize = 16 * 1024 * 1024;

/// Children of one parent.
const MAX_CHILDREN: usize = 100_000;

/// Cuts one document into chunks. Holds at most some blocks of it, or the whole where the whole is one chunk.
#[derive(Debug)]
pub struct Chunker {
    form: DocForm,
    rules: Rules,
    splitter: Splitter,
    children: Option<FixedSplitter>,
    /// The page as it came, as far as it is not cleaned yet.
    raw: String,
    /// Cleaned, as far as it is not split yet.
    cleaned: String,
    /// A page came before, which the whole document is joined to.
    has_pages: bool,
}

#[derive(Debug)]
enum Splitter {
    /// Nothing is cut: the document is one parent.
    Whole,
    Recursive(RecursiveSplitter),
    Fixed(FixedSplitter),
}

impl Chunker {
    /// `max_size`: the largest size of a chunk that the installation allows, in characters.
    pub fn new(rule: &ProcessRule, form: DocForm, max_size: usize) -> Result<Self, ChunkError> {
        let rules = rule.effective();
        let sizes = |of: &Segmentation| sizes_of(of, max_size);
        let children = match form {
            DocForm::General | DocForm::QuestionAnswer => None,
            DocForm::ParentChild => {
                let children = rules.subchunk_segmentation.as_ref().ok_or(ChunkError::NoChildRule)?;
                Some(FixedSplitter::new(&children.separator, sizes(children)?))
            }
        };
        let splitter = if children.is_some() && rule.is_full_doc() {
            Splitter::Whole
        } else if rule.mode == Mode::Automatic {
            Splitter::Recursive(RecursiveSplitter::new(sizes(&rules.segmentation)?))
        } else {
            Splitter::Fixed(FixedSplitter::new(&rules.segmentation.separator, sizes(&rules.segmentation)?))
        };
        let (raw, cleaned) = (String::new(), String::new());
        Ok(Self { form, rules, splitter, children, raw, cleaned, has_pages: false })
    }

    /// A whole page. For pages that may be long see [`Chunker::push_part`], which returns less at a time.
    pub fn push(&mut self, page: &str) -> Result<Vec<Chunk>, ChunkError> {
        let mut chunks = self.push_part(page)?;
        chunks.extend(self.end_page()?);
        Ok(chunks)
    }

    /// Some more of a page. How it is divided into parts makes no difference to the chunks.
    pub fn push_part(&mut self, text: &str) -> Result<Vec<Chunk>, ChunkError> {
        let mut chunks = Vec::new();
        for part in blocks::parts(text) {
            if matches!(self.splitter, Splitter::Whole) {
                self.raw.extend(part.chars().filter(|character| *character != '\0'));
                if self.raw.len() > MAX_WHOLE {
                    return Err(ChunkError::TooLong(MAX_WHOLE));
                }
                continue;
            }
            self.raw.push_str(part);
            while blocks::is_full(&self.raw) {
                let rest = self.raw.split_off(blocks::cut(&self.raw));
                let block = std::mem::replace(&mut self.raw, rest);
                self.cleaned.push_str(&clean(&block, &self.rules));
                self.split_ready(&mut chunks)?;
            }
        }
        Ok(chunks)
    }

    /// The page is complete: no chunk goes over its end.
    pub fn end_page(&mut self) -> Result<Vec<Chunk>, ChunkError> {
        let mut chunks = Vec::new();
        if matches!(self.splitter, Splitter::Whole) {
            self.has_pages = true;
            self.raw.push('\n');
            return Ok(chunks);
        }
        let rest = std::mem::take(&mut self.raw);
        self.cleaned.push_str(&clean(&rest, &self.rules));
        self.split_ready(&mut chunks)?;
        let last = std::mem::take(&mut self.cleaned);
        if let Splitter::Fixed(splitter) = &self.splitter {
            for piece in splitter.fit(&last) {
                chunks.extend(self.chunk(&piece)?);
            }
        }
        Ok(chunks)
    }

    /// The document is complete.
    pub fn finish(mut self) -> Result<Vec<Chunk>, ChunkError> {
        if !matches!(self.splitter, Splitter::Whole) {
            return self.end_page();
        }
        let mut whole = std::mem::take(&mut self.raw);
        if self.has_pages && whole.ends_with('\n') {
            // It stands between pages, not after the last.
            whole.pop();
        }
        Ok(self.parent(whole)?.into_iter().collect())
    }

    /// Splits what is cleaned as far as nothing that still comes can change it.
    fn split_ready(&mut self, chunks: &mut Vec<Chunk>) -> Result<(), ChunkError> {
        let text = std::mem::take(&mut self.cleaned);
        match &self.splitter {
            Splitter::Whole => {}
            Splitter::Recursive(splitter) => {
                for piece in splitter.split(&text) {
                    chunks.extend(self.chunk(&piece)?);
                }
            }
            Splitter::Fixed(splitter) => {
                let separator = splitter.separator();
                let mut rest = text.as_str();
                while let Some((piece, after)) = rest.split_once(separator).filter(|_| !separator.is_empty()) {
                    for piece in splitter.fit(piece) {
                        chunks.extend(self.chunk(&piece)?);
                    }
                    rest = after;
                }
                while rest.len() > MAX_PIECE {
                    let (piece, after) = rest.split_at_checked(blocks::cut(rest)).unwrap_or((rest, ""));
                    for piece in splitter.fit(piece) {
                        chunks.extend(self.chunk(&piece)?);
                    }
                    rest = after;
                }
                self.cleaned = rest.to_owned();
            }
        }
        Ok(())
    }

    fn chunk(&self, piece: &str) -> Result<Option<Chunk>, ChunkError> {
        if piece.trim().is_empty() {
            return Ok(None);
        }
        match self.form {
            DocForm::General | DocForm::QuestionAnswer => {
                let content = without_leading_symbols(piece).trim();
                Ok((!content.is_empty()).then(|| Chunk::of(content.to_owned())))
            }
            DocForm::ParentChild => self.parent(without_full_stop(piece).trim().to_owned()),
        }
    }

    fn parent(&self, content: String) -> Result<Option<Chunk>, ChunkError> {
        if content.trim().is_empty() {
            return Ok(None);
        }
        let mut chunk = Chunk::of(content);
        for child in self.children.iter().flat_map(|splitter| splitter.split(&chunk.content)) {
            let content = without_full_stop(&child).trim();
            if content.is_empty() {
                continue;
            }
            if chunk.children.len() == MAX_CHILDREN {
                return Err(ChunkError::TooManyChildren(MAX_CHILDREN));
            }
            chunk.children.push(ChildChunk { content: content.to_owned(), hash: super::content_hash(content) });
        }
        Ok(Some(chunk))
    }
}

/// Cutting at full stops may leave one in front.
fn without_full_stop(text: &str) -> &str {
    text.strip_prefix(['.', '。']).unwrap_or(text)
}

fn sizes_of(segmentation: &Segmentation, max: usize) -> Result<Sizes, ChunkError> {
    let size = segmentation.max_tokens.ok_or(ChunkError::NoSize)?;
    if size < MIN_SIZE || size > max {
        return Err(ChunkError::Size { size, min: MIN_SIZE, max });
    }
    let overlap = segmentation.chunk_overlap;
    if overlap > size {
        return Err(ChunkError::Overlap { size, overlap });
    }
    Ok(Sizes::new(size, overlap))
}

impl Chunker {
    /// Cuts the content of a parent that somebody edited into children, as its document would be.
    pub fn children_of(&self, parent: &str) -> Result<Vec<ChildChunk>, ChunkError> {
        Ok(self.parent(parent.to_owned())?.map(|chunk| chunk.children).unwrap_or_default())
    }
}

#[cfg(test)]
impl Chunker {
    pub(super) fn raw_bytes(&self) -> usize {
        self.raw.len() + self.cleaned.len()
    }
}
