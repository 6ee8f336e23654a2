//! Stores to measure with: a target whose `/var/lib/docker` is sound at every depth and of a given size.

mod docker;
mod layer;

use std::error::Error;
use std::path::Path;

use clap::ValueEnum;

/// How large a store is, after what nodes were seen to have.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Size {
    /// A small node: 200 layers, 40 containers, 50,000 files
    S,
    /// A usual one: 1,000 layers, 200 containers, 1,000,000 files
    M,
    /// One that builds all day: 10,000 layers, 1,000 containers, 5,000,000 files, which are holes
    L,
}

/// What a store is made of.
#[derive(Debug, Clone, Copy)]
struct Amounts {
    layers: usize,
    containers: usize,
    /// Those of all layers.
    files: usize,
    /// Whether the files take no space, so that a large store fits on a small disk.
    holes: bool,
}

impl Size {
    fn amounts(self) -> Amounts {
        let (layers, containers, files, holes) = match self {
            Self::S => (200, 40, 50_000, false),
            Self::M => (1_000, 200, 1_000_000, false),
            Self::L => (10_000, 1_000, 5_000_000, true),
        };
        Amounts { layers, containers, files, holes }
    }
}

/// Makes a store of `size` in the target `root`, which must not have one.
pub(crate) fn run(size: Size, root: &Path) -> Result<(), Box<dyn Error>> {
    docker::make(size.amounts(), &root.join("var/lib/docker"))
}
