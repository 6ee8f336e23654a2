//! modprobe.d(5): which modules are kept from being loaded, and where that is said.

use std::ops::Range;

use glob::Pattern;
use plimsoll_engine::snapshot::{Layer, Origin};

use super::index::normal;
use crate::drop_in::{self, DropIn};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::origin;

/// Programs that do nothing: a module whose `install` command is one of them is never loaded.
const IDLE: [&str; 5] = ["false", "true", "null", "nologin", ":"];

/// What the files of `modprobe.d` say.
#[derive(Debug)]
pub(super) struct Modprobe {
    rules: Vec<Rule>,
    /// A file that could not be read, which may say more.
    unread: Option<Unknown>,
}

#[derive(Debug)]
struct Rule {
    kind: Kind,
    file: String,
    origin: Origin,
}

#[derive(Debug)]
enum Kind {
    /// `blacklist NAME`: the module's aliases do not load it; asked for by name it still is.
    Blacklist(String),
    /// `install PATTERN COMMAND`: the command is run in place of loading the module.
    Install { modules: Pattern, idle: bool },
}

impl Modprobe {
    /// Reads the target's `modprobe.d`.
    ///
    /// # Errors
    ///
    /// If one of the directories cannot be listed.
    pub(super) fn read(host: &Host) -> Result<Self, Unknown> {
        let files = drop_in::read(host, "modprobe.d")?;
        let unread = drop_in::first_unread(&files).cloned();
        Ok(Self { rules: files.iter().flat_map(parse).collect(), unread })
    }

    /// The file that blacklists `module`.
    pub(super) fn blacklisted_by(&self, module: &str) -> Fact<Sourced<String>> {
        let module = normal(module);
        let says = |kind: &Kind| matches!(kind, Kind::Blacklist(name) if *name == module);
        self.told(self.rules.iter().find(|rule| says(&rule.kind)))
    }

    /// The file that has an idle program run in place of loading `module`. The first `install` for a
    /// module is the one that counts.
    pub(super) fn disabled_by(&self, module: &str) -> Fact<Sourced<String>> {
        let module = normal(module);
        let first = self.rules.iter().find_map(|rule| match &rule.kind {
            Kind::Install { modules, idle } if modules.matches(&module) => Some((rule, *idle)),
            _ => None,
        });
        match first {
            Some((_, false)) => Fact::Absent,
            first => self.told(first.map(|(rule, _)| rule)),
        }
    }

    fn told(&self, rule: Option<&Rule>) -> Fact<Sourced<String>> {
        match (rule, &self.unread) {
            (Some(rule), _) => Fact::Known(Sourced { value: rule.file.clone(), origin: rule.origin.clone() }),
            (None, Some(unknown)) => Fact::Gap(unknown.clone()),
            (None, None) => Fact::Absent,
        }
    }
}

fn parse(file: &DropIn) -> Vec<Rule> {
    let text = file.text.as_deref().unwrap_or_default();
    logical_lines(text).into_iter().filter_map(|line| parse_line(&file.path, text, line)).collect()
}

fn parse_line(file: &str, text: &str, line: Range<usize>) -> Option<Rule> {
    let plain = text[line.clone()].replace("\\\n", " ");
    let mut words = plain.split_ascii_whitespace();
    let kind = match (words.next()?, words.next()?) {
        ("blacklist", name) => Kind::Blacklist(normal(name)),
        ("install", pattern) => Kind::Install {
            // A pattern that is none names itself.
            modules: Pattern::new(&normal(pattern))
                .or_else(|_| Pattern::new(&Pattern::escape(&normal(pattern))))
                .ok()?,
            idle: is_idle(words.next()?),
        },
        _ => return None,
    };
    let start = line.start + text[line.clone()].find(|c: char| !c.is_ascii_whitespace())?;
    let end = start + text[start..line.end].trim_end().len();
    Some(Rule { kind, file: file.to_owned(), origin: origin::in_text(Layer::DropIn, file, text, start..end) })
}

fn is_idle(command: &str) -> bool {
    let program = command.rsplit('/').next().unwrap_or(command);
    IDLE.contains(&program.trim_end_matches(';'))
}

/// Where the lines of `text` are that are no comments; a backslash at its end continues a line.
fn logical_lines(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        if !line.ends_with("\\\n") {
            lines.push(start..at);
            start = at;
        }
    }
    lines.push(start..text.len());
    lines.retain(|line| !text[line.clone()].trim_start().starts_with('#'));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn file_and_line(fact: Fact<Sourced<String>>) -> Option<(String, u32)> {
        fact.known().map(|told| (told.value.clone(), told.origin.line.unwrap()))
    }

    #[test]
    fn blacklists_and_idle_install_commands_are_found_with_their_place() {
        let tree = Tree::new()
            .file(
                "etc/modprobe.d/blacklist.conf",
                "# blacklist overlay\n\nblacklist snd-pcsp # why\n blacklist   usb_storage\n",
            )
            .file(
                "etc/modprobe.d/cis.conf",
                "install cramfs /bin/false\ninstall dccp /usr/bin/true\ninstall usb* :\n\
                 install sctp \\\n  /bin/false\ninstall bonding /sbin/modprobe --ignore-install bonding\n",
            )
            .file(
                "usr/lib/modprobe.d/zz.conf",
                "install bonding /bin/false\ninstall\nblacklist\noptions x y=1\n",
            );
        let modprobe = Modprobe::read(&tree.host()).unwrap();
        let (blacklist, cis) =
            ("/etc/modprobe.d/blacklist.conf".to_owned(), "/etc/modprobe.d/cis.conf".to_owned());
        assert_eq!(file_and_line(modprobe.blacklisted_by("snd_pcsp")), Some((blacklist.clone(), 3)));
        assert_eq!(file_and_line(modprobe.blacklisted_by("usb-storage")), Some((blacklist, 4)));
        assert_eq!(modprobe.blacklisted_by("overlay"), Fact::Absent);
        assert_eq!(file_and_line(modprobe.disabled_by("cramfs")), Some((cis.clone(), 1)));
        assert_eq!(file_and_line(modprobe.disabled_by("dccp")), Some((cis.clone(), 2)));
        assert_eq!(file_and_line(modprobe.disabled_by("usb-storage")), Some((cis.clone(), 3)));
        assert_eq!(file_and_line(modprobe.disabled_by("sctp")), Some((cis, 4)));
        assert_eq!(modprobe.disabled_by("bonding"), Fact::Absent, "the first install counts");
    }

    #[test]
    fn a_masked_file_says_nothing() {
        let tree = Tree::new()
            .file("usr/lib/modprobe.d/a.conf", "blacklist overlay\n")
            .link("etc/modprobe.d/a.conf", "/dev/null");
        assert_eq!(Modprobe::read(&tree.host()).unwrap().blacklisted_by("overlay"), Fact::Absent);
    }

    #[test]
    fn a_file_that_cannot_be_read_might_say_it() {
        let tree =
            Tree::new().fifo("etc/modprobe.d/a.conf").file("etc/modprobe.d/b.conf", "blacklist floppy\n");
        let modprobe = Modprobe::read(&tree.host()).unwrap();
        assert!(matches!(modprobe.blacklisted_by("overlay"), Fact::Gap(_)));
        assert!(matches!(modprobe.disabled_by("overlay"), Fact::Gap(_)));
        assert!(modprobe.blacklisted_by("floppy").known().is_some());
    }
}
