//! The files of a layer: how much they take, and whether they are those that it was made of.
//!
//! docker and containers/storage keep, next to each layer, what of its archive is not in its files
//! ([`tar_split`]). With it the files can be [compared](compare) by size, or the archive put together again
//! for its [digest](digest), by reading alone.

pub(super) mod compare;
pub(super) mod digest;
mod faults;
pub(super) mod parallel;
pub(super) mod references;
pub mod tar_split;
#[cfg(test)]
mod tests;
pub(super) mod walk;

pub(super) use compare::Difference;
pub(super) use faults::Fault;
