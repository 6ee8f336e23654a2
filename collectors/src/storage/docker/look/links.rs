//! The short names of layers, of which docker makes the options of a mount.

use super::super::checks::*;
use super::super::directories::Directory;
use super::Look;
use super::directories::Owner;
use crate::host::Metadata;
use crate::storage::check::Check;
use crate::storage::overlay_links::{Links, Names, Text, is_lower, is_name, layer_of, target};

impl Look<'_> {
    pub(super) fn look_at_links(&mut self) {
        let records = self.records;
        let Ok(directories) = &records.directories.all else { return };
        for (id, directory) in directories {
            let Some(owner) = self.owners.of_directory(id) else { continue };
            let Some(links) = &directory.links else { continue };
            self.look_at_link(id, owner, links, directory);
            self.look_at_lower(id, owner, links, directory);
        }
        if let Ok(names) = &records.directories.names {
            self.look_at_names(names);
        }
    }

    fn look_at_link(&mut self, id: &str, owner: Owner<'_>, links: &Links, directory: &Directory) {
        if let Text::Unknown(unknown) = &links.link {
            return self.missed(&LINK_EMPTY, unknown);
        }
        if self.is_moving(age(self, links.link_inode.as_ref(), directory)) {
            return;
        }
        let records = self.records;
        let names = records.directories.names.as_ref().ok();
        let Some(name) = links.name() else {
            let what = match &links.link {
                Text::Absent => "is missing",
                Text::Is(text) if text.is_empty() => "is empty",
                Text::Wrong(why) => why.as_str(),
                _ => "holds no short name",
            };
            let mut problem = self.directory_problem(id, owner, format!("its file link {what}"));
            problem.path.push_str("/link");
            problem.expected =
                names.and_then(|names| names.of(id).iter().find(|name| is_name(name))).cloned();
            problem.actual = links.link.known().map(str::to_owned);
            return self.found(&LINK_EMPTY, problem);
        };
        let Some(names) = names else { return };
        let actual = names.target(name);
        if actual != Some(target(id).as_str()) {
            let what = actual.map_or("is missing", |_| "leads elsewhere");
            let mut problem = self.directory_problem(id, owner, format!("its short name {name} {what}"));
            problem.path = format!("{}/overlay2/l/{name}", self.store);
            problem.expected = Some(target(id));
            problem.actual = actual.map(str::to_owned);
            self.found(&LINK_LOST, problem);
        }
        for other in names.of(id).iter().filter(|other| *other != name) {
            let mut problem =
                self.directory_problem(id, owner, format!("a second short name leads to it: {other}"));
            problem.path = format!("{}/overlay2/l/{other}", self.store);
            problem.expected = Some(name.to_owned());
            problem.actual = Some(other.clone());
            self.found(&LINK_DUPLICATE, problem);
        }
    }

    fn look_at_lower(&mut self, id: &str, owner: Owner<'_>, links: &Links, directory: &Directory) {
        if let Text::Unknown(unknown) = &links.lower {
            return self.missed(&LOWER_BROKEN, unknown);
        }
        let parent = self.parent_of(id, owner);
        let expected = parent.and_then(|parent| self.links_of(parent)).and_then(Links::lower_of_child);
        let flaw = match (&links.lower, parent) {
            (Text::Absent, None) => return,
            (Text::Absent, Some(_)) => "is missing",
            (Text::Wrong(why), _) => why.as_str(),
            (Text::Is(lower), _) if lower.is_empty() => "is empty",
            (Text::Is(lower), _) if !is_lower(lower) => "holds what is no short name",
            (Text::Is(lower), _) if self.unknown_name(lower).is_some() => {
                "holds a name that leads to nothing"
            }
            (Text::Is(lower), Some(_)) if expected.as_deref().is_some_and(|expected| expected != lower) => {
                "does not name its parent and the layers below that"
            }
            _ => return,
        };
        if self.is_moving(age(self, links.lower_inode.as_ref(), directory)) {
            return;
        }
        let mut problem = self.directory_problem(id, owner, format!("its file lower {flaw}"));
        problem.path.push_str("/lower");
        (problem.expected, problem.actual) = (expected, links.lower.known().map(str::to_owned));
        self.found(&LOWER_BROKEN, problem);
    }

    /// The directory upon which the one called `id` lies, if that can be told.
    fn parent_of(&self, id: &str, owner: Owner<'_>) -> Option<&str> {
        let records = self.records;
        let below = match owner {
            Owner::Layer(chain) => records.layer(chain)?.parent.known()?,
            Owner::Container(container) => {
                let mount = records.mounts.as_ref().ok()?.get(container)?;
                match mount.init_id.known() {
                    Some(init) if init != id => return Some(init),
                    _ => mount.parent.known()?,
                }
            }
            Owner::Build => return None,
        };
        records.layer(below)?.cache_id.known().map(String::as_str)
    }

    fn links_of(&self, directory: &str) -> Option<&Links> {
        self.records.directories.all.as_ref().ok()?.get(directory)?.links.as_ref()
    }

    /// A name in `lower` that leads to no layer. One that is lost while its layer still has it is another
    /// problem, told at that layer.
    fn unknown_name<'l>(&self, lower: &'l str) -> Option<&'l str> {
        let names = self.records.directories.names.as_ref().ok()?;
        let mut names_in = lower.split(':').filter_map(|element| element.strip_prefix("l/"));
        names_in.find(|name| names.target(name).is_none() && !self.owners.has_short_name(name))
    }

    /// What leads to no directory. A name that is no symbolic link is none.
    fn look_at_names(&mut self, names: &Names) {
        let check: &'static Check = &LINK_DANGLING;
        let records = self.records;
        let Ok(directories) = &records.directories.all else { return };
        for (name, to) in names.all() {
            if to.and_then(layer_of).is_some_and(|layer| directories.contains_key(layer)) {
                continue;
            }
            let path = format!("{}/overlay2/l/{name}", self.store);
            let age = self.survey.ctx.host.symlink_metadata(&path).map(|inode| self.survey.age(&inode));
            // Gone since, or too young.
            if age.is_ok_and(|age| !self.is_moving(age)) {
                let detail = to.map_or("it is no symbolic link".to_owned(), |to| format!("it leads to {to}"));
                let mut problem = self.problem(name, path, detail);
                problem.actual = to.map(str::to_owned);
                self.found(check, problem);
            }
        }
    }
}

/// How long ago the file was written, or, without one, the directory changed.
fn age(look: &Look<'_>, file: Option<&Metadata>, directory: &Directory) -> u64 {
    file.map_or(directory.age, |inode| look.survey.age(inode))
}
