//! dockerd's command line, read as its flag library (pflag) reads it.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::Origin;
use serde_json::{Map, Value, json};

use super::options::{self, DaemonOption, Kind};
use crate::fact::Sourced;

/// The flags that were given.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Flags(BTreeMap<&'static str, Setting>);

/// What a flag says, all its occurrences together.
#[derive(Debug, PartialEq)]
pub(super) struct Setting {
    /// The value, of the type that daemon.json has for it; or what is wrong with it, in words.
    pub(super) value: Result<Value, String>,
    /// Where it stands; the last occurrence of several.
    pub(super) origin: Origin,
}

impl Flags {
    /// Reads dockerd's arguments, the program itself left out.
    ///
    /// Arguments that are no flag of dockerd set nothing; dockerd would not start with them.
    pub(super) fn parse(arguments: &[Sourced<String>]) -> Self {
        let mut flags = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut next = || rest.next().map(|value| value.value.as_str());
            match argument.value.strip_prefix("--") {
                Some("") => break,
                Some(long) => flags.read_long(long, &argument.origin, &mut next),
                None => {
                    let letters = argument.value.strip_prefix('-').unwrap_or_default();
                    flags.read_short(letters, &argument.origin, &mut next);
                }
            }
        }
        flags
    }

    /// What the flag `--name` was set to.
    pub(super) fn get(&self, name: &str) -> Option<&Setting> {
        self.0.get(name)
    }

    /// The string that the flag `--name` was set to.
    pub(super) fn text(&self, name: &str) -> Option<Sourced<String>> {
        let setting = self.get(name)?;
        let value = setting.value.as_ref().ok()?.as_str()?.to_owned();
        Some(Sourced { value, origin: setting.origin.clone() })
    }

    /// `--name=value`, `--name value`; a boolean's value only after an equals sign.
    fn read_long<'a>(&mut self, long: &'a str, origin: &Origin, next: &mut dyn FnMut() -> Option<&'a str>) {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let Some(option) = options::by_flag(name) else { return };
        let value = value.or_else(|| if option.kind == Kind::Bool { Some("true") } else { next() });
        self.set(option, value, origin);
    }

    /// `-D`, `-H value`, `-Hvalue`, `-H=value`, `-DH value`.
    fn read_short<'a>(
        &mut self,
        letters: &'a str,
        origin: &Origin,
        next: &mut dyn FnMut() -> Option<&'a str>,
    ) {
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            let Some(option) = options::by_short(letter) else { return };
            let attached = rest.as_str();
            if let Some(value) = attached.strip_prefix('=') {
                return self.set(option, Some(value), origin);
            }
            if option.kind == Kind::Bool {
                self.set(option, Some("true"), origin);
            } else {
                let value = if attached.is_empty() { next() } else { Some(attached) };
                return self.set(option, value, origin);
            }
        }
    }

    fn set(&mut self, option: &'static DaemonOption, value: Option<&str>, origin: &Origin) {
        let Some(flag) = option.flag else { return };
        let before = self.0.remove(flag).and_then(|setting| setting.value.ok());
        let value = match value {
            Some(text) => add(option.kind, before, text),
            None => Err("its value is missing".to_owned()),
        };
        self.0.insert(flag, Setting { value, origin: origin.clone() });
    }
}

/// The value of a flag of type `kind` that was `before` and is now given `text`.
fn add(kind: Kind, before: Option<Value>, text: &str) -> Result<Value, String> {
    match kind {
        Kind::Bool => boolean(text).map(Value::Bool),
        Kind::Integer => {
            text.parse::<i64>().map(Value::from).map_err(|_| format!("{text:?} is not an integer"))
        }
        Kind::Text | Kind::Size | Kind::Address => Ok(json!(text)),
        Kind::List => Ok(append(before, json!(text))),
        Kind::Pools => Ok(append(before, pool(text)?)),
        Kind::Words => {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            Ok(insert(before, name, json!(value)))
        }
        Kind::Switches => {
            // Without a value the feature is on.
            let (name, value) = text.split_once('=').unwrap_or((text, "true"));
            Ok(insert(before, name, Value::Bool(boolean(value)?)))
        }
        Kind::Groups => {
            let (group, (name, value)) = pair(text).and_then(|(group, rest)| Ok((group, pair(rest)?)))?;
            let inner = before.as_ref().and_then(|groups| groups.get(group)).cloned();
            Ok(insert(before, group, insert(inner, name, json!(value))))
        }
        Kind::Runtimes => {
            let (name, path) = pair(text)?;
            Ok(insert(before, name, json!({ "path": path })))
        }
        Kind::Ulimits => {
            let (name, limits) = pair(text)?;
            Ok(insert(before, name, ulimit(name, limits)?))
        }
        Kind::Object => {
            let members = text.split(',').map(pair).collect::<Result<Vec<_>, _>>()?;
            Ok(members
                .into_iter()
                .fold(before, |object, (name, value)| Some(insert(object, name, json!(value)))))
            .map(|object| object.unwrap_or_default())
        }
    }
}

fn append(list: Option<Value>, item: Value) -> Value {
    let mut items = match list {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    items.push(item);
    Value::Array(items)
}

fn insert(object: Option<Value>, name: &str, value: Value) -> Value {
    let mut members = match object {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    members.insert(name.to_owned(), value);
    Value::Object(members)
}

/// As Go's `strconv.ParseBool`.
fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("{text:?} is not a boolean")),
    }
}

fn pair(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| format!("{text:?} is not of the form name=value"))
}

/// `base=10.0.0.0/8,size=24`.
fn pool(text: &str) -> Result<Value, String> {
    let mut pool = Map::new();
    for (name, value) in text.split(',').map(pair).collect::<Result<Vec<_>, _>>()? {
        let value = match name {
            "size" => value
                .parse::<u8>()
                .map(Value::from)
                .map_err(|_| format!("{value:?} is not a prefix length"))?,
            _ => json!(value),
        };
        pool.insert(name.to_owned(), value);
    }
    Ok(Value::Object(pool))
}

/// `1024:2048` or, for both at once, `1024`.
fn ulimit(name: &str, limits: &str) -> Result<Value, String> {
    let number =
        |text: &str| text.parse::<i64>().map_err(|_| format!("{limits:?} is not of the form soft:hard"));
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    Ok(json!({ "Name": name, "Hard": number(hard)?, "Soft": number(soft)? }))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use plimsoll_engine::snapshot::Layer;

    pub(crate) fn arguments(words: &[&str]) -> Vec<Sourced<String>> {
        let origin = Origin { layer: Layer::Flag, ..crate::origin::default() };
        words.iter().map(|word| Sourced { value: (*word).to_owned(), origin: origin.clone() }).collect()
    }

    fn value(words: &[&str], flag: &str) -> Option<Result<Value, String>> {
        Flags::parse(&arguments(words)).0.remove(flag).map(|setting| setting.value)
    }

    #[test]
    fn every_spelling_of_a_flag_is_read() {
        for words in [
            &["-H", "fd://"][..],
            &["-Hfd://"],
            &["-H=fd://"],
            &["--host", "fd://"],
            &["--host=fd://"],
            &["-DH", "fd://"],
            &["--debug", "-H", "fd://"],
            &["--unknown", "--host=fd://"],
        ] {
            assert_eq!(value(words, "host"), Some(Ok(json!(["fd://"]))), "{words:?}");
        }
        assert_eq!(value(&["-DH", "fd://"], "debug"), Some(Ok(json!(true))));
        assert_eq!(value(&["--iptables=F", "--icc"], "iptables"), Some(Ok(json!(false))));
        assert_eq!(value(&["--icc", "false"], "icc"), Some(Ok(json!(true))));
        assert_eq!(value(&["--", "--debug"], "debug"), None);
    }

    #[test]
    fn flags_that_repeat_gather_into_what_daemon_json_would_hold() {
        let words = [
            "--dns=1.1.1.1",
            "--dns=8.8.8.8",
            "--log-opt=max-size=10m",
            "--log-opt",
            "max-file=3",
            "--default-ulimit=nofile=1024:2048",
            "--default-ulimit=core=0",
            "--default-address-pool=base=10.0.0.0/8,size=24",
            "--default-network-opt=bridge=com.docker.network.driver.mtu=1234",
            "--add-runtime=crun=/usr/bin/crun",
            "--feature=cdi",
            "--mtu=1400",
        ];
        for (flag, expected) in [
            ("dns", json!(["1.1.1.1", "8.8.8.8"])),
            ("log-opt", json!({"max-size": "10m", "max-file": "3"})),
            (
                "default-ulimit",
                json!({
                    "nofile": {"Name": "nofile", "Hard": 2048, "Soft": 1024},
                    "core": {"Name": "core", "Hard": 0, "Soft": 0}
                }),
            ),
            ("default-address-pool", json!([{"base": "10.0.0.0/8", "size": 24}])),
            ("default-network-opt", json!({"bridge": {"com.docker.network.driver.mtu": "1234"}})),
            ("add-runtime", json!({"crun": {"path": "/usr/bin/crun"}})),
            ("feature", json!({"cdi": true})),
            ("mtu", json!(1400)),
        ] {
            assert_eq!(value(&words, flag), Some(Ok(expected)), "{flag}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_an_error_and_no_value() {
        for words in
            ["--iptables=maybe", "--mtu=big", "--default-ulimit=nofile=x", "--add-runtime=x", "--mtu"]
        {
            let flag = words.trim_start_matches('-').split('=').next().unwrap();
            assert!(matches!(value(&[words], flag), Some(Err(_))), "{words}");
        }
    }
}
