//! The kernel's build configuration: where it is, and what it says.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::GzDecoder;
use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostErrorKind};

const RUNNING: &str = "/proc/config.gz";

/// A tree that somebody unpacked, of whatever kernel.
const SOURCE_TREE: &str = "/usr/src/linux/.config";

/// How much a compressed configuration may unpack to, in bytes: some ten times the largest.
const CAP: u64 = 4 << 20;

/// A kernel's build configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// The file that it was read from.
    pub(crate) source: String,
    options: BTreeMap<String, String>,
}

/// The configuration of the kernel `release`.
///
/// # Errors
///
/// If none of the places where configurations are kept has one that can be read; the reason is `denied`
/// if one of them may not be read.
pub(crate) fn find(ctx: &Context<'_>, release: &Fact<String>) -> Result<Config, Unknown> {
    let release = match release {
        Fact::Known(release) => Some(release.as_str()),
        Fact::Gap(unknown) if !ctx.host.is_running() => return Err(unknown.clone()),
        Fact::Absent | Fact::Gap(_) => None,
    };
    search(ctx.host, places(release, ctx.host.is_running()), release)
}

/// The places where a configuration may be, in the order in which they are tried.
fn places(release: Option<&str>, running: bool) -> Vec<String> {
    let mut places = Vec::new();
    if running {
        places.push(RUNNING.to_owned());
    }
    if let Some(release) = release {
        places.extend([
            format!("/boot/config-{release}"),
            format!("/usr/src/linux-{release}/.config"),
            SOURCE_TREE.to_owned(),
            format!("/usr/lib/modules/{release}/config"),
            format!("/usr/lib/ostree-boot/config-{release}"),
            format!("/usr/lib/kernel/config-{release}"),
            format!("/usr/src/linux-headers-{release}/.config"),
            format!("/lib/modules/{release}/build/.config"),
        ]);
    }
    places
}

/// The first of `places` that has a configuration. One that cannot be read does not end the search, but
/// is what is told if no other is found.
fn search(host: &Host, places: Vec<String>, release: Option<&str>) -> Result<Config, Unknown> {
    let mut refused = Vec::<Unknown>::new();
    for place in &places {
        let text = match host.read(place) {
            Ok(bytes) if place == RUNNING => unpack(&bytes),
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind == HostErrorKind::NotFound => continue,
            Err(error) => Err(error.into()),
        };
        match text.and_then(|text| accept(place, &text, release)) {
            Ok(config) => return Ok(config),
            Err(unknown) => refused.push(unknown),
        }
    }
    let reason = match refused.iter().find(|unknown| unknown.reason == GapReason::Denied) {
        Some(denied) => denied.reason,
        None => refused.first().map_or(GapReason::Failed, |unknown| unknown.reason),
    };
    let mut detail = format!("no kernel configuration in {}", places.join(", "));
    for unknown in &refused {
        detail.push_str("; ");
        detail.push_str(&unknown.detail);
    }
    let source =
        refused.into_iter().find(|unknown| unknown.reason == reason).and_then(|unknown| unknown.source);
    Err(Unknown { reason, source: source.or_else(|| places.into_iter().next()), detail })
}

/// The text at `place`, if it is the configuration of `release`.
fn accept(place: &str, text: &str, release: Option<&str>) -> Result<Config, Unknown> {
    let config = Config::of_text(place, text);
    if config.options.is_empty() {
        return Err(Unknown::malformed(place, format!("{place}: holds no kernel configuration")));
    }
    if place == SOURCE_TREE && !release.is_some_and(|release| is_of(text, release)) {
        return Err(Unknown::new(GapReason::Failed, place, format!("{place}: is of another kernel")));
    }
    Ok(config)
}

/// Whether the header of a configuration (`# Linux/x86 6.1.106 Kernel Configuration`) names the version
/// that `release` starts with.
fn is_of(text: &str, release: &str) -> bool {
    let header = text.lines().take(5).find(|line| line.ends_with(" Kernel Configuration"));
    let version = header
        .and_then(|line| line.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit())));
    version.is_some_and(|version| {
        release
            .strip_prefix(version)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
    })
}

impl Config {
    /// The configuration that `text`, from the file `source`, says.
    pub(crate) fn of_text(source: &str, text: &str) -> Self {
        Self { source: source.to_owned(), options: parse(text) }
    }

    /// What the configuration says of `option` (`CONFIG_X`): `y`, `m`, `n`, or the text or number that it
    /// is set to; `None` if the configuration does not know the option.
    pub(crate) fn get(&self, option: &str) -> Option<&str> {
        self.options.get(option).map(String::as_str)
    }

    /// Whether `option` is built in or a module.
    pub(crate) fn is_set(&self, option: &str) -> bool {
        matches!(self.get(option), Some("y" | "m"))
    }
}

fn unpack(gzip: &[u8]) -> Result<String, Unknown> {
    let mut bytes = Vec::new();
    let read = GzDecoder::new(gzip).take(CAP + 1).read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() as u64 <= CAP => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(_) => Err(Unknown::malformed(RUNNING, format!("{RUNNING}: unpacks to more than {CAP} bytes"))),
        Err(error) => Err(Unknown::malformed(RUNNING, format!("{RUNNING}: {error}"))),
    }
}

/// The options of a configuration file; `# CONFIG_X is not set` is `n`.
fn parse(text: &str) -> BTreeMap<String, String> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if let Some(comment) = line.strip_prefix("# ") {
        let name = comment.strip_suffix(" is not set")?;
        return is_option(name).then(|| (name.to_owned(), "n".to_owned()));
    }
    let (name, value) = line.split_once('=')?;
    is_option(name).then(|| (name.to_owned(), unquote(value)))
}

fn is_option(name: &str) -> bool {
    name.strip_prefix("CONFIG_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// A string without its quotes, in which kconfig escapes `"` and `\`.
fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        plain.push(if c == '\\' { characters.next().unwrap_or(c) } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use std::io::Write;

    /// Lines of Debian 12's `/boot/config-6.1.0-26-amd64`.
    const DEBIAN: &str = r#"#
# Automatically generated file; DO NOT EDIT.
# Linux/x86 6.1.112 Kernel Configuration
#
CONFIG_CC_VERSION_TEXT="gcc-12 (Debian 12.2.0-14) 12.2.0"
CONFIG_BUILD_SALT="6.1.0-26-amd64"
# CONFIG_COMPILE_TEST is not set
CONFIG_LOG_BUF_SHIFT=17
CONFIG_OVERLAY_FS=m
CONFIG_SECCOMP=y
CONFIG_PHYSICAL_START=0x1000000
CONFIG_LSM="landlock,lockdown,yama,loadpin,safesetid,integrity,apparmor,selinux,smack,tomoyo,bpf"
CONFIG_ODD="a \"quoted\" \\ word"
# CONFIG_IS_MENTIONED here
# end of General setup
"#;

    const RELEASE: &str = "6.1.0-26-amd64";

    fn look(tree: Tree, running: bool) -> Result<Config, Unknown> {
        search(&tree.host(), places(Some(RELEASE), running), Some(RELEASE))
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn an_option_that_is_not_set_is_not_one_that_is_not_there() {
        let config = look(Tree::new().file("boot/config-6.1.0-26-amd64", DEBIAN), true).unwrap();
        assert_eq!(config.source, "/boot/config-6.1.0-26-amd64");
        assert_eq!(config.get("CONFIG_SECCOMP"), Some("y"));
        assert_eq!(config.get("CONFIG_OVERLAY_FS"), Some("m"));
        assert_eq!(config.get("CONFIG_COMPILE_TEST"), Some("n"));
        assert_eq!(config.get("CONFIG_IS_MENTIONED"), None);
        assert_eq!(config.get("CONFIG_SECCOM"), None);
        assert_eq!(config.get("CONFIG_LOG_BUF_SHIFT"), Some("17"));
        assert_eq!(config.get("CONFIG_PHYSICAL_START"), Some("0x1000000"));
        assert_eq!(config.get("CONFIG_ODD"), Some(r#"a "quoted" \ word"#));
        assert!(config.get("CONFIG_LSM").unwrap().starts_with("landlock,lockdown"));
        assert!(config.is_set("CONFIG_OVERLAY_FS") && !config.is_set("CONFIG_COMPILE_TEST"));
    }

    #[test]
    fn the_running_kernels_own_wins_while_it_runs() {
        let tree = || {
            Tree::new()
                .file("proc/config.gz", gzip(b"CONFIG_FROM=\"running\"\n"))
                .file("boot/config-6.1.0-26-amd64", "CONFIG_FROM=\"boot\"\n")
        };
        assert_eq!(look(tree(), true).unwrap().get("CONFIG_FROM"), Some("running"));
        assert_eq!(look(tree(), false).unwrap().get("CONFIG_FROM"), Some("boot"));
    }

    #[test]
    fn what_cannot_be_read_does_not_end_the_search() {
        let tree = Tree::new()
            .file("proc/config.gz", "no gzip")
            .fifo("boot/config-6.1.0-26-amd64")
            .file("usr/lib/modules/6.1.0-26-amd64/config", "nothing\n")
            .file("usr/lib/kernel/config-6.1.0-26-amd64", DEBIAN);
        assert_eq!(look(tree, true).unwrap().source, "/usr/lib/kernel/config-6.1.0-26-amd64");
    }

    #[test]
    fn a_source_tree_counts_only_if_it_is_of_this_kernel() {
        let of = |header: &str| Tree::new().file("usr/src/linux/.config", format!("{header}\nCONFIG_A=y\n"));
        let header = |version: &str| format!("#\n# Linux/x86 {version} Kernel Configuration");
        assert!(look(of(&header("6.1.0")), true).is_ok());
        for other in [header("6.1"), header("6.1.01"), header("5.10.0"), String::new()] {
            let gap = look(of(&other), true).unwrap_err();
            assert!(gap.detail.contains("of another kernel"), "{other}: {}", gap.detail);
        }
    }

    #[test]
    fn nothing_found_says_where_was_looked() {
        let gap = look(Tree::new(), true).unwrap_err();
        assert_eq!(gap.reason, GapReason::Failed);
        for place in places(Some(RELEASE), true) {
            assert!(gap.detail.contains(&place), "{place} in {}", gap.detail);
        }
        assert_eq!(places(Some(RELEASE), true).len(), 9);
    }

    #[test]
    fn a_bomb_is_malformed() {
        let bomb = gzip(&vec![b'\n'; 64 << 20]);
        assert!(bomb.len() < 1 << 20);
        let gap = look(Tree::new().file("proc/config.gz", bomb), true).unwrap_err();
        assert_eq!(gap.reason, GapReason::Malformed);
        assert!(gap.detail.contains("unpacks to more than"), "{}", gap.detail);
    }
}
