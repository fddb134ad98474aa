//! Documents of datasets.

mod add;
mod delete;
mod describe;
mod download;
mod find;
mod init;
mod pause;
mod rename;
mod replace;
mod retry;
mod status;
mod uploads;
mod view;

pub use add::{AddedDocuments, IndexSettings, NewDocuments};
pub use find::DocumentSearch;
pub use pause::Pause;
pub use replace::Replaced;
pub use status::DocumentAction;
pub use view::{DocumentRules, DocumentView, IndexingState};
