//! Digests as people and file names write them.

use std::fmt::Write as _;

/// The bytes in hexadecimal digits, two each, lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
