//! Which directories that overlays are made of are there.

use std::collections::{HashMap, HashSet};

use crate::fact::Unknown;
use crate::host::Host;
use crate::storage::overlay_links::{is_name, own_names};

/// What was seen, each once: many overlays lie on the same layers.
pub(super) struct Presence<'a> {
    host: &'a Host,
    directories: HashMap<String, Result<bool, Unknown>>,
    /// The short names of the layers that are there, by the driver's directory.
    own_names: HashMap<String, Result<HashSet<String>, Unknown>>,
}

impl<'a> Presence<'a> {
    pub(super) fn on(host: &'a Host) -> Self {
        Self { host, directories: HashMap::new(), own_names: HashMap::new() }
    }

    /// Whether `directory` is there, or the layer that it is a short name of.
    pub(super) fn of(&mut self, directory: &str) -> Result<bool, Unknown> {
        if let Some(known) = self.directories.get(directory) {
            return known.clone();
        }
        let present = match self.host.exists(directory) {
            Ok(false) => self.is_lost_name_of_layer(directory),
            told => told.map_err(Unknown::from),
        };
        self.directories.insert(directory.to_owned(), present.clone());
        present
    }

    /// Whether a layer that is there calls this short name its own. A mount goes on with the directory that the name
    /// led to when it was made, with the name or without.
    fn is_lost_name_of_layer(&mut self, path: &str) -> Result<bool, Unknown> {
        let Some((driver, name)) = path.rsplit_once("/l/").filter(|(_, name)| is_name(name)) else {
            return Ok(false);
        };
        let host = self.host;
        let read = || own_names(&host.open_dir(driver)?);
        let own = self.own_names.entry(driver.to_owned()).or_insert_with(read);
        own.as_ref().map(|names| names.contains(name)).map_err(Unknown::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    const A: &str = "AAAAAAAAAAAAAAAAAAAAAAAAA2";
    const B: &str = "BBBBBBBBBBBBBBBBBBBBBBBBB7";

    #[test]
    fn a_layer_that_lost_its_short_name_is_there() {
        let tree =
            Tree::new().file("s/overlay2/a/link", A).dir("s/overlay2/a/diff").file("s/overlay2/b/link", B);
        let tree = tree.dir("s/overlay2/l");
        let host = tree.host();
        let mut presence = Presence::on(&host);
        for (directory, is_there) in [
            ("/s/overlay2/a/diff", true),
            ("/s/overlay2/b/diff", false),
            (&format!("/s/overlay2/l/{A}"), true),
            (&format!("/s/overlay2/l/{B}"), false),
            ("/s/overlay2/l/other", false),
        ] {
            assert_eq!(presence.of(directory), Ok(is_there), "{directory}");
        }
    }
}
