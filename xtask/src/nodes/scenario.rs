//! What a scenario's folder says.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::workspace;

/// A node to boot.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// What is installed.
    pub(crate) tree: Tree,
    /// What the kernel is told besides what the bed needs.
    pub(crate) arguments: Vec<String>,
    /// Disks besides the root's, by the name that they have under `/dev/disk/by-id/virtio-`.
    pub(crate) disks: BTreeMap<String, Disk>,
    /// Disagreements between plimsoll and a tool that are the tool's fault: `fact (tool)` and why.
    pub(crate) disagreements: BTreeMap<String, String>,
}

/// The packages of a distribution's release, which several scenarios share: `tests/nodes/trees/NAME.yaml`.
#[derive(Debug, Clone, Deserialize, Hash)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tree {
    pub(crate) suite: String,
    pub(crate) packages: Vec<String>,
}

/// A blank disk, or one that a command formats.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disk {
    /// As `truncate --size` takes it.
    pub(crate) size: String,
    /// The command that formats it, to which the disk's path is appended.
    pub(crate) format: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "for who reads the file")]
    about: String,
    tree: String,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    disks: BTreeMap<String, Disk>,
}

#[derive(Deserialize)]
struct Expectations {
    #[serde(default)]
    disagreements: BTreeMap<String, String>,
}

impl Scenario {
    /// The scenarios with these names, or without any name all of them.
    pub(crate) fn load(names: &[String]) -> Result<Vec<Self>, Box<dyn Error>> {
        let bed = workspace::root().join("tests/nodes");
        let mut all = Vec::new();
        for entry in fs::read_dir(&bed)? {
            let folder = entry?.path();
            if folder.join("scenario.yaml").exists() {
                all.push(Self::read(folder)?);
            }
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some(unknown) = names.iter().find(|name| !all.iter().any(|scenario| scenario.name == **name)) {
            return Err(format!("there is no scenario {unknown} in {}", bed.display()).into());
        }
        all.retain(|scenario| names.is_empty() || names.contains(&scenario.name));
        Ok(all)
    }

    fn read(folder: PathBuf) -> Result<Self, Box<dyn Error>> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file: File = yaml(&folder.join("scenario.yaml"))?;
        let expectations: Expectations = yaml(&folder.join("expect.yaml"))?;
        let tree = yaml(&folder.join(format!("../trees/{}.yaml", file.tree)))?;
        let (arguments, disks) = (file.arguments, file.disks);
        Ok(Self { name, folder, tree, arguments, disks, disagreements: expectations.disagreements })
    }

    /// Where this scenario's disks and results lie.
    pub(crate) fn run_directory(&self) -> Result<PathBuf, Box<dyn Error>> {
        workspace::cache(&format!("runs/{}", self.name))
    }

    /// A file of the folder, if the scenario has it.
    pub(crate) fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.join(name)).filter(|path| path.exists())
    }
}

fn yaml<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}
