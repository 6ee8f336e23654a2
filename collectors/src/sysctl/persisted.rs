//! sysctl.d(5): what kernel parameters are set to when the node boots.
//!
//! The file `/etc/sysctl.conf` is a special case. systemd reads it only where it is linked into `sysctl.d`
//! (as `99-sysctl.conf`, on Debian 12 and RHEL), in the order of that name. procps, which does this work on
//! nodes without systemd, reads it after all others. So it is read last here exactly where
//! `systemd-sysctl` is not installed.

use glob::{MatchOptions, Pattern};
use plimsoll_engine::snapshot::{Layer, Origin, Overridden};

use super::name;
use super::value::Value;
use crate::drop_in;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::origin;

const CLASSIC: &str = "/etc/sysctl.conf";

/// Where systemd's program is, without and with a merged `/usr`.
const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl"];

/// A `*` stands for one part of a name, as it does in a path.
const IN_ONE_PART: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// What the files say, in the order in which they are read.
#[derive(Debug)]
pub(super) struct Persisted {
    lines: Vec<Line>,
    /// Files that could not be read: the number of the first line after each, and why.
    unread: Vec<(usize, Unknown)>,
}

/// A line that says something.
#[derive(Debug)]
struct Line {
    key: Key,
    /// None keeps patterns from setting the parameter: `-net.ipv4.conf.lo.rp_filter`.
    value: Option<Value>,
    origin: Origin,
}

#[derive(Debug)]
enum Key {
    /// The path of one parameter.
    Path(String),
    /// A pattern of such paths.
    Pattern(Pattern),
}

impl Persisted {
    /// Reads the target's `sysctl.d`, and `/etc/sysctl.conf` where that counts.
    ///
    /// # Errors
    ///
    /// If one of the directories cannot be listed, or it cannot be told whether systemd is there.
    pub(super) fn read(host: &Host) -> Result<Self, Unknown> {
        let mut files = drop_in::read(host, "sysctl.d")?;
        if !has_systemd(host)? {
            files.extend(drop_in::single(host, CLASSIC));
        }
        let mut persisted = Self { lines: Vec::new(), unread: Vec::new() };
        for file in files {
            match file.text {
                Ok(text) => persisted.lines.extend(parse(&file.path, &text)),
                Err(unknown) => persisted.unread.push((persisted.lines.len(), unknown)),
            }
        }
        Ok(persisted)
    }

    /// What the parameter at `path` is set to. Its own last line counts, wherever patterns stand; without
    /// one the last pattern that it matches does.
    pub(super) fn value(&self, path: &str) -> Fact<Sourced<Value>> {
        let about = |line: &&(usize, &Line)| line.1.key.is_about(path);
        let mut candidates: Vec<(usize, &Line)> =
            self.lines.iter().enumerate().filter(|l| about(&l)).collect();
        // The strongest first.
        candidates.sort_by_key(|(index, line)| std::cmp::Reverse((line.key.is_exact(), *index)));
        let winner = candidates.first();
        // A file that could not be read may say more, unless the parameter's own line comes after it.
        let settled = winner.filter(|(_, line)| line.key.is_exact()).map_or(0, |(index, _)| index + 1);
        if let Some((_, unknown)) = self.unread.iter().find(|(at, _)| *at >= settled) {
            return Fact::Gap(unknown.clone());
        }
        let Some((line, value)) = winner.and_then(|(_, line)| Some((line, line.value.as_ref()?))) else {
            return Fact::Absent;
        };
        let overrides = candidates.iter().skip(1).filter_map(|(_, line)| line.overridden_by(value)).collect();
        Fact::Known(Sourced { value: value.clone(), origin: Origin { overrides, ..line.origin.clone() } })
    }
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        let path = name::path(text).ok()?;
        if path.contains(['*', '?', '[']) {
            return Pattern::new(&path).ok().map(Self::Pattern);
        }
        Some(Self::Path(path))
    }

    fn is_exact(&self) -> bool {
        matches!(self, Self::Path(_))
    }

    fn is_about(&self, path: &str) -> bool {
        match self {
            Self::Path(own) => own == path,
            Self::Pattern(pattern) => pattern.matches_with(path, IN_ONE_PART),
        }
    }
}

impl Line {
    /// The line as one that lost against `value`, if it says something else.
    fn overridden_by(&self, value: &Value) -> Option<Overridden> {
        let own = self.value.as_ref().filter(|own| *own != value)?;
        let Origin { layer, file, line, .. } = &self.origin;
        Some(Overridden { layer: *layer, file: file.clone(), line: *line, value: own.to_json() })
    }
}

fn has_systemd(host: &Host) -> Result<bool, Unknown> {
    for path in SYSTEMD {
        if host.exists(path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn parse<'t>(file: &'t str, text: &'t str) -> impl Iterator<Item = Line> + 't {
    let layer = if file == CLASSIC { Layer::File } else { Layer::DropIn };
    text.lines().enumerate().filter_map(move |(index, line)| parse_line(layer, file, index + 1, line))
}

/// A line that is neither a comment nor of the form that both programs pass over.
fn parse_line(layer: Layer, file: &str, number: usize, line: &str) -> Option<Line> {
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
        return None;
    }
    let (key, value) = match line.split_once('=') {
        Some((key, value)) => (key.trim(), Some(value.trim())),
        // Without a value only an exception from patterns makes sense.
        None => (trimmed.strip_prefix('-').map(|_| trimmed)?, None),
    };
    // A leading `-` says that it does no harm if the parameter cannot be set.
    let key = Key::parse(key.strip_prefix('-').unwrap_or(key).trim())?;
    if value.is_none() && !key.is_exact() {
        return None;
    }
    let token = value.filter(|value| !value.is_empty()).unwrap_or(trimmed);
    let start = line.rfind(token)?;
    let place = origin::in_line(layer, file, number, line, start..start + token.len());
    Some(Line { key, value: value.map(Value::parse), origin: place })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use serde_json::json;

    fn systemd() -> Tree {
        Tree::new().file("usr/lib/systemd/systemd-sysctl", "")
    }

    fn value(tree: &Tree, path: &str) -> Fact<Sourced<Value>> {
        Persisted::read(&tree.host()).unwrap().value(path)
    }

    fn place(fact: &Fact<Sourced<Value>>) -> (serde_json::Value, String, u32, u32) {
        let Fact::Known(Sourced { value, origin }) = fact else { panic!("{fact:?}") };
        let column = origin.column.unwrap();
        (value.to_json(), origin.file.clone().unwrap(), origin.line.unwrap(), column)
    }

    #[test]
    fn the_last_line_wins_and_says_what_it_overrode() {
        let tree = systemd()
            .file(
                "usr/lib/sysctl.d/50-default.conf",
                "# vendor\nkernel.panic = 0\n-net.core.bpf_jit_harden=2\n",
            )
            .file("etc/sysctl.d/90-k8s.conf", "; node\nkernel.panic=10\nkernel/panic   =  10\n");
        let panic = value(&tree, "kernel/panic");
        assert_eq!(place(&panic), (json!(10), "/etc/sysctl.d/90-k8s.conf".into(), 3, 19));
        let Fact::Known(Sourced { origin, .. }) = panic else { unreachable!() };
        let lost = &origin.overrides;
        assert_eq!(lost.len(), 1, "{lost:?}");
        assert_eq!(lost[0].file.as_deref(), Some("/usr/lib/sysctl.d/50-default.conf"));
        assert_eq!((lost[0].line, &lost[0].value), (Some(2), &json!(0)));
        let harden = value(&tree, "net/core/bpf_jit_harden");
        assert_eq!(place(&harden), (json!(2), "/usr/lib/sysctl.d/50-default.conf".into(), 3, 26));
        assert_eq!(value(&tree, "kernel/panic_on_oops"), Fact::Absent);
    }

    #[test]
    fn patterns_yield_to_names_and_to_exceptions() {
        let tree = systemd()
            .file(
                "etc/sysctl.d/10-eth0.conf",
                "net.ipv4.conf.eth0.rp_filter=0\n-net.ipv4.conf.lo.rp_filter\n",
            )
            .file(
                "etc/sysctl.d/20-all.conf",
                "net.ipv4.conf.*.rp_filter = 2\nnet.ipv4.conf.all.rp_filter = 1\n",
            )
            .file("etc/sysctl.d/30-all.conf", "net.ipv4.conf.e*.rp_filter = 1\n");
        let found = |path| match value(&tree, path) {
            Fact::Known(Sourced { value, .. }) => value.to_json(),
            Fact::Absent => json!(null),
            Fact::Gap(unknown) => panic!("{unknown:?}"),
        };
        assert_eq!(found("net/ipv4/conf/eth0/rp_filter"), json!(0));
        assert_eq!(found("net/ipv4/conf/lo/rp_filter"), json!(null));
        assert_eq!(found("net/ipv4/conf/all/rp_filter"), json!(1));
        assert_eq!(found("net/ipv4/conf/wlan0/rp_filter"), json!(2));
        assert_eq!(found("net/ipv4/conf/ens3/rp_filter"), json!(1));
        assert_eq!(found("net/ipv4/conf/a/b/rp_filter"), json!(null), "a star is one part");
    }

    #[test]
    fn sysctl_conf_counts_where_whoever_applies_it_reads_it() {
        let conf = "vm.swappiness=10\n";
        let late = ("etc/sysctl.d/99-zz.conf", "vm.swappiness=60\n");
        let ignored = systemd().file("etc/sysctl.conf", conf);
        assert_eq!(value(&ignored, "vm/swappiness"), Fact::Absent);
        let linked =
            systemd().file("etc/sysctl.conf", conf).link("etc/sysctl.d/99-sysctl.conf", "../sysctl.conf");
        let at = place(&value(&linked, "vm/swappiness"));
        assert_eq!(at, (json!(10), "/etc/sysctl.d/99-sysctl.conf".into(), 1, 15));
        let in_order = linked.file(late.0, late.1);
        assert_eq!(place(&value(&in_order, "vm/swappiness")).0, json!(60));
        let openrc = Tree::new().file("etc/sysctl.conf", conf).file(late.0, late.1);
        assert_eq!(place(&value(&openrc, "vm/swappiness")), (json!(10), "/etc/sysctl.conf".into(), 1, 15));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_gap_where_it_could_matter() {
        let tree = systemd()
            .file("etc/sysctl.d/10-a.conf", "kernel.panic=1\n")
            .fifo("etc/sysctl.d/20-b.conf")
            .file("etc/sysctl.d/30-c.conf", "vm.swappiness=1\nnet.ipv4.conf.*.rp_filter=1\n");
        assert!(matches!(value(&tree, "kernel/panic"), Fact::Gap(_)), "it may be overridden");
        assert!(matches!(value(&tree, "kernel/pid_max"), Fact::Gap(_)), "it may be set");
        assert!(
            matches!(value(&tree, "net/ipv4/conf/lo/rp_filter"), Fact::Gap(_)),
            "it may have a line of its own"
        );
        assert_eq!(place(&value(&tree, "vm/swappiness")).0, json!(1));
    }

    #[test]
    fn lines_that_say_nothing_are_passed_over() {
        let text = "kernel.panic\n= 5\n==\n-\n[x]=1\nnet.[.x = 1\n../../x = 1\n\u{fffd}\n-kernel.*.x\nkernel.panic =\n";
        let tree = systemd().file("etc/sysctl.d/a.conf", text);
        let persisted = Persisted::read(&tree.host()).unwrap();
        assert_eq!(persisted.value("kernel/panic").known().unwrap().value, Value::Text(String::new()));
    }
}
