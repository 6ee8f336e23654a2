//! What a node said of itself: plimsoll's snapshots, and the answers of its tools.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::succeed;

/// What a node wrote to its disk `results`.
#[derive(Debug)]
pub(crate) struct Results {
    directory: PathBuf,
    /// The snapshot with every keyed fact that a tool of the node knows the key of.
    pub(crate) wide: Value,
}

/// Whether the disk holds an archive at all: tar's magic number.
pub(crate) fn are_on(disk: &Path) -> Result<bool, Box<dyn Error>> {
    let mut head = [0; 512];
    File::open(disk)?.read_exact(&mut head)?;
    Ok(&head[257..262] == b"ustar")
}

/// A node whose `start` failed is not the one that the scenario describes.
fn refuse_unfinished(directory: &Path) -> Result<(), Box<dyn Error>> {
    let code = fs::read_to_string(directory.join("start.code")).unwrap_or_default();
    if matches!(code.trim(), "" | "0") {
        return Ok(());
    }
    let said = fs::read_to_string(directory.join("start.err")).unwrap_or_default();
    Err(format!("start ended with {}: {}", code.trim(), said.lines().last().unwrap_or_default()).into())
}

impl Results {
    /// Unpacks the archive on `disk` into `directory`.
    pub(crate) fn unpack(disk: &Path, directory: &Path) -> Result<Self, Box<dyn Error>> {
        let directory = directory.join("observed");
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        // What follows the archive is the blank rest of the disk.
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--no-same-owner", "--file"]).arg(disk).arg("--directory").arg(&directory);
        succeed(tar.stderr(Stdio::null()))?;
        refuse_unfinished(&directory)?;
        let text = fs::read_to_string(directory.join("plimsoll-wide"))?;
        let wide = serde_json::from_str(&text).map_err(|error| {
            let reason = fs::read_to_string(directory.join("plimsoll-wide.err")).unwrap_or_default();
            format!("plimsoll took no snapshot on the node: {error}: {reason}")
        })?;
        Ok(Self { directory, wide })
    }

    /// The snapshot as `plimsoll collect` took it.
    pub(crate) fn snapshot_text(&self) -> Result<String, Box<dyn Error>> {
        Ok(fs::read_to_string(self.directory.join("plimsoll-collect"))?)
    }

    /// The report of the check on the node.
    pub(crate) fn report(&self) -> Result<Value, Box<dyn Error>> {
        Ok(serde_json::from_str(&fs::read_to_string(self.directory.join("plimsoll-check"))?)?)
    }

    /// The fact at this JSON pointer.
    pub(crate) fn fact(&self, pointer: &str) -> Option<&Value> {
        self.wide["facts"].pointer(pointer).filter(|fact| !fact.is_null())
    }

    /// Whether the fact at this JSON pointer could not be told.
    pub(crate) fn gap(&self, pointer: &str) -> bool {
        let gaps = self.wide["gaps"].as_array().map(Vec::as_slice).unwrap_or_default();
        gaps.iter().filter_map(|gap| gap["path"].as_str()).any(|path| {
            pointer.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// What the tool answered, if it is installed and succeeded.
    pub(crate) fn tool(&self, name: &str) -> Option<String> {
        let code = fs::read_to_string(self.directory.join(format!("{name}.code"))).ok()?;
        (code.trim() == "0").then(|| self.answer(name)).flatten()
    }

    /// What the tool answered, whatever it ended with.
    pub(crate) fn answer(&self, name: &str) -> Option<String> {
        let bytes = fs::read(self.directory.join(name)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What the tool answered in JSON.
    pub(crate) fn json(&self, name: &str) -> Option<Value> {
        serde_json::from_str(&self.tool(name)?).ok()
    }

    /// The answer's lines of `KEY<separator>VALUE`.
    pub(crate) fn pairs(&self, name: &str, separator: &str) -> BTreeMap<String, String> {
        let text = self.answer(name).unwrap_or_default();
        let pairs = text.lines().filter_map(|line| line.split_once(separator));
        pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()
    }
}
