//! Plimsoll's collectors: they read a container node's facts, and change nothing.
//!
//! Each collector is one module with a function `collect` and the structs of its facts; [`registry`]
//! lists them. [`host::Host`] is the only way to the node: no other module may open a file. [`scan`]
//! runs the collectors that the rules' [demand](plimsoll_engine::demand) calls for.

mod accounts;
mod assemble;
mod context;
pub mod fact;
pub mod host;
pub mod keyed;
mod origin;
mod redact;
pub mod registry;
pub mod scan;
mod systemd;

pub use context::{Context, Options};
pub use registry::Collector;
