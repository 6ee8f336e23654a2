//! The names that systemd gives to the swap units of devices and files: systemd.unit(5), "String
//! escaping for inclusion in unit names".

use std::fmt::Write;

/// The tags by which fstab names devices, and the directories where their devices are linked.
const TAGS: [(&str, &str); 4] =
    [("UUID", "by-uuid"), ("LABEL", "by-label"), ("PARTUUID", "by-partuuid"), ("PARTLABEL", "by-partlabel")];

/// The name of the unit of `what`: a path, `UUID=…` and its like, or the name of a compressed memory
/// device. `None` for what names nothing.
pub(super) fn of(what: &str) -> Option<String> {
    let path = match what.split_once('=') {
        Some((tag, value)) => {
            let (_, directory) = TAGS.iter().find(|(name, _)| *name == tag)?;
            format!("/dev/disk/{directory}/{}", value.trim_matches(['"', '\'']))
        }
        None if what.starts_with("zram") => format!("/dev/{what}"),
        None => what.to_owned(),
    };
    path.starts_with('/').then(|| format!("{}.swap", escape(&path)))
}

/// The path that the unit `name` stands for.
pub(super) fn path(name: &str) -> String {
    let mut bytes = vec![b'/'];
    let mut rest = name.strip_suffix(".swap").unwrap_or(name).as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = after.strip_prefix(b"x").and_then(|digits| digits.get(..2));
        let byte = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (first, byte) {
            (b'\\', Some(byte)) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            (first, _) => {
                bytes.push(if *first == b'-' { b'/' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As `systemd-escape --path` does.
fn escape(path: &str) -> String {
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
    let mut escaped = String::new();
    for (index, byte) in steps.join("/").bytes().enumerate() {
        match byte {
            b'/' => escaped.push('-'),
            b'.' if index > 0 => escaped.push('.'),
            b':' | b'_' => escaped.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            // Writing to a string cannot fail.
            byte => drop(write!(escaped, "\\x{byte:02x}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `systemd-escape --path --suffix=swap` prints them.
    const NAMES: [(&str, &str); 5] = [
        ("/dev/sda2", "dev-sda2.swap"),
        ("/swap.img", "swap.img.swap"),
        ("/dev/mapper/vg-swap_1", r"dev-mapper-vg\x2dswap_1.swap"),
        ("/.hidden file", r"\x2ehidden\x20file.swap"),
        ("/über", r"\xc3\xbcber.swap"),
    ];

    #[test]
    fn names_of_paths_and_back() {
        for (what, name) in NAMES {
            assert_eq!(of(what).as_deref(), Some(name));
            assert_eq!(path(name), what);
        }
        assert_eq!(of("//dev/./sda2/").as_deref(), Some("dev-sda2.swap"));
    }

    #[test]
    fn names_of_tags_and_of_compressed_memory() {
        let uuid = r"dev-disk-by\x2duuid-0b2e\x2d9c.swap";
        assert_eq!(of("UUID=0b2e-9c").as_deref(), Some(uuid));
        assert_eq!(of("UUID=\"0b2e-9c\"").as_deref(), Some(uuid));
        assert_eq!(of("zram0").as_deref(), Some("dev-zram0.swap"));
        assert_eq!(of("ID=x"), None);
        assert_eq!(of("none"), None);
    }

    #[test]
    fn a_name_that_is_not_escaped_properly_stays_readable() {
        assert_eq!(path(r"dev-a\xzz\x4.swap"), r"/dev/a\xzz\x4");
    }
}
