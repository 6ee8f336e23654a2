//! The kernel's command line, split as the kernel splits it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;
use crate::redact::mask;

const SOURCE: &str = "/proc/cmdline";

/// The kernel's command line: the text, and its arguments by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// The text, with secrets masked.
    pub(crate) text: String,
    pub(crate) arguments: Arguments,
}

/// The arguments of a command line: each name with its values, in order; `""` for a bare word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Arguments(pub BTreeMap<String, Vec<String>>);

/// The command line of the running kernel; a gap on a node that is not running, since boot loaders may
/// still add to what is configured.
pub(crate) fn read(ctx: &Context<'_>) -> Fact<CommandLine> {
    ctx.running(SOURCE, || Fact::from(ctx.host.read_text(SOURCE)).map(|text| CommandLine::parse(&text)))
}

impl CommandLine {
    /// Splits `text` at the spaces that are not in double quotes. What stands behind `--` is for init, not
    /// for the kernel, and is no argument.
    pub(crate) fn parse(text: &str) -> Self {
        let text = mask(text.trim());
        let mut arguments = BTreeMap::<String, Vec<String>>::new();
        for word in words(&text).into_iter().take_while(|word| *word != "--") {
            let plain = word.replace('"', "");
            let (name, value) = plain.split_once('=').unwrap_or((&plain, ""));
            arguments.entry(name.to_owned()).or_default().push(value.to_owned());
        }
        Self { text, arguments: Arguments(arguments) }
    }
}

impl Arguments {
    /// The value of `name` that counts: the last. `-` and `_` in names are the same to the kernel.
    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        self.values(name).last()
    }

    /// The elements of the comma-separated lists that are the values of `name`.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).flat_map(|value| value.split(',')).filter(|element| !element.is_empty())
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let alike = |key: &str| {
            key.len() == name.len()
                && key.bytes().zip(name.bytes()).all(|(a, b)| a == b || is_dash(a) && is_dash(b))
        };
        self.0.iter().filter(move |(key, _)| alike(key)).flat_map(|(_, values)| values).map(String::as_str)
    }
}

fn is_dash(byte: u8) -> bool {
    byte == b'-' || byte == b'_'
}

fn words(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let ends_word = |c: char| {
        quoted ^= c == '"';
        c.is_ascii_whitespace() && !quoted
    };
    text.split(ends_word).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Arguments {
        CommandLine::parse(text).arguments
    }

    #[test]
    fn words_values_quotes_and_repetitions() {
        let line = "BOOT_IMAGE=/vmlinuz-6.1.0-26-amd64 root=UUID=5f1a ro quiet console=tty0 console=ttyS0,115200n8 \
                    dyndbg=\"file drivers/usb/* +p\" \"single=a b\" -- --init-only=1 console=x\n";
        let line = CommandLine::parse(line);
        let get =
            |name: &str| line.arguments.0.get(name).map(|v| v.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(get("root"), Some(vec!["UUID=5f1a"]));
        assert_eq!(get("quiet"), Some(vec![""]));
        assert_eq!(get("console"), Some(vec!["tty0", "ttyS0,115200n8"]));
        assert_eq!(get("dyndbg"), Some(vec!["file drivers/usb/* +p"]));
        assert_eq!(get("single"), Some(vec!["a b"]));
        assert_eq!(get("--init-only"), None);
        assert_eq!(line.arguments.last("console"), Some("ttyS0,115200n8"));
        assert!(line.text.ends_with("console=x"));
    }

    #[test]
    fn dashes_and_underscores_are_alike_and_lists_are_split() {
        let arguments =
            arguments("module_blacklist=floppy,,pcspkr module-blacklist=nouveau cgroup_disable=memory");
        let mut modules: Vec<_> = arguments.list("module_blacklist").collect();
        modules.sort_unstable();
        assert_eq!(modules, ["floppy", "nouveau", "pcspkr"]);
        assert_eq!(arguments.last("cgroup-disable"), Some("memory"));
        assert_eq!(arguments.last("cgroup"), None);
    }

    #[test]
    fn secrets_are_masked_in_the_text_and_in_the_values() {
        let line = CommandLine::parse(
            "a=1 systemd.set_credential=db:hunter2 rd.iscsi.password=\"hunter2 x\" ignition.config.url=http://u:hunter2@h/c b",
        );
        let everything = format!("{line:?}");
        assert!(!everything.contains("hunter2"), "{everything}");
        assert_eq!(line.arguments.last("rd.iscsi.password"), Some("***"));
        assert_eq!(
            line.text,
            "a=1 systemd.set_credential=*** rd.iscsi.password=\"***\" ignition.config.url=http://***@h/c b"
        );
    }

    #[test]
    fn odd_lines_are_still_split() {
        assert_eq!(arguments("").0.len(), 0);
        assert_eq!(arguments("open=\"never closed  x").last("open"), Some("never closed  x"));
        assert_eq!(arguments("=v").last(""), Some("v"));
        assert_eq!(arguments("\u{fffd}=\u{fc} x").last("\u{fffd}"), Some("\u{fc}"));
    }
}
