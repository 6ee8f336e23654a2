//! Reading a saved snapshot, which may come from anywhere.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Location, SCHEMA, Snapshot};

/// The largest snapshot that is read, in bytes. That of a node with a thousand containers has a few
/// million.
pub const MAX_BYTES: usize = 64 << 20;

/// Why a document is not a snapshot that this build reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// It is larger than any snapshot.
    #[error("a document of {bytes} bytes is too large for a snapshot: at most {MAX_BYTES} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It is a snapshot of another version.
    #[error(
        "the snapshot has schema {found}, and this version of plimsoll reads schema {SCHEMA}: take it anew with `plimsoll collect`"
    )]
    Schema {
        /// The version that it says, as JSON.
        found: String,
    },
    /// It is no JSON, or no snapshot.
    #[error("not a snapshot: {message} at line {line} column {column}")]
    Malformed {
        /// What is wrong.
        message: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in bytes.
        column: usize,
    },
    /// A value in it has no meaning.
    #[error("not a snapshot: {path} is {value:?}, which is no {expected}")]
    Invalid {
        /// The value's JSON pointer into the snapshot.
        path: String,
        /// The value.
        value: String,
        /// What it has to be.
        expected: &'static str,
    },
}

impl Snapshot {
    /// Reads a snapshot that `plimsoll collect` has written.
    ///
    /// # Errors
    /// When the document is larger than [`MAX_BYTES`], is no JSON, nests deeper than 128 levels, is of
    /// another version, has unknown members or members of another type, or points at facts by something
    /// that is no JSON pointer.
    pub fn load(bytes: &[u8]) -> Result<Self, SnapshotError> {
        if bytes.len() > MAX_BYTES {
            return Err(SnapshotError::TooLarge { bytes: bytes.len() });
        }
        // Other versions have other members: the version is the better reason to name.
        let snapshot: Self = serde_json::from_slice(bytes).map_err(|error| match schema_of(bytes) {
            Some(found) if found != SCHEMA => SnapshotError::Schema { found: found.to_string() },
            _ => malformed(&error),
        })?;
        if snapshot.schema != SCHEMA {
            return Err(SnapshotError::Schema { found: snapshot.schema.to_string() });
        }
        snapshot.check()?;
        Ok(snapshot)
    }

    fn check(&self) -> Result<(), SnapshotError> {
        let invalid = |path: &str, value: &str, expected| {
            Err(SnapshotError::Invalid { path: path.to_owned(), value: value.to_owned(), expected })
        };
        if self.taken_at.parse::<jiff::Timestamp>().is_err() {
            return invalid("/taken_at", &self.taken_at, "time (RFC 3339)");
        }
        for (index, gap) in self.gaps.iter().enumerate() {
            if Location::from_pointer(&gap.path).is_none() {
                return invalid(&format!("/gaps/{index}/path"), &gap.path, "JSON pointer");
            }
        }
        match self.origins.keys().find(|pointer| Location::from_pointer(pointer).is_none()) {
            Some(pointer) => invalid("/origins", pointer, "JSON pointer"),
            None => Ok(()),
        }
    }
}

/// The version that a document says, if it says one at all.
fn schema_of(bytes: &[u8]) -> Option<Value> {
    #[derive(Deserialize)]
    struct Head {
        schema: Value,
        #[serde(flatten)]
        _rest: IgnoredAny,
    }
    serde_json::from_slice::<Head>(bytes).ok().map(|head| head.schema)
}

fn malformed(error: &serde_json::Error) -> SnapshotError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let message = text.strip_suffix(&place).unwrap_or(&text).to_owned();
    SnapshotError::Malformed { message, line, column }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::GapReason;

    fn document() -> Value {
        json!({
            "schema": 1,
            "tool": {"name": "plimsoll", "version": "0.1.0"},
            "taken_at": "2026-11-23T18:00:00Z",
            "target": {"kind": "live", "name": "node-7"},
            "facts": {"docker": {"config": {"live-restore": true}}},
            "origins": {"/docker/config/live-restore": {"layer": "file", "file": "/etc/docker/daemon.json", "line": 3}},
            "gaps": [{"path": "/docker/engine", "reason": "denied", "source": "/run/docker.sock", "detail": "permission denied"}],
        })
    }

    fn load(document: &Value) -> Result<Snapshot, SnapshotError> {
        Snapshot::load(&serde_json::to_vec(document).unwrap())
    }

    #[test]
    fn what_is_saved_comes_back_the_same() {
        let snapshot = load(&document()).unwrap();
        assert_eq!(snapshot.gaps[0].reason, GapReason::Denied);
        assert_eq!(serde_json::to_value(&snapshot).unwrap(), document());
    }

    #[test]
    fn another_version_is_named_whatever_else_it_has() {
        let mut other = document();
        other["schema"] = json!(2);
        assert_eq!(load(&other), Err(SnapshotError::Schema { found: "2".into() }));
        other["nodes"] = json!([]);
        assert_eq!(load(&other), Err(SnapshotError::Schema { found: "2".into() }));
        other["schema"] = json!("v2");
        assert_eq!(load(&other), Err(SnapshotError::Schema { found: "\"v2\"".into() }));
    }

    #[test]
    fn what_is_no_snapshot_is_refused_with_its_place() {
        let place = |bytes: &[u8]| match Snapshot::load(bytes) {
            Err(SnapshotError::Malformed { message, line, column }) => {
                assert!(!message.contains(" at line"), "{message}");
                (line, column)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(place(b""), (1, 0));
        assert_eq!(place(b"{\"schema\": 1,\n nope}"), (2, 2));
        assert_eq!(place(b"[]").0, 1);
        assert_eq!(place(b"{\"schema\": 1, \"facts\": []}").0, 1);
        assert_eq!(place(b"\xff\xfe").0, 1);
        let deep = format!(
            "{{\"schema\": 1, \"facts\": {{\"a\": {}1{}}}}}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert_eq!(place(deep.as_bytes()).0, 1);
    }

    #[test]
    fn unknown_members_and_other_types_are_refused() {
        for (pointer, value) in [
            ("/extra", json!(1)),
            ("/facts", json!([])),
            ("/facts", json!(null)),
            ("/tool/extra", json!(1)),
            ("/target/kind", json!("vm")),
            ("/gaps/0/reason", json!("tired")),
            ("/gaps/0/path", json!(7)),
            ("/gaps", json!({})),
        ] {
            let mut bad = document();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            bad.pointer_mut(parent).unwrap()[name] = value;
            assert!(matches!(load(&bad), Err(SnapshotError::Malformed { .. })), "{pointer}");
        }
    }

    #[test]
    fn pointers_and_the_time_have_to_be_such() {
        for (pointer, value, path) in [
            ("/gaps/0/path", "docker", "/gaps/0/path"),
            ("/gaps/0/path", "/a~2", "/gaps/0/path"),
            ("/taken_at", "yesterday", "/taken_at"),
        ] {
            let mut bad = document();
            *bad.pointer_mut(pointer).unwrap() = json!(value);
            match load(&bad) {
                Err(SnapshotError::Invalid { path: found, .. }) => assert_eq!(found, path),
                other => panic!("{other:?}"),
            }
        }
        let mut bad = document();
        bad["origins"] = json!({"docker": {"layer": "file"}});
        assert!(matches!(load(&bad), Err(SnapshotError::Invalid { .. })));
    }

    #[test]
    fn an_oversized_document_is_not_even_parsed() {
        let bytes = vec![b' '; MAX_BYTES + 1];
        assert_eq!(Snapshot::load(&bytes), Err(SnapshotError::TooLarge { bytes: MAX_BYTES + 1 }));
    }
}
