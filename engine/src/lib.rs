//! Plimsoll's engine: the vocabulary of facts, rules and findings, and the pure evaluator that turns
//! one into the other.
//!
//! The engine never touches a host, never prints and depends on no other crate of the project. It
//! evaluates any JSON document against any catalogue of facts:
//!
//! ```text
//! YAML ──load──▶ Rule ─┐
//!                      ├─evaluate──▶ Finding ──waivers, baseline──▶ Report
//! Snapshot (facts, ────┘
//!   origins, gaps)
//! ```
//!
//! Read the modules in this order: [`snapshot`], [`jsonpath`], [`rule`], [`load`], [`evaluate`],
//! [`report`].

pub mod catalogue;
pub mod demand;
pub mod evaluate;
pub mod glob;
mod json_text;
pub mod jsonpath;
pub mod load;
pub mod matcher;
pub mod outcome;
pub mod pack;
pub mod parameter;
pub mod profile;
pub mod report;
pub mod rule;
pub mod severity;
pub mod snapshot;
pub mod suggest;
pub mod template;
pub mod waiver;
