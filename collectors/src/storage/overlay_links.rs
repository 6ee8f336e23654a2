//! The short names of overlay layers, which docker and containers/storage keep in one way: `link` holds a
//! layer's own, `lower` those of the layers below it, topmost first, and the directory `l` leads from each
//! name to its layer. A mount is made of them, so that its options fit into a page.

use std::collections::{BTreeMap, HashSet};

use crate::fact::Unknown;
use crate::host::{Dir, FileKind, HostErrorKind, Metadata};

/// How long a short name is: 16 random bytes in base32.
const LENGTH: usize = 26;

/// The most that is read of `link` and `lower`, in bytes: 500 names of 29 bytes.
const CAP: usize = 64 << 10;

/// What is in the directory `l`.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Where each short name leads to; absent where something else than a symbolic link has that name.
    targets: BTreeMap<String, Option<String>>,
    /// The short names that lead to each target.
    names: BTreeMap<String, Vec<String>>,
}

/// A text in a layer's directory.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Text {
    /// The file is not there.
    Absent,
    /// It holds this.
    Is(String),
    /// It is no file of text: why.
    Wrong(String),
    /// Nobody can tell.
    Unknown(Unknown),
}

/// What is in the files `link` and `lower` of a layer.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) link: Text,
    pub(super) lower: Text,
    /// The inode of `link`, if there is one: when it was written.
    pub(super) link_inode: Option<Metadata>,
    /// The inode of `lower`.
    pub(super) lower_inode: Option<Metadata>,
}

impl Names {
    /// Reads the directory `l` of the driver's; it is empty if it is not there.
    ///
    /// # Errors
    ///
    /// If it cannot be listed.
    pub(super) fn read(driver: &Dir) -> Result<Self, Unknown> {
        let mut names = Self::default();
        let directory = match driver.open_dir("l") {
            Err(error) if error.kind == HostErrorKind::NotFound => return Ok(names),
            directory => directory?,
        };
        for entry in directory.entries()? {
            let name = entry.name.to_string_lossy().into_owned();
            let target = match directory.read_link(&entry.name) {
                _ if entry.kind != FileKind::Symlink => None,
                Err(error) if error.kind == HostErrorKind::NotFound => continue,
                target => Some(target?),
            };
            if let Some(target) = &target {
                names.names.entry(target.clone()).or_default().push(name.clone());
            }
            names.targets.insert(name, target);
        }
        Ok(names)
    }

    /// The short names that lead to the layer in the directory `layer`, sorted.
    pub(super) fn of(&self, layer: &str) -> &[String] {
        self.names.get(&target(layer)).map_or(&[], Vec::as_slice)
    }

    /// Where the short name `name` leads to, if it is there and leads anywhere.
    pub(super) fn target(&self, name: &str) -> Option<&str> {
        self.targets.get(name)?.as_deref()
    }

    /// The short names and where they lead to.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.targets.iter().map(|(name, target)| (name.as_str(), target.as_deref()))
    }
}

/// The short names that layers of the driver's call their own in `link`, of those whose files are there.
///
/// # Errors
///
/// If the driver's directory cannot be listed, or a file `link` cannot be read.
pub(super) fn own_names(driver: &Dir) -> Result<HashSet<String>, Unknown> {
    let mut names = HashSet::new();
    for entry in driver.entries()?.iter().filter(|entry| entry.kind == FileKind::Directory) {
        let directory = match driver.open_dir(&entry.name) {
            Err(error) if error.kind == HostErrorKind::NotFound => continue,
            directory => directory?,
        };
        match Text::read(&directory, "link") {
            Text::Is(name) if directory.metadata("diff").is_ok() => {
                names.insert(name);
            }
            Text::Unknown(unknown) => return Err(unknown),
            _ => {}
        }
    }
    Ok(names)
}

impl Text {
    fn read(directory: &Dir, name: &str) -> Self {
        match directory.read_capped(name, CAP) {
            Ok(bytes) => {
                String::from_utf8(bytes).map_or_else(|_| Self::Wrong("is no text".to_owned()), Self::Is)
            }
            Err(error) => match error.kind {
                HostErrorKind::NotFound => Self::Absent,
                HostErrorKind::NotRegular(_) | HostErrorKind::TooLarge { .. } => {
                    Self::Wrong(error.kind.to_string())
                }
                _ => Self::Unknown(error.into()),
            },
        }
    }

    /// The text, if there is one.
    pub(super) fn known(&self) -> Option<&str> {
        match self {
            Self::Is(text) => Some(text),
            _ => None,
        }
    }
}

impl Links {
    /// Reads the two files of a layer's directory.
    pub(super) fn read(directory: &Dir) -> Self {
        Self {
            link: Text::read(directory, "link"),
            lower: Text::read(directory, "lower"),
            link_inode: directory.metadata("link").ok(),
            lower_inode: directory.metadata("lower").ok(),
        }
    }

    /// The short name, if it is one.
    pub(super) fn name(&self) -> Option<&str> {
        self.link.known().filter(|name| is_name(name))
    }

    /// What `lower` has to hold in a layer upon this one.
    pub(super) fn lower_of_child(&self) -> Option<String> {
        let own = format!("l/{}", self.name()?);
        match &self.lower {
            Text::Absent => Some(own),
            Text::Is(lower) if is_lower(lower) => Some(format!("{own}:{lower}")),
            _ => None,
        }
    }
}

/// Where the short names of the layer in the directory `layer` lead to.
pub(super) fn target(layer: &str) -> String {
    format!("../{layer}/diff")
}

/// The layer's directory that a short name with this target leads to.
pub(super) fn layer_of(target: &str) -> Option<&str> {
    target.strip_prefix("../")?.strip_suffix("/diff").filter(|layer| !layer.contains('/'))
}

/// Whether `text` is a short name: base32 without padding.
pub(super) fn is_name(text: &str) -> bool {
    text.len() == LENGTH
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
}

/// Whether `text` is a list of short names: `l/…:l/…`.
pub(super) fn is_lower(text: &str) -> bool {
    text.split(':').all(|element| element.strip_prefix("l/").is_some_and(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    const A: &str = "AAAAAAAAAAAAAAAAAAAAAAAAA2";
    const B: &str = "BBBBBBBBBBBBBBBBBBBBBBBBB7";

    #[test]
    fn names_lead_to_layers_and_layers_to_those_below() {
        let tree = Tree::new().file("a/link", A).link(&format!("l/{A}"), "../a/diff");
        let tree =
            tree.file("b/link", B).file("b/lower", format!("l/{A}")).link(&format!("l/{B}"), "../b/diff");
        let tree = tree.link("l/again", "../a/diff").dir("l/other");
        let driver = tree.host().open_dir("/").unwrap();
        let names = Names::read(&driver).unwrap();
        assert_eq!(names.of("a"), [A, "again"]);
        assert_eq!((names.target(B), names.target("other")), (Some("../b/diff"), None));
        assert_eq!(layer_of("../a/diff"), Some("a"));
        let read = |layer: &str| Links::read(&driver.open_dir(layer).unwrap());
        assert_eq!(read("a").lower_of_child(), Some(format!("l/{A}")));
        assert_eq!(read("b").lower_of_child(), Some(format!("l/{B}:l/{A}")));
    }

    #[test]
    fn layers_without_files_have_no_name_of_their_own() {
        let tree = Tree::new().file("a/link", A).dir("a/diff").file("b/link", B).fifo("c/link").dir("l");
        assert_eq!(own_names(&tree.host().open_dir("/").unwrap()), Ok(HashSet::from([A.to_owned()])));
    }

    #[test]
    fn what_a_power_cut_leaves_is_no_name() {
        let tree = Tree::new().file("empty/link", "").file("empty/lower", "").fifo("odd/link").dir("none");
        let tree = tree.file("bytes/link", [0xff; 26]).file("long/link", "A".repeat(100_000));
        let read = |layer: &str| Links::read(&tree.host().open_dir(format!("/{layer}")).unwrap());
        assert_eq!(read("empty").link, Text::Is(String::new()));
        assert_eq!(read("none").link, Text::Absent);
        assert_eq!(read("odd").link, Text::Wrong("is a FIFO, not a regular file".to_owned()));
        assert_eq!(read("bytes").link, Text::Wrong("is no text".to_owned()));
        assert!(matches!(read("long").link, Text::Wrong(_)));
        for layer in ["empty", "none", "odd", "bytes", "long"] {
            assert_eq!(read(layer).lower_of_child(), None);
        }
        assert!(
            is_lower(&format!("l/{A}:l/{B}")) && !is_name(&format!("{A}\n")) && !is_name(&A.to_lowercase())
        );
        for lower in ["", "l", "l/", &format!("l/{A}:l"), A, &format!("l/{A}:"), "/etc"] {
            assert!(!is_lower(lower), "{lower}");
        }
    }
}
