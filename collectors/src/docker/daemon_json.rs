//! daemon.json, held against what dockerd accepts in it.
//!
//! dockerd reads the file twice (`getConflictFreeConfiguration`, daemon/config/config.go): first as a map,
//! whose keys have to be names of flags or of their plurals; then into its configuration, whose types have
//! to fit. An object that is no option is taken for a wrapper, and its members for keys.

use plimsoll_engine::snapshot::{Layer, Origin};

use super::options::{self, DaemonOption, Kind};
use crate::fact::Unknown;
use crate::host::{Host, HostErrorKind};
use crate::json_document::{Content, Document, DocumentError, Member, Node};
use crate::origin;

/// What there is at daemon.json's path.
#[derive(Debug)]
pub(super) enum DaemonJson {
    /// Nothing.
    Absent,
    /// Something that cannot be read.
    Unreadable(Unknown),
    /// A file that is not a JSON object; dockerd does not start with it.
    Malformed(DocumentError),
    /// An empty file, which says nothing.
    Empty,
    /// A JSON object.
    Object(Document),
}

impl DaemonJson {
    /// Reads the file.
    pub(super) fn read(host: &Host, path: &str) -> Self {
        match host.read(path) {
            Ok(bytes) => Self::parse(path, &bytes),
            Err(error) if matches!(error.kind, HostErrorKind::NotFound) => Self::Absent,
            Err(error) => Self::Unreadable(error.into()),
        }
    }

    fn parse(path: &str, bytes: &[u8]) -> Self {
        let text = match decode(path, bytes) {
            Ok(text) if text.trim_ascii().is_empty() => return Self::Empty,
            Ok(text) => text,
            Err(error) => return Self::Malformed(error),
        };
        match Document::parse(path, text) {
            Ok(document) => match document.root().content {
                Content::Object(_) => Self::Object(document),
                Content::Null => Self::Empty,
                _ => Self::Malformed(document.error_at(
                    document.root(),
                    format!("the file holds {}, where dockerd expects an object", document.root().kind()),
                )),
            },
            Err(error) => Self::Malformed(error),
        }
    }

    /// The JSON object, if there is one.
    pub(super) fn object(&self) -> Option<&Document> {
        match self {
            Self::Object(document) => Some(document),
            _ => None,
        }
    }
}

/// The file's text: UTF-8, without or with a byte order mark, or UTF-16 with one, as dockerd has it since 23.0.
fn decode(path: &str, bytes: &[u8]) -> Result<String, DocumentError> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => return Ok(wide(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => return Ok(wide(rest, u16::from_be_bytes)),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let text = String::from_utf8_lossy(bytes);
        let at = error.valid_up_to();
        let origin = origin::in_text(Layer::File, path, &text, at..at + '\u{fffd}'.len_utf8());
        DocumentError { message: "the file is not UTF-8".to_owned(), origin: Box::new(origin) }
    })
}

/// A key that the file says and dockerd has no use for.
#[derive(Debug, PartialEq)]
pub(super) struct StrayKey {
    pub(super) key: String,
    pub(super) origin: Origin,
}

/// The keys for which dockerd refuses the file: "the following directives don't match any configuration
/// option".
pub(super) fn unknown_keys(document: &Document) -> Vec<StrayKey> {
    stray_keys(document, |key, _| !is_known(key))
}

/// The keys that dockerd accepts and does nothing with: names of flags that have another name in the file
/// (`registry-mirror`), or another place (`http-proxy` outside of `proxies`).
pub(super) fn ignored_keys(document: &Document) -> Vec<StrayKey> {
    stray_keys(document, |key, parent| {
        let reaches = |option: &DaemonOption| option.parent == parent || option.kind == Kind::Bool;
        is_known(key) && !options::by_key(key).is_some_and(reaches)
    })
}

fn is_known(key: &str) -> bool {
    options::by_key(key).is_some() || options::by_flag(key).is_some()
}

fn stray_keys(document: &Document, is_stray: impl Fn(&str, Option<&str>) -> bool) -> Vec<StrayKey> {
    let mut stray = Vec::new();
    for (member, parent) in keys(document.root()) {
        if is_stray(&member.name, parent) {
            let origin = document.origin_of_member(member);
            stray.push(StrayKey { key: member.name.clone(), origin });
        }
    }
    stray
}

/// What dockerd takes for keys, each with the object that it stands in if that is not the file's own.
fn keys(root: &Node) -> impl Iterator<Item = (&Member, Option<&str>)> {
    root.members().iter().flat_map(|member| {
        let is_wrapper =
            matches!(member.value.content, Content::Object(_)) && !options::is_object(&member.name);
        let inner = member.value.members().iter().filter(move |_| is_wrapper);
        let inner = inner.map(|inner| (inner, Some(member.name.as_str())));
        std::iter::once((member, None)).filter(move |_| !is_wrapper).chain(inner)
    })
}

/// The member that dockerd takes for the key `name`, wherever it stands and whatever it says.
pub(super) fn key<'d>(document: &'d Document, name: &str) -> Option<&'d Member> {
    keys(document.root()).filter(|(member, _)| member.name == name).map(|(member, _)| member).last()
}

/// The member that sets `option`, unless it says nothing: `null`, or a zero that dockerd cannot tell from
/// silence.
pub(super) fn member_of<'d>(document: &'d Document, option: &DaemonOption) -> Option<&'d Member> {
    member_of_any(document, option).filter(|member| !is_silent(option, &member.value))
}

/// The member for `option`, whatever it says.
pub(super) fn member_of_any<'d>(document: &'d Document, option: &DaemonOption) -> Option<&'d Member> {
    let root = document.root();
    match option.parent {
        Some(parent) => root.member(parent).and_then(|parent| parent.value.member(option.key)),
        None => root.member(option.key).or_else(|| wrapped_switch(root, option)),
    }
}

/// dockerd sets a boolean's flag for a key in any wrapper, although its configuration does not look there.
fn wrapped_switch<'d>(root: &'d Node, option: &DaemonOption) -> Option<&'d Member> {
    let mut wrapped = keys(root).filter(|(member, parent)| parent.is_some() && member.name == option.key);
    wrapped
        .find(|(member, _)| option.kind == Kind::Bool && member.value.content == Content::Bool(true))
        .map(|(member, _)| member)
}

/// The zero of every type but a boolean's counts as "not set" when file and flags are merged.
fn is_silent(option: &DaemonOption, node: &Node) -> bool {
    match &node.content {
        Content::Null => true,
        Content::Bool(_) => false,
        Content::Number(number) => number.as_f64() == Some(0.0) && option.key != "default-stop-timeout",
        Content::Text(text) => text.is_empty(),
        Content::List(items) => items.is_empty(),
        Content::Object(members) => members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Document {
        match DaemonJson::parse("/etc/docker/daemon.json", text.as_bytes()) {
            DaemonJson::Object(document) => document,
            other => panic!("{other:?}"),
        }
    }

    fn names(keys: Vec<StrayKey>) -> Vec<String> {
        keys.into_iter().map(|key| key.key).collect()
    }

    #[test]
    fn unknown_keys_are_those_that_dockerd_20_10_refuses() {
        for (text, unknown) in [
            (r#"{"Live-Restore": true}"#, &["Live-Restore"][..]),
            (r#"{"registry-mirror": ["http://a"]}"#, &[]),
            (r#"{"foo": {"live-restore": true}}"#, &[]),
            (r#"{"foo": {"bar": true}, "baz": 1}"#, &["bar", "baz"]),
            (r#"{"swarm-raft-heartbeat-tick": 1}"#, &["swarm-raft-heartbeat-tick"]),
            (r#"{"containerd-plugin-namespace": "x"}"#, &["containerd-plugin-namespace"]),
            (r#"{"log-opts": {"anything": "x"}, "features": {"anything": true}}"#, &[]),
            (r#"{"proxies": {"http-proxy": "http://x", "ftp-proxy": "x"}}"#, &["ftp-proxy"]),
            (r#"{"foo": {}}"#, &[]),
        ] {
            assert_eq!(names(unknown_keys(&object(text))), unknown, "{text}");
        }
    }

    #[test]
    fn ignored_keys_are_accepted_without_effect() {
        let text = r#"{"registry-mirror": [], "http-proxy": "x", "proxies": {"no-proxy": "y"}, "log-level": "info"}"#;
        assert_eq!(names(ignored_keys(&object(text))), ["registry-mirror", "http-proxy"]);
    }

    #[test]
    fn a_key_says_where_it_stands() {
        let keys = unknown_keys(&object("{\n  \"debug\": true,\n  \"strage-driver\": \"x\"\n}"));
        assert_eq!(
            (keys[0].origin.line, keys[0].origin.column, keys[0].origin.length),
            (Some(3), Some(3), Some(20))
        );
    }

    #[test]
    fn what_dockerd_takes_for_silence_is_silence() {
        let document = object(
            r#"{"live-restore": null, "mtu": 0, "icc": false, "x": {"debug": true}, "log-driver": ""}"#,
        );
        let set = |key| member_of(&document, options::by_key(key).unwrap()).is_some();
        assert_eq!(["live-restore", "mtu", "log-driver", "dns"].map(set), [false; 4]);
        assert_eq!(["icc", "debug"].map(set), [true; 2]);
    }

    #[test]
    fn byte_order_marks_are_understood_and_other_encodings_are_not() {
        let text = "{\"debug\": true}";
        let wide = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            format!("\u{feff}{text}").encode_utf16().flat_map(unit).collect()
        };
        for bytes in [format!("\u{feff}{text}").into_bytes(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)]
        {
            assert!(matches!(DaemonJson::parse("/f", &bytes), DaemonJson::Object(_)));
        }
        let DaemonJson::Malformed(error) = DaemonJson::parse("/f", b"{\n \"a\": \"\xff\"}") else { panic!() };
        assert_eq!((error.origin.line, error.origin.column), (Some(2), Some(8)));
    }

    #[test]
    fn only_an_object_is_a_configuration() {
        assert!(matches!(DaemonJson::parse("/f", b" \n"), DaemonJson::Empty));
        assert!(matches!(DaemonJson::parse("/f", b"null"), DaemonJson::Empty));
        for bytes in [&b"[]"[..], b"7", b"{\"a\": 1,}", b"{} x"] {
            assert!(matches!(DaemonJson::parse("/f", bytes), DaemonJson::Malformed(_)));
        }
    }
}
