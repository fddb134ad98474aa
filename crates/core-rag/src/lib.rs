#![doc = include_str!("../README.md")]

pub mod chunk;
mod clean;
pub mod embed;
pub mod extract;
pub mod keywords;
pub mod rule;
mod split;

pub use clean::clean;
pub mod retrieve;
pub mod store;
