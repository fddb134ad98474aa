//! Documents: their text, and what is done with it.
