//! Whether a unit is enabled: what `systemctl is-enabled` says.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::Unknown;
use crate::host::{Dir, FileKind};

use super::name;
use super::search::{Found, Kind, UnitFiles, resolve};
use super::unit::Settings;

/// The state of a unit file, with the words of `systemctl is-enabled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Links that pull it in at boot, or its aliases, are there.
    Enabled,
    /// They are there until the next boot.
    EnabledRuntime,
    /// It lies outside of the search path and a link makes it known.
    Linked,
    /// Such a link is there until the next boot.
    LinkedRuntime,
    /// The name is another name of a unit.
    Alias,
    /// It is masked: nothing can start it.
    Masked,
    /// It is masked until the next boot.
    MaskedRuntime,
    /// It cannot be enabled: it has no `[Install]` section, and others may pull it in.
    Static,
    /// It is not enabled itself, but other units or other instances of it are.
    Indirect,
    /// It can be enabled and is not.
    Disabled,
    /// A generator made it.
    Generated,
    /// A program made it at run time.
    Transient,
}

/// A symbolic link of the search path: an alias, or a pull by another unit's `.wants` directory.
#[derive(Debug)]
struct Link {
    name: String,
    /// The file name of what it points to.
    target: String,
    kind: Kind,
    /// Whether it lies in a `.wants`, `.requires` or `.upholds` directory.
    pulls: bool,
}

/// All such links of the search path.
#[derive(Debug)]
pub(super) struct Links(Vec<Link>);

impl Links {
    pub(super) fn read(files: &UnitFiles<'_>) -> Result<Self, Unknown> {
        let mut links = Vec::new();
        for directory in files.directories() {
            let handle = files.host.open_dir(directory.path)?;
            for (entry, kind) in &directory.entries {
                if *kind == FileKind::Symlink && name::unit_type(entry).is_some() {
                    links.push(Link::read(&handle, entry, directory.kind, false)?);
                } else if [".wants", ".requires", ".upholds"].iter().any(|suffix| entry.ends_with(suffix)) {
                    let handle = files.host.open_dir(format!("{}/{entry}", directory.path))?;
                    for pulled in handle.entries()? {
                        let Ok(name) = pulled.name.into_string() else { continue };
                        if pulled.kind == FileKind::Symlink {
                            links.push(Link::read(&handle, &name, directory.kind, true)?);
                        }
                    }
                }
            }
        }
        Ok(Self(links))
    }
}

impl Link {
    fn read(directory: &Dir, name: &str, kind: Kind, pulls: bool) -> Result<Self, Unknown> {
        // Its file name is the same wherever the link is followed from.
        let target = resolve("/", &directory.read_link(name)?);
        let target = target.rsplit_once('/').map_or(target.as_str(), |(_, base)| base).to_owned();
        Ok(Self { name: name.to_owned(), target, kind, pulls })
    }
}

/// The state of the unit that was `found`, with the merged settings of its files.
pub(super) fn state(files: &UnitFiles<'_>, found: &Found, settings: &Settings) -> Result<State, Unknown> {
    if found.masked {
        let runtime = matches!(found.kind, Kind::Runtime | Kind::Generated | Kind::Transient);
        return Ok(if runtime { State::MaskedRuntime } else { State::Masked });
    }
    match found.kind {
        Kind::Generated => return Ok(State::Generated),
        Kind::Transient => return Ok(State::Transient),
        Kind::Persistent | Kind::Runtime | Kind::Vendor => {}
    }
    if found.names.len() > 1 {
        return Ok(State::Alias);
    }
    let unit = Names::of(found, settings);
    let links = &files.links()?.0;
    let install = |key: &str| settings.all("Install", key).next().is_some();
    let installable = ["WantedBy", "RequiredBy", "UpheldBy", "Alias"].into_iter().any(install);
    let enabled = unit.enabled_by(links.iter().filter(|link| unit.knows(&link.name)));
    Ok(match enabled.or_else(|| unit.linked_by(links)) {
        Some(state) => state,
        None if links.iter().any(|link| unit.is_enabled_under_another_name(link)) => State::Indirect,
        None if installable => State::Disabled,
        None if install("Also") => State::Indirect,
        None => State::Static,
    })
}

/// The names under which a unit can be enabled.
struct Names<'a> {
    own: &'a str,
    file: &'a str,
    default_instance: Option<String>,
    aliases: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn of(found: &'a Found, settings: &'a Settings) -> Self {
        let own = found.names.last().map_or("", String::as_str);
        let default = settings.all("Install", "DefaultInstance").next_back();
        Self {
            own,
            file: found.file.rsplit_once('/').map_or(found.file.as_str(), |(_, base)| base),
            default_instance: default
                .filter(|_| name::is_template(own))
                .map(|instance| own.replacen("@.", &format!("@{}.", instance.value), 1)),
            aliases: settings
                .all("Install", "Alias")
                .flat_map(|aliases| aliases.value.split_whitespace())
                .collect(),
        }
    }

    fn knows(&self, name: &str) -> bool {
        name == self.own || self.default_instance.as_deref() == Some(name) || self.aliases.contains(&name)
    }

    /// Whether a link is one of this unit's. Links to a template make its instances; each is one instance's
    /// own.
    fn leads_here(&self, link: &Link) -> bool {
        if name::template(self.own).is_some() {
            return link.name == self.own || link.target == self.own;
        }
        link.target == self.file || link.target == self.own || (link.pulls && link.name == self.own)
    }

    fn enabled_by<'l>(&self, links: impl Iterator<Item = &'l Link> + Clone) -> Option<State> {
        let mut kinds = links
            .filter(|link| self.leads_here(link) && (link.pulls || link.name != self.own))
            .map(|link| link.kind);
        if kinds.clone().any(|kind| kind == Kind::Persistent) {
            return Some(State::Enabled);
        }
        if kinds.clone().any(|kind| kind == Kind::Runtime) {
            return Some(State::EnabledRuntime);
        }
        // Only an instance that the distribution itself pulls in counts as started for good: the link is
        // what makes it exist.
        (name::template(self.own).is_some() && kinds.any(|kind| kind == Kind::Vendor))
            .then_some(State::Static)
    }

    fn linked_by(&self, links: &[Link]) -> Option<State> {
        let mut same_name = links.iter().filter(|link| !link.pulls && link.name == self.own);
        match same_name.find(|link| matches!(link.kind, Kind::Persistent | Kind::Runtime))?.kind {
            Kind::Persistent => Some(State::Linked),
            _ => Some(State::LinkedRuntime),
        }
    }

    fn is_enabled_under_another_name(&self, link: &Link) -> bool {
        matches!(link.kind, Kind::Persistent | Kind::Runtime)
            && self.leads_here(link)
            && !self.knows(&link.name)
    }
}
