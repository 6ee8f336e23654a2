//! One registries.conf: containers-registries.conf(5), in its version 2 and the older version 1.

use super::reference::{is_domain, name_in_registry, short_name};
use crate::document::{Document, DocumentError, Node};
use crate::fact::Sourced;
use crate::go_struct::{Object, Text};

/// The keys of version 2, and those of its tables `registry` and `registry.mirror`.
const KEYS: [&str; 7] = [
    "unqualified-search-registries",
    "registry",
    "short-name-mode",
    "aliases",
    "credential-helpers",
    "additional-layer-store-auth-helper",
    "registries",
];
const REGISTRY_KEYS: [&str; 7] =
    ["prefix", "location", "insecure", "blocked", "mirror", "mirror-by-digest-only", "pull-from-mirror"];
const MIRROR_KEYS: [&str; 3] = ["location", "insecure", "pull-from-mirror"];

const SHORT_NAME_MODES: [&str; 3] = ["disabled", "enforcing", "permissive"];
const MIRROR_USES: [&str; 3] = ["all", "digest-only", "tag-only"];

/// A file that the tools take.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ConfDocument {
    /// Whether it is of version 1.
    pub(super) is_version_1: bool,
    pub(super) search: Option<Vec<Sourced<String>>>,
    pub(super) short_name_mode: Option<Sourced<String>>,
    /// The aliases of short names, with what they stand for.
    pub(super) aliases: Vec<(String, String)>,
    pub(super) credential_helpers: Vec<Sourced<String>>,
    /// In the order of the file; of several of one prefix the first counts.
    pub(super) registries: Vec<Registry>,
    /// The keys that mean nothing.
    pub(super) unknown_keys: Vec<Sourced<String>>,
}

/// A table `[[registry]]`, or an entry of version 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Registry {
    pub(super) prefix: Sourced<String>,
    /// Empty if images keep their names.
    pub(super) location: String,
    pub(super) insecure: Sourced<bool>,
    pub(super) blocked: Sourced<bool>,
    pub(super) mirrors: Vec<Mirror>,
}

/// A table `[[registry.mirror]]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mirror {
    pub(super) location: Sourced<String>,
    pub(super) insecure: Sourced<bool>,
}

type Checked<T = ()> = Result<T, DocumentError>;

impl ConfDocument {
    /// The configuration that the file holds; a drop-in has to be of version 2.
    pub(super) fn parse(document: &Document, is_drop_in: bool) -> Checked<Self> {
        let Some(root) = Object::root(document)? else { return Ok(Self::default()) };
        Reader { document }.file(root, is_drop_in)
    }
}

struct Reader<'d> {
    document: &'d Document,
}

impl<'d> Reader<'d> {
    fn file(&self, root: Object<'d>, is_drop_in: bool) -> Checked<ConfDocument> {
        let mut conf = self.version_2(root)?;
        if let Some(old) = self.version_1(root)? {
            let at = root.field("registries").unwrap_or_else(|| root.node());
            if is_drop_in {
                return Err(self.error(at, "a drop-in has to be of version 2 of the format, not 1"));
            }
            let is_empty = conf.registries.is_empty()
                && conf.search.is_none()
                && conf.short_name_mode.is_none()
                && conf.aliases.is_empty()
                && conf.credential_helpers.is_empty();
            if !is_empty {
                return Err(self.error(at, "versions 1 and 2 of the format cannot be mixed"));
            }
            conf = ConfDocument { unknown_keys: conf.unknown_keys, ..old };
        }
        self.refuse_conflicts(&conf.registries)?;
        Ok(conf)
    }

    fn version_2(&self, root: Object<'d>) -> Checked<ConfDocument> {
        let mut conf = ConfDocument { unknown_keys: self.unknown(root, &KEYS), ..ConfDocument::default() };
        for table in root.objects("registry")?.unwrap_or_default() {
            conf.unknown_keys.extend(self.unknown(table, &REGISTRY_KEYS));
            for mirror in table.objects("mirror")?.unwrap_or_default() {
                conf.unknown_keys.extend(self.unknown(mirror, &MIRROR_KEYS));
            }
            conf.registries.push(self.registry(table)?);
        }
        if let Some(search) = root.texts("unqualified-search-registries")? {
            conf.search = Some(search.into_iter().map(|entry| self.search(entry)).collect::<Checked<_>>()?);
        }
        if let Some(mode) = root.text("short-name-mode")?.filter(|mode| !mode.text.is_empty()) {
            self.one_of(mode, "short-name-mode", &SHORT_NAME_MODES)?;
            conf.short_name_mode = Some(self.sourced(mode.text.to_owned(), mode.node));
        }
        for (name, value) in root.words("aliases")?.unwrap_or_default() {
            if let Err(problem) = short_name(&name.name) {
                return Err(self.error(value.node, format!("the short name {:?} {problem}", name.name)));
            }
            if let Err(problem) = name_in_registry(value.text) {
                return Err(self.error(value.node, format!("the alias {:?} {problem}", value.text)));
            }
            conf.aliases.push((name.name.clone(), value.text.to_owned()));
        }
        let helpers = root.texts("credential-helpers")?.unwrap_or_default();
        conf.credential_helpers =
            helpers.into_iter().map(|helper| self.sourced(helper.text.to_owned(), helper.node)).collect();
        Ok(conf)
    }

    fn registry(&self, table: Object<'d>) -> Checked<Registry> {
        let location = self.place(table, "location")?;
        let prefix = self.place(table, "prefix")?;
        let prefix = match (prefix, location) {
            (Some(prefix), None) if !prefix.text.starts_with("*.") => {
                return Err(self
                    .error(prefix.node, "a registry without a location needs a prefix like *.example.com"));
            }
            (Some(prefix), _) => prefix,
            (None, Some(location)) => location,
            (None, None) => {
                return Err(self.error(table.node(), "the registry has neither a location nor a prefix"));
            }
        };
        if prefix.text.starts_with("*.") && prefix.text.contains(['/', '@', ':']) {
            return Err(self.error(prefix.node, "a prefix with a wildcard has to be like *.example.com"));
        }
        if let Some(used) = table.text("pull-from-mirror")?.filter(|used| !used.text.is_empty()) {
            return Err(self.error(used.node, "pull-from-mirror belongs to a mirror, not to a registry"));
        }
        let by_digest_only = table.boolean("mirror-by-digest-only")? == Some(true);
        let mirrors = table.objects("mirror")?.unwrap_or_default();
        Ok(Registry {
            prefix: self.sourced(prefix.text.to_owned(), prefix.node),
            location: location.map(|location| location.text.to_owned()).unwrap_or_default(),
            insecure: self.switch(table, "insecure")?,
            blocked: self.switch(table, "blocked")?,
            mirrors: mirrors
                .into_iter()
                .map(|mirror| self.mirror(mirror, by_digest_only))
                .collect::<Checked<_>>()?,
        })
    }

    fn mirror(&self, table: Object<'d>, by_digest_only: bool) -> Checked<Mirror> {
        let Some(location) = self.place(table, "location")? else {
            return Err(self.error(table.node(), "the mirror has no location"));
        };
        if let Some(used) = table.text("pull-from-mirror")?.filter(|used| !used.text.is_empty()) {
            self.one_of(used, "pull-from-mirror", &MIRROR_USES)?;
            if by_digest_only {
                return Err(
                    self.error(used.node, "pull-from-mirror and mirror-by-digest-only exclude each other")
                );
            }
        }
        Ok(Mirror {
            location: self.sourced(location.text.to_owned(), location.node),
            insecure: self.switch(table, "insecure")?,
        })
    }

    /// The registries of version 1, if the file is of it.
    fn version_1(&self, root: Object<'d>) -> Checked<Option<ConfDocument>> {
        let Some(tables) = root.object("registries")? else { return Ok(None) };
        let list = |name: &str| match tables.object(name)? {
            Some(table) => table.texts("registries"),
            None => Ok(None),
        };
        let (search, insecure, blocked) = (list("search")?, list("insecure")?, list("block")?);
        if search.is_none() && insecure.is_none() && blocked.is_none() {
            return Ok(None);
        }
        let mut registries: Vec<Registry> = Vec::new();
        for (entries, is_insecure) in [(blocked, false), (insecure, true)] {
            for entry in entries.unwrap_or_default() {
                self.check_place(entry)?;
                let yes = self.sourced(true, entry.node);
                let registry = match registries.iter_mut().find(|known| known.location == trimmed(entry.text))
                {
                    Some(known) => known,
                    None => {
                        registries.push(self.registry_of_version_1(entry));
                        match registries.last_mut() {
                            Some(new) => new,
                            None => continue,
                        }
                    }
                };
                if is_insecure {
                    registry.insecure = yes;
                } else {
                    registry.blocked = yes;
                }
            }
        }
        let search =
            search.map(|search| search.into_iter().map(|entry| self.search(entry)).collect::<Checked<_>>());
        Ok(Some(ConfDocument {
            is_version_1: true,
            search: search.transpose()?,
            registries,
            ..ConfDocument::default()
        }))
    }

    fn registry_of_version_1(&self, entry: Text<'d>) -> Registry {
        Registry {
            prefix: self.sourced(trimmed(entry.text).to_owned(), entry.node),
            location: trimmed(entry.text).to_owned(),
            insecure: self.sourced(false, entry.node),
            blocked: self.sourced(false, entry.node),
            mirrors: Vec::new(),
        }
    }

    /// Registries of one location have to agree on how it is treated.
    fn refuse_conflicts(&self, registries: &[Registry]) -> Checked {
        let place = |registry: &Registry| match registry.location.as_str() {
            "" => registry.prefix.value.clone(),
            location => location.to_owned(),
        };
        let mut seen: std::collections::HashMap<String, &Registry> = std::collections::HashMap::new();
        for registry in registries {
            let first = *seen.entry(place(registry)).or_insert(registry);
            for (name, one, other) in [
                ("insecure", &first.insecure, &registry.insecure),
                ("blocked", &first.blocked, &registry.blocked),
            ] {
                if one.value != other.value {
                    let message =
                        format!("the location {} has two different settings of {name}", place(registry));
                    return Err(DocumentError { message, origin: Box::new(registry.prefix.origin.clone()) });
                }
            }
        }
        Ok(())
    }

    fn search(&self, entry: Text<'d>) -> Checked<Sourced<String>> {
        self.check_place(entry)?;
        let name = trimmed(entry.text);
        if !is_domain(name) {
            return Err(self.error(entry.node, format!("{name:?} is no host name of a registry")));
        }
        Ok(self.sourced(name.to_owned(), entry.node))
    }

    /// A location or prefix, if there is one, without slashes at its end.
    fn place(&self, table: Object<'d>, name: &str) -> Checked<Option<Text<'d>>> {
        let Some(place) = table.text(name)? else { return Ok(None) };
        self.check_place(place)?;
        let text = trimmed(place.text);
        Ok((!text.is_empty()).then_some(Text { text, ..place }))
    }

    fn check_place(&self, place: Text<'d>) -> Checked {
        if place.text.starts_with("http://") || place.text.starts_with("https://") {
            return Err(self.error(
                place.node,
                format!("{:?} must not have a scheme: a registry is named by its host", place.text),
            ));
        }
        Ok(())
    }

    fn switch(&self, table: Object<'d>, name: &str) -> Checked<Sourced<bool>> {
        let value = table.boolean(name)?.unwrap_or_default();
        Ok(self.sourced(value, table.field(name).unwrap_or_else(|| table.node())))
    }

    fn one_of(&self, word: Text<'d>, what: &str, known: &[&str]) -> Checked {
        if known.contains(&word.text) {
            return Ok(());
        }
        Err(self.error(word.node, format!("{what} is {:?}, not one of {}", word.text, known.join(", "))))
    }

    fn unknown(&self, table: Object<'d>, known: &[&str]) -> Vec<Sourced<String>> {
        let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
        let stray = table.node().members().iter().filter(|member| !is_known(&member.name));
        stray
            .map(|member| Sourced {
                value: member.name.clone(),
                origin: self.document.origin_of_member(member),
            })
            .collect()
    }

    fn sourced<T>(&self, value: T, at: &Node) -> Sourced<T> {
        Sourced { value, origin: self.document.origin_of(at) }
    }

    fn error(&self, at: &Node, message: impl Into<String>) -> DocumentError {
        self.document.error_at(at, message)
    }
}

fn trimmed(place: &str) -> &str {
    place.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConfDocument, String> {
        let document = Document::parse_toml("/etc/containers/registries.conf", text.to_owned());
        ConfDocument::parse(&document.map_err(|error| error.message)?, false).map_err(|error| error.message)
    }

    #[test]
    fn a_registry_with_a_mirror() {
        let conf = parse(
            "unqualified-search-registries = [\"docker.io/\"]\nshort-name-mode = \"enforcing\"\n[[registry]]\nprefix = \"example.com/foo\"\nlocation = \"internal.example.com/bar\"\ninsecure = true\n[[registry.mirror]]\nlocation = \"mirror.example.com\"\n[aliases]\n\"fedora\" = \"registry.fedoraproject.org/fedora\"\n",
        )
        .unwrap();
        assert_eq!(conf.search.unwrap()[0].value, "docker.io");
        let registry = &conf.registries[0];
        assert_eq!((registry.insecure.value, registry.insecure.origin.line), (true, Some(6)));
        assert_eq!(registry.mirrors[0].location.value, "mirror.example.com");
        assert_eq!(conf.aliases.len(), 1);
        assert!(!conf.is_version_1);
    }

    #[test]
    fn version_1_is_converted() {
        let conf = parse("[registries.search]\nregistries = [\"localhost:2\"]\n[registries.insecure]\nregistries = [\"a\", \"b\"]\n[registries.block]\nregistries = [\"b\"]\n").unwrap();
        assert!(conf.is_version_1);
        let registries: Vec<_> = conf
            .registries
            .iter()
            .map(|r| (r.location.as_str(), r.insecure.value, r.blocked.value))
            .collect();
        assert_eq!(registries, [("b", true, true), ("a", true, false)]);
    }

    /// What podman 4.3.1 takes.
    #[test]
    fn what_podman_takes_is_valid() {
        for text in [
            "",
            "bogus = 1\n",
            "[[registry]]\nlocation = \"a\"\ninsecure = true\n[[registry]]\nlocation = \"a\"\ninsecure = true\n",
            "[[registry]]\nprefix = \"*.b.com\"\n",
            "[[registry]]\nprefix = \"a.*.b.com\"\nlocation = \"x\"\n",
            "[aliases]\nfoo = \"quay.io/x/foo\"\n",
            "credential-helpers = [\"nosuch\"]\n",
        ] {
            assert_eq!(parse(text).map(|_| ()), Ok(()), "{text}");
        }
        assert_eq!(parse("bogus = 1\n").unwrap().unknown_keys[0].value, "bogus");
    }

    /// What podman 4.3.1 refuses.
    #[test]
    fn what_podman_refuses_is_invalid() {
        for (text, message) in [
            (
                "short-name-mode = \"Disabled\"",
                "short-name-mode is \"Disabled\", not one of disabled, enforcing, permissive",
            ),
            (
                "unqualified-search-registries = [\"http://localhost:1\"]",
                "\"http://localhost:1\" must not have a scheme: a registry is named by its host",
            ),
            (
                "unqualified-search-registries = [\"localhost:1/foo\"]",
                "\"localhost:1/foo\" is no host name of a registry",
            ),
            (
                "unqualified-search-registries = \"localhost:1\"",
                "unqualified-search-registries has to be a list, not a string",
            ),
            ("[[registry]]\n", "the registry has neither a location nor a prefix"),
            (
                "[[registry]]\nlocation = \"http://localhost:1\"",
                "\"http://localhost:1\" must not have a scheme: a registry is named by its host",
            ),
            (
                "[[registry]]\nprefix = \"b\"",
                "a registry without a location needs a prefix like *.example.com",
            ),
            (
                "[[registry]]\nlocation = \"a\"\ninsecure = true\n[[registry]]\nprefix = \"b\"\nlocation = \"a\"\n",
                "the location a has two different settings of insecure",
            ),
            (
                "[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\nlocation = \"\"\n",
                "the mirror has no location",
            ),
            (
                "[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\nlocation = \"b\"\npull-from-mirror = \"bogus\"\n",
                "pull-from-mirror is \"bogus\", not one of all, digest-only, tag-only",
            ),
            (
                "[[registry]]\nlocation = \"a\"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = \"b\"\npull-from-mirror = \"tag-only\"\n",
                "pull-from-mirror and mirror-by-digest-only exclude each other",
            ),
            (
                "unqualified-search-registries = [\"a\"]\n[registries.search]\nregistries = [\"b\"]\n",
                "versions 1 and 2 of the format cannot be mixed",
            ),
            ("[aliases]\nfoo = \"bar\"\n", "the alias \"bar\" must contain registry and repository"),
            (
                "[aliases]\nfoo = \"quay.io/x/foo:latest\"\n",
                "the alias \"quay.io/x/foo:latest\" must not contain a tag",
            ),
            (
                "[aliases]\n\"foo/bar:x\" = \"quay.io/x/foo\"\n",
                "the short name \"foo/bar:x\" must not contain a tag",
            ),
        ] {
            assert_eq!(parse(text).map(|_| ()), Err(message.to_owned()), "{text}");
        }
    }
}
