//! Files: where their bytes live, how a link to one is signed, and what they contain.
//!
//! [`Storage`] puts, gets, streams and deletes objects in a folder or a bucket; [`signed_links`] makes and checks the
//! links under `/files`; [`sniff`] names the type of some bytes; [`scan`] asks a virus scanner about them. No tables: which file belongs to whom is known above.
//!
//! What must stay true: a path is made by Ferrify, never taken from a request (a name of a user's choice is kept in a
//! table, not in a path).

pub mod scan;
pub mod signed_links;
pub mod sniff;
mod store;

pub use signed_links::{LinkKind, LinkSigner, Signature};
pub use store::{ByteStream, Storage, StorageError, Upload};
