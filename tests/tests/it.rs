//! Everything that takes more than one crate to test.

#![expect(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test ends at the first surprise")]

mod it {
    mod floors;
    mod schema;
}
