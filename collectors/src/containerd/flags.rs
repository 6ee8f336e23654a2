//! containerd's command line.

use crate::fact::Sourced;

/// The flags that containerd takes; each is an option of its configuration, or names the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flags<T> {
    pub(super) config: Option<T>,
    pub(super) root: Option<T>,
    pub(super) state: Option<T>,
    pub(super) address: Option<T>,
    pub(super) log_level: Option<T>,
}

/// An argument: its text, and the same thing with another text.
pub(super) trait Argument: Clone {
    fn text(&self) -> &str;
    fn with(&self, text: &str) -> Self;
}

impl Argument for String {
    fn text(&self) -> &str {
        self
    }

    fn with(&self, text: &str) -> Self {
        text.to_owned()
    }
}

impl Argument for Sourced<String> {
    fn text(&self) -> &str {
        &self.value
    }

    fn with(&self, text: &str) -> Self {
        Self { value: text.to_owned(), origin: self.origin.clone() }
    }
}

impl<T: Argument> Flags<T> {
    /// Reads a command line, the program first. A flag has one dash or two, and its value follows or stands
    /// behind `=`; of several the last counts. An empty value says nothing.
    pub(super) fn parse(arguments: &[T]) -> Self {
        let mut flags = Self { config: None, root: None, state: None, address: None, log_level: None };
        let mut arguments = arguments.iter().skip(1);
        while let Some(argument) = arguments.next() {
            let Some(flag) = argument.text().strip_prefix('-') else { break };
            let flag = flag.strip_prefix('-').unwrap_or(flag);
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(argument.with(value))),
                None => (flag, None),
            };
            let slot = match name {
                "config" | "c" => &mut flags.config,
                "root" => &mut flags.root,
                "state" => &mut flags.state,
                "address" | "a" => &mut flags.address,
                "log-level" | "l" => &mut flags.log_level,
                _ => continue,
            };
            let value = value.or_else(|| arguments.next().cloned());
            *slot = value.filter(|value| !value.text().is_empty());
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_in_each_of_their_forms() {
        let arguments =
            "/usr/bin/containerd -c /c.toml --root=/r --state /s -a=/a.sock --log-level debug -l warn"
                .split(' ')
                .map(str::to_owned)
                .collect::<Vec<_>>();
        let flags = Flags::parse(&arguments);
        assert_eq!(flags.config.as_deref(), Some("/c.toml"));
        assert_eq!(flags.root.as_deref(), Some("/r"));
        assert_eq!(flags.state.as_deref(), Some("/s"));
        assert_eq!(flags.address.as_deref(), Some("/a.sock"));
        assert_eq!(flags.log_level.as_deref(), Some("warn"));
    }

    #[test]
    fn what_follows_a_subcommand_is_not_the_daemons() {
        let arguments = ["containerd", "config", "dump", "--config", "/x"].map(str::to_owned);
        assert_eq!(Flags::parse(&arguments).config, None);
        assert_eq!(Flags::parse(&["containerd".to_owned(), "--config=".to_owned()]).config, None);
        assert_eq!(Flags::<String>::parse(&[]).root, None);
    }
}
