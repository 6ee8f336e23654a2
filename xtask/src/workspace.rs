//! Where things lie in the repository.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root directory.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// A directory under `target/nodes/`, where everything large and everything that can be made again lies.
pub(crate) fn cache(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let directory = root().join("target/nodes").join(name);
    fs::create_dir_all(&directory)?;
    Ok(directory)
}
