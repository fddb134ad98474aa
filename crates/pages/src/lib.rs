//! What people open in a browser: pages of published apps, the start page of the all-in-one server, and the API's
//! documentation.
//!
//! Everything that a page needs is compiled into the program ([`assets`]) and comes from the page's own server: no
//! other host is asked for anything, and no script stands in a document. Pages know no more than any other client: they
//! call the Web API. What a model or a stranger wrote reaches a document as text nodes only; browsers that know trusted
//! types refuse anything else.

mod assets;
mod docs;
mod hosts;
mod html;
mod published;
mod routes;
mod start;

pub use docs::Documented;
pub use routes::{Pages, Shown, configure};
