//! Compiles the built-in rules when Plimsoll itself is built: a mistake in one is a build error, with
//! file, line and column. What a rule says of facts is checked against their catalogue by the tests,
//! because the catalogue belongs to a crate that this one does not depend on.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a build script reads the crate's own files and talks to cargo"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use plimsoll_engine::load::{self, Source};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=packs");
    println!("cargo::rerun-if-changed=profiles");

    let mut names = Vec::new();
    for folder in ["packs", "profiles"] {
        yaml_files(&root.join(folder), &mut names)?;
    }
    names.sort();

    let mut sources = Vec::new();
    let mut table = String::from("&[\n");
    for path in &names {
        let name = path.strip_prefix(&root)?.to_str().ok_or("a rule file's name is not UTF-8")?;
        sources.push(Source::at(name, fs::read(path)?));
        writeln!(table, "    ({name:?}, include_str!({:?})),", path.to_str().unwrap_or_default())?;
    }
    table.push_str("]\n");

    match load::load(&sources, None, None) {
        Ok(loaded) => {
            fs::write(out.join("library.postcard"), postcard::to_stdvec(&loaded.library)?)?;
            fs::write(out.join("files.rs"), table)?;
            Ok(())
        }
        Err(diagnostics) => {
            eprintln!("{diagnostics}");
            Err("the built-in rules have mistakes".into())
        }
    }
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            yaml_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    Ok(())
}
