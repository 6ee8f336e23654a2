//! The binary as its users run it: what it prints, and what it ends with.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests run the binary and write its inputs"
)]

mod check;
mod query;
mod rules;
mod run;
mod snapshot;
