//! Segments and their children, as people edit them.

mod add;
mod change;
mod children;
mod find;
mod import;
mod remove;
mod status;
mod summary;
mod view;

pub use add::NewSegment;
pub use change::SegmentPatch;
pub use children::ChildPatch;
pub use find::SegmentSearch;
pub use import::handlers as import_handlers;
pub use view::SegmentView;
pub(in crate::knowledge) use view::attachments;
