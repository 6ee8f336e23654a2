//! The binary as its users run it: what it prints, and what it ends with.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests run the binary, write its inputs, and fail by panicking"
)]

mod check;
mod query;
mod rules;
mod run;
mod snapshot;
mod storage;
