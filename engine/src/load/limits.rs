//! What a file may cost: bounds far beyond every honest rule file, and far below harm.

/// The longest file, in bytes.
pub(super) const FILE_BYTES: usize = 1 << 20;

/// How deep lists and mappings may nest. Everything that walks a tree may recurse.
pub(super) const DEPTH: usize = 64;

/// How many scalars, lists and mappings a file may hold.
pub(super) const NODES: usize = 100_000;

/// How many mistakes are told of one file.
pub(super) const DIAGNOSTICS: usize = 100;
