//! Where the manifests and configurations of images are, and what is kept of containers beside the records.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::hex::hex;

/// The name of the file of the data `key`: the key itself if it is plain, or else in base64.
///
/// The engines take a key for plain that is so but for its last character.
pub(super) fn file_name(key: &str) -> String {
    let is_plain = |c: &char| matches!(c, '.' | '0'..='9' | 'a'..='z');
    let odd = key.char_indices().find(|(_, c)| !is_plain(c));
    match odd {
        Some((at, c)) if at + c.len_utf8() < key.len() || !c.is_ascii() => {
            format!("={}", BASE64_STANDARD.encode(key))
        }
        _ => key.to_owned(),
    }
}

/// The digest that `contents` have, if it is another than the one that `key` or `recorded` say; with the
/// digest that they should have.
///
/// # Errors
///
/// If a digest is of another kind than SHA-256.
pub(super) fn other_digest(
    key: &str,
    recorded: Option<&str>,
    contents: &[u8],
) -> Result<Option<(String, String)>, String> {
    // The digest of a manifest of schema 1 leaves its signatures out.
    if key.starts_with("manifest") && is_schema_1(contents) {
        return Ok(None);
    }
    let actual = format!("sha256:{}", hex(&Sha256::digest(contents)));
    let named = key.strip_prefix("manifest-").unwrap_or(key);
    let named = named.contains(':').then_some(named).filter(|named| named.starts_with("sha"));
    for expected in named.into_iter().chain(recorded.filter(|recorded| !recorded.is_empty())) {
        if !expected.starts_with("sha256:") {
            return Err(format!("digests as {expected:?} are not checked"));
        }
        if expected != actual {
            return Ok(Some((expected.to_owned(), actual)));
        }
    }
    Ok(None)
}

fn is_schema_1(manifest: &[u8]) -> bool {
    let value: Value = serde_json::from_slice(manifest).unwrap_or_default();
    value.get("schemaVersion").and_then(Value::as_u64) == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_engines_give() {
        let config = "sha256:68a8657a27e6c0a485a9d1660db698022ac4cc1283b5b3f9c6e0036fa52fb579";
        let file = "=c2hhMjU2OjY4YTg2NTdhMjdlNmMwYTQ4NWE5ZDE2NjBkYjY5ODAyMmFjNGNjMTI4M2I1YjNmOWM2ZTAwMzZmYTUyZmI1Nzk=";
        assert_eq!(file_name(config), file);
        assert_eq!(file_name("manifest"), "manifest");
        assert_eq!(file_name("signature-a"), "=c2lnbmF0dXJlLWE=");
        assert_eq!(file_name("abc_"), "abc_");
        assert_eq!(file_name("a_b"), "=YV9i");
    }

    #[test]
    fn contents_are_held_against_their_key_and_what_was_recorded() {
        let sha = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!(other_digest(sha, Some(sha), b"hello"), Ok(None));
        assert_eq!(other_digest("manifest", Some(sha), b"hello"), Ok(None));
        assert_eq!(other_digest(&format!("manifest-{sha}"), None, b"hellO").unwrap().unwrap().0, sha);
        assert_eq!(other_digest("manifest", Some(sha), b"{\"schemaVersion\": 1}"), Ok(None));
        assert_eq!(other_digest("signature-2cf24d", None, b"x"), Ok(None));
        assert!(other_digest("manifest", Some("sha512:aa"), b"x").is_err());
    }
}
