//! File modes: octal permission bits as text, such as `0644` or `4755`.

/// The permission bits and the set-id and sticky bits.
const ALL_BITS: u32 = 0o7777;

/// Reads a mode of one to five octal digits, up to `07777`.
///
/// Only text is a mode: the number `0644` of a YAML file is 644 to one parser and 420 to another.
pub fn parse(text: &str) -> Option<u32> {
    let octal = (1..=5).contains(&text.len()) && text.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
    let mode = octal.then(|| u32::from_str_radix(text, 8).ok()).flatten()?;
    (mode <= ALL_BITS).then_some(mode)
}

/// Whether `mode` grants no bit that `limit` does not.
pub fn within(mode: u32, limit: u32) -> bool {
    mode & !limit == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_octal_text_only() {
        for (text, mode) in [
            ("0644", Some(0o644)),
            ("644", Some(0o644)),
            ("0", Some(0)),
            ("4755", Some(0o4755)),
            ("04755", Some(0o4755)),
            ("7777", Some(0o7777)),
            ("17777", None),
            ("000644", None),
            ("0648", None),
            ("0o644", None),
            ("+644", None),
            ("-rw-r--r--", None),
            (" 644", None),
            ("", None),
        ] {
            assert_eq!(parse(text), mode, "{text}");
        }
    }

    #[test]
    fn bits_are_compared_one_by_one() {
        for (mode, limit, holds) in [
            (0o644, 0o644, true),
            (0o600, 0o644, true),
            (0o000, 0o600, true),
            (0o606, 0o644, false),
            (0o640, 0o604, false),
            (0o755, 0o777, true),
            (0o4755, 0o755, false),
            (0o1777, 0o777, false),
            (0o4755, 0o7777, true),
        ] {
            assert_eq!(within(mode, limit), holds, "{mode:o} within {limit:o}");
        }
    }
}
