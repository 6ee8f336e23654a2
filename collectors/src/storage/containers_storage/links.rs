//! The short names of layers: `link` holds a layer's own, `lower` those of the layers below it, and the
//! directory `l` leads from each name to its layer. A mount is made of them.

use std::collections::HashMap;

use super::checks::{LINK_INVALID, LINK_LOST, LOWER_INVALID};
use super::look::{Look, absent, directory_in};
use super::overlay::text;
use super::records::LayerRecord;
use crate::fact::Unknown;
use crate::host::{Dir, FileKind};

/// How long a short name is.
const LENGTH: usize = 26;

/// What is in the directory `l`.
#[derive(Debug)]
pub(super) struct Names(Result<Known, Unknown>);

#[derive(Debug, Default)]
struct Known {
    /// Where each short name leads to.
    targets: HashMap<String, String>,
    /// The short name that leads to each target.
    names: HashMap<String, String>,
}

/// What is in the files `link` and `lower` of a layer.
#[derive(Debug)]
pub(super) struct Links {
    link: Result<Option<String>, Unknown>,
    lower: Result<Option<String>, Unknown>,
}

impl Names {
    /// Reads the directory `l` of the driver's; it is empty if it is not there.
    pub(super) fn read(driver: Option<&Dir>) -> Self {
        Self(driver.map_or_else(|| Ok(Known::default()), read_names))
    }

    /// The short name that leads to the layer `id`.
    fn of(&self, id: &str) -> Option<&String> {
        self.0.as_ref().ok()?.names.get(&target(id))
    }
}

fn read_names(driver: &Dir) -> Result<Known, Unknown> {
    let mut known = Known::default();
    let Some(directory) = directory_in(driver, "l")? else { return Ok(known) };
    for entry in directory.entries()?.into_iter().filter(|entry| entry.kind == FileKind::Symlink) {
        if let Some(target) = absent(directory.read_link(&entry.name))? {
            let name = entry.name.to_string_lossy().into_owned();
            known.names.insert(target.clone(), name.clone());
            known.targets.insert(name, target);
        }
    }
    Ok(known)
}

impl Links {
    /// Reads the two files of a layer's directory.
    pub(super) fn read(directory: &Dir) -> Self {
        Self { link: text(directory, "link"), lower: text(directory, "lower") }
    }

    /// The short name, if it is one.
    fn name(&self) -> Option<&str> {
        self.link.as_ref().ok()?.as_deref().filter(|name| is_name(name))
    }

    /// What `lower` has to hold in a layer upon this one.
    fn lower_of_child(&self) -> Option<String> {
        let own = format!("l/{}", self.name()?);
        match self.lower.as_ref().ok()?.as_deref() {
            None => Some(own),
            Some(lower) if is_lower(lower) => Some(format!("{own}:{lower}")),
            Some(_) => None,
        }
    }
}

impl Look<'_> {
    /// Checks the short names of the layers whose directories are there.
    pub(super) fn check_links(&mut self, names: &Names, links: &HashMap<&str, Links>) {
        let tables = self.tables;
        for layer in tables.layers.distinct() {
            if let Some(own) = links.get(layer.id.as_str()) {
                self.check_link(layer, own, names);
                self.check_lower(layer, own, links);
            }
        }
    }

    fn check_link(&mut self, layer: &LayerRecord, links: &Links, names: &Names) {
        let link = match &links.link {
            Ok(link) => link.as_deref(),
            Err(unknown) => return self.all_missed(&[LINK_INVALID, LINK_LOST], unknown),
        };
        let Some(name) = link.filter(|link| is_name(link)) else {
            let what = match link {
                None => "is not there",
                Some("") => "is empty",
                Some(_) => "holds no short name",
            };
            let mut problem = self.layer_problem(layer, format!("its file link {what}"));
            problem.path.push_str("/link");
            problem.expected = names.of(&layer.id).filter(|name| is_name(name)).cloned();
            problem.actual = link.map(str::to_owned);
            return self.record.found(&LINK_INVALID, problem);
        };
        match &names.0 {
            Ok(known) if known.targets.get(name).is_some_and(|to| *to == target(&layer.id)) => {}
            Ok(known) => {
                let actual = known.targets.get(name);
                let what = actual.map_or("is not there", |_| "leads elsewhere");
                let path = format!("{}/l/{name}", self.area.driver_dir());
                let mut problem =
                    self.catalog.of_layer(&layer.id, path, format!("its short name {name} {what}"));
                problem.expected = Some(target(&layer.id));
                problem.actual = actual.cloned();
                self.record.found(&LINK_LOST, problem);
            }
            Err(unknown) => self.record.missed(&LINK_LOST, unknown.clone()),
        }
    }

    fn check_lower(&mut self, layer: &LayerRecord, own: &Links, links: &HashMap<&str, Links>) {
        let lower = match &own.lower {
            Ok(lower) => lower.as_deref(),
            Err(unknown) => return self.record.missed(&LOWER_INVALID, unknown.clone()),
        };
        // A parent in another store has its names there.
        let parent = layer.parent().and_then(|parent| links.get(parent));
        let expected = parent.and_then(Links::lower_of_child);
        let flaw = match (lower, layer.parent()) {
            (None, None) => return,
            (None, Some(_)) => "its file lower is not there",
            (Some(""), _) => "its file lower is empty",
            (Some(_), None) => "it has a file lower and no parent",
            (Some(lower), Some(_)) if !is_lower(lower) => "its file lower holds what is no short name",
            (Some(lower), Some(_)) if expected.as_deref().is_some_and(|expected| expected != lower) => {
                "its file lower does not name its parent and the layers below that"
            }
            (Some(_), Some(_)) => return,
        };
        let mut problem = self.layer_problem(layer, flaw);
        problem.path.push_str("/lower");
        (problem.expected, problem.actual) = (expected, lower.map(str::to_owned));
        self.record.found(&LOWER_INVALID, problem);
    }
}

/// Where the short name of the layer `id` leads to.
fn target(id: &str) -> String {
    format!("../{id}/diff")
}

/// Whether `text` is a short name, as the driver makes them: base32 without padding.
fn is_name(text: &str) -> bool {
    text.len() == LENGTH
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
}

/// Whether `text` is a list of short names: `l/…:l/…`.
fn is_lower(text: &str) -> bool {
    text.split(':').all(|element| element.strip_prefix("l/").is_some_and(is_name))
}
