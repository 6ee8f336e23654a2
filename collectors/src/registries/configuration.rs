//! registries.conf with its drop-ins, as root's tools and CRI-O read them.

use schemars::JsonSchema;
use serde::Serialize;

use super::conf_document::{self, ConfDocument};
use super::logins::Helper;
use crate::commands;
use crate::context::Context;
use crate::document::{Document, DocumentError};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::listing;
use crate::origin;

const SYSTEM: &str = "/etc/containers/registries.conf";
const SYSTEM_DROP_INS: &str = "/etc/containers/registries.conf.d";

/// The helper that is none: the files of logins.
const AUTH_FILES: &str = "containers-auth.json";

/// The configuration of registries.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Configuration {
    /// The files, in the order in which they are read. One that cannot be read is a gap in the list.
    ///
    /// Source: root's ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and their
    /// directories `registries.conf.d`
    pub files: Vec<Fact<ConfFile>>,
    /// The registries where an image is looked for that is named without one, in this order.
    ///
    /// Source: `unqualified-search-registries`
    pub search: Fact<Vec<Sourced<String>>>,
    /// What happens if a short name may mean several images: `enforcing`, `permissive` or `disabled`.
    ///
    /// Source: `short-name-mode`
    pub short_name_mode: Fact<Sourced<String>>,
    /// How many short names have an alias.
    ///
    /// Source: `aliases`
    pub alias_count: Fact<usize>,
    /// The registries that are configured, by their prefix.
    ///
    /// Source: `registry`
    pub registries: Fact<Vec<Registry>>,
    /// The registries that an earlier one of the same prefix in the same file puts out of use.
    ///
    /// Source: `registry`
    pub repeated: Fact<Vec<Sourced<String>>>,
    /// The programs that keep credentials, beside the files of logins.
    ///
    /// Source: `credential-helpers`
    pub credential_helpers: Fact<Vec<Helper>>,
}

/// A file of the configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConfFile {
    /// Its path.
    pub file: String,
    /// Whether podman, CRI-O, buildah and skopeo take it. If not, nothing can be pulled.
    pub valid: bool,
    /// What is wrong with it, in words.
    pub error: Fact<Sourced<String>>,
    /// Whether it is of version 1 of the format, which is deprecated.
    pub version_1: Fact<bool>,
    /// The keys in it that mean nothing.
    pub unknown_keys: Fact<Vec<Sourced<String>>>,
}

/// A registry that is configured.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Registry {
    /// How the names of its images begin.
    ///
    /// Source: `prefix`, else `location`
    pub prefix: Sourced<String>,
    /// What takes the prefix's place; empty if nothing does.
    ///
    /// Source: `location`
    pub location: String,
    /// Whether it is asked without TLS, or without checking who it is.
    ///
    /// Source: `insecure`
    pub insecure: Sourced<bool>,
    /// Whether pulling from it is forbidden.
    ///
    /// Source: `blocked`
    pub blocked: Sourced<bool>,
    /// Its mirrors, in the order in which they are asked.
    ///
    /// Source: `mirror`
    pub mirrors: Vec<Mirror>,
}

/// A mirror of a registry.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Mirror {
    /// Where it is.
    ///
    /// Source: `location`
    pub location: Sourced<String>,
    /// Whether it is asked without TLS, or without checking who it is.
    ///
    /// Source: `insecure`
    pub insecure: Sourced<bool>,
}

/// A file that was looked at.
struct Parsed {
    file: String,
    contents: Fact<Result<ConfDocument, DocumentError>>,
}

/// The configuration of root, whose home is `home`.
pub(super) fn read(ctx: &Context<'_>, home: &str) -> Configuration {
    let (files, incomplete) = match files(ctx.host, home) {
        Ok(files) => (files, None),
        Err(unknown) => (Vec::new(), Some(unknown)),
    };
    let parsed: Vec<Parsed> = files
        .into_iter()
        .map(|(file, is_drop_in)| Parsed {
            contents: Document::read_toml(ctx.host, &file)
                .map(|document| document.and_then(|document| ConfDocument::parse(&document, is_drop_in))),
            file,
        })
        .collect();
    let merged = match incomplete.clone() {
        Some(unknown) => Fact::Gap(unknown),
        None => merge(&parsed),
    };
    Configuration {
        files: parsed.iter().filter_map(Parsed::facts).chain(incomplete.map(Fact::Gap)).collect(),
        search: merged.as_ref().map(|merged| merged.search.clone()),
        short_name_mode: merged.as_ref().map(|merged| merged.short_name_mode.clone()),
        alias_count: merged.as_ref().map(|merged| merged.aliases.len()),
        registries: merged.as_ref().map(|merged| merged.registries.clone()),
        repeated: merged.as_ref().map(|merged| merged.repeated.clone()),
        credential_helpers: merged.map(|merged| helpers(ctx.host, &merged.credential_helpers)),
    }
}

/// The files that count, in the order in which they are read, and whether each is a drop-in. A file of root's
/// own takes the place of all of the system's.
fn files(host: &Host, home: &str) -> Result<Vec<(String, bool)>, Unknown> {
    let own = format!("{home}/.config/containers/registries.conf");
    let own_drop_ins = format!("{own}.d");
    let (main, directories) = if host.exists(&own)? {
        (own, vec![own_drop_ins])
    } else {
        (SYSTEM.to_owned(), vec![SYSTEM_DROP_INS.to_owned(), own_drop_ins])
    };
    let mut files = vec![(main, false)];
    for directory in directories {
        let names = listing::names(host, &directory)?;
        let drop_ins = names.into_iter().filter(|name| name.ends_with(".conf"));
        files.extend(drop_ins.map(|name| (format!("{directory}/{name}"), true)));
    }
    Ok(files)
}

impl Parsed {
    /// Its facts, if the file is there.
    fn facts(&self) -> Option<Fact<ConfFile>> {
        match &self.contents {
            Fact::Absent => None,
            Fact::Gap(unknown) => Some(Fact::Gap(unknown.clone())),
            Fact::Known(contents) => {
                let conf = contents.as_ref().ok();
                Some(Fact::Known(ConfFile {
                    file: self.file.clone(),
                    valid: contents.is_ok(),
                    error: contents.as_ref().err().map(|error| error.sourced()).into(),
                    version_1: conf.map(|conf| conf.is_version_1).into(),
                    unknown_keys: conf.map(|conf| conf.unknown_keys.clone()).into(),
                }))
            }
        }
    }
}

/// What the files say together.
struct Merged {
    search: Vec<Sourced<String>>,
    short_name_mode: Sourced<String>,
    aliases: std::collections::BTreeSet<String>,
    credential_helpers: Vec<Sourced<String>>,
    registries: Vec<Registry>,
    repeated: Vec<Sourced<String>>,
}

/// Later files win: a registry of the same prefix, the whole list of searched registries, the mode.
fn merge(files: &[Parsed]) -> Fact<Merged> {
    let mut merged = Merged {
        search: Vec::new(),
        short_name_mode: Sourced { value: "permissive".to_owned(), origin: origin::default() },
        aliases: std::collections::BTreeSet::new(),
        credential_helpers: Vec::new(),
        registries: Vec::new(),
        repeated: Vec::new(),
    };
    for file in files {
        match &file.contents {
            Fact::Known(Ok(conf)) => merged.add(conf),
            Fact::Absent => {}
            Fact::Gap(unknown) => return Fact::Gap(unknown.clone()),
            Fact::Known(Err(error)) => {
                return Fact::Gap(Unknown::malformed(&file.file, error.sourced().value));
            }
        }
    }
    merged.registries.sort_by(|one, other| one.prefix.value.cmp(&other.prefix.value));
    Fact::Known(merged)
}

impl Merged {
    fn add(&mut self, conf: &ConfDocument) {
        if let Some(search) = &conf.search {
            self.search.clone_from(search);
        }
        if let Some(mode) = &conf.short_name_mode {
            self.short_name_mode = mode.clone();
        }
        if !conf.credential_helpers.is_empty() {
            self.credential_helpers.clone_from(&conf.credential_helpers);
        }
        self.aliases.extend(conf.aliases.iter().map(|(name, _)| name.clone()));
        let mut seen = std::collections::HashSet::new();
        for registry in &conf.registries {
            if seen.insert(&registry.prefix.value) {
                self.registries.retain(|known| known.prefix.value != registry.prefix.value);
                self.registries.push(Registry::from(registry));
            } else {
                self.repeated.push(registry.prefix.clone());
            }
        }
    }
}

impl From<&conf_document::Registry> for Registry {
    fn from(registry: &conf_document::Registry) -> Self {
        let mirror = |mirror: &conf_document::Mirror| Mirror {
            location: mirror.location.clone(),
            insecure: mirror.insecure.clone(),
        };
        Self {
            prefix: registry.prefix.clone(),
            location: registry.location.clone(),
            insecure: registry.insecure.clone(),
            blocked: registry.blocked.clone(),
            mirrors: registry.mirrors.iter().map(mirror).collect(),
        }
    }
}

fn helpers(host: &Host, names: &[Sourced<String>]) -> Vec<Helper> {
    let programs = names.iter().filter(|name| name.value != AUTH_FILES);
    programs
        .map(|name| {
            let program = format!("docker-credential-{}", name.value);
            let found = commands::find(host, &program).map(|command| command.found).into();
            Helper { registry: Fact::Absent, program, found }
        })
        .collect()
}
