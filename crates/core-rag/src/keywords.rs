//! Words of texts: keywords of segments, terms of the full-text index, and scores by common words.
//!
//! Chinese is cut by a dictionary. Scripts without spaces for which there is no dictionary become pairs of characters.
//! All other text is cut by Unicode's rules, in lower case; what is compared are the stems of words, chosen by script, so
//! that `running` and `runs` meet whatever the language of the text is said to be.

mod compare;
mod dictionary;
mod extract;
mod full_text;
mod stop_words;
#[cfg(test)]
mod tests;
mod words;

pub use compare::{ScoreWeights, keyword_scores, scores_of_keys, weighted};
pub use dictionary::warm_up;
pub use extract::{index_keys, keywords, query_keys};
pub use full_text::{query_terms, terms, ts_query, ts_vector};
