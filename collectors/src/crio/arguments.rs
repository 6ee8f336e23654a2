//! CRI-O's command line and environment.

use plimsoll_engine::snapshot::{Layer, Origin};
use serde_json::Value;

use super::kind::Kind;
use super::options::{CrioOption, OPTIONS};
use crate::fact::{Sourced, Unknown};
use crate::proxy::Environment;

/// What flags and variables set.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// The flags by name with their text; of a switch without a value `true`. A list's flag may come often.
    flags: Vec<(String, Sourced<String>)>,
}

impl Arguments {
    /// Reads a command line, the program first. It ends with a subcommand.
    pub(super) fn parse(arguments: &[Sourced<String>]) -> Self {
        let mut flags = Vec::new();
        let mut arguments = arguments.iter().skip(1).peekable();
        while let Some(argument) = arguments.next() {
            let Some(flag) = argument.value.strip_prefix('-') else { break };
            let flag = flag.strip_prefix('-').unwrap_or(flag);
            let with = |text: &str| Sourced { value: text.to_owned(), origin: argument.origin.clone() };
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, with(value)),
                None if is_switch(flag) => (flag, with("true")),
                None => match arguments.next() {
                    Some(value) => (flag, with(&value.value)),
                    None => break,
                },
            };
            flags.push((name.to_owned(), value));
        }
        Self { flags }
    }

    /// The last text of a flag, by any of its names.
    pub(super) fn text(&self, names: &[&str]) -> Option<&Sourced<String>> {
        self.flags.iter().rev().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value)
    }

    /// What a flag, or else a variable, sets an option to.
    ///
    /// # Errors
    ///
    /// If the text is not of the option's kind: CRI-O does not start with it.
    pub(super) fn setting(
        &self,
        option: &CrioOption,
        environment: &Environment,
    ) -> Result<Option<Sourced<Value>>, Unknown> {
        let flags: Vec<_> =
            self.flags.iter().filter(|(name, _)| Some(name.as_str()) == option.flag).collect();
        let variable =
            option.variable.and_then(|name| environment.get(name)).filter(|it| !it.value.is_empty());
        let text = match (flags.as_slice(), variable) {
            ([], None) => return Ok(None),
            ([], Some(variable)) => {
                let origin = Origin { layer: Layer::Environment, ..variable.origin.clone() };
                Sourced { value: variable.value.clone(), origin }
            }
            ([.., (_, last)], _) if option.kind != Kind::List => last.clone(),
            ([(_, first), ..], _) => {
                let texts: Vec<_> = flags.iter().map(|(_, text)| text.value.as_str()).collect();
                Sourced { value: texts.join(","), origin: first.origin.clone() }
            }
        };
        match option.kind.parse(&text.value) {
            Some(value) => Ok(Some(Sourced { value, origin: text.origin })),
            None => {
                let source = text.origin.file.unwrap_or_default();
                Err(Unknown::malformed(source, format!("{} has to be {}", option.key, option.kind.name())))
            }
        }
    }
}

/// Whether a flag stands without a value.
fn is_switch(flag: &str) -> bool {
    const OTHERS: [&str; 6] = ["help", "h", "version", "v", "profile", "enable-profile-unix-socket"];
    let is_bool = |option: &CrioOption| option.flag == Some(flag) && option.kind == Kind::Bool;
    OPTIONS.iter().any(is_bool) || OTHERS.contains(&flag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin;
    use serde_json::json;

    fn argument(text: &str) -> Sourced<String> {
        Sourced { value: text.to_owned(), origin: origin::default() }
    }

    fn option(key: &str) -> &'static CrioOption {
        OPTIONS.iter().find(|option| option.key == key).unwrap()
    }

    #[test]
    fn flags_beat_variables_and_lists_gather() {
        let line = "crio -c /c.conf --selinux --log-level=debug --insecure-registry a --insecure-registry b,c --pids-limit 5 wipe --root /x";
        let arguments = Arguments::parse(&line.split(' ').map(argument).collect::<Vec<_>>());
        let environment = Environment::from([
            ("CONTAINER_LOG_LEVEL".to_owned(), argument("warn")),
            ("CONTAINER_CGROUP_MANAGER".to_owned(), argument("cgroupfs")),
            ("CONTAINER_ROOT".to_owned(), argument("")),
        ]);
        let value = |key: &str| {
            arguments.setting(option(key), &environment).unwrap().map(|set| (set.value, set.origin.layer))
        };
        assert_eq!(arguments.text(&["config", "c"]).unwrap().value, "/c.conf");
        assert_eq!(value("selinux").unwrap().0, json!(true));
        assert_eq!(value("log_level").unwrap().0, json!("debug"));
        assert_eq!(value("insecure_registries").unwrap().0, json!(["a", "b", "c"]));
        assert_eq!(value("pids_limit").unwrap().0, json!(5));
        assert_eq!(value("cgroup_manager").unwrap(), (json!("cgroupfs"), Layer::Environment));
        assert_eq!(value("root"), None);
    }

    #[test]
    fn a_text_of_another_kind_is_an_error() {
        let arguments = Arguments::parse(&["crio", "--pids-limit=many"].map(argument));
        assert!(arguments.setting(option("pids_limit"), &Environment::new()).is_err());
    }
}
