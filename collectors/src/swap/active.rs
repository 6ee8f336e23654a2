//! `/proc/swaps` (proc_swaps(5)).

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::Unknown;
use crate::mounts::octal::unescape;

use super::SWAPS;

/// A swap space in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SwapDevice {
    /// Its device or file; the kernel adds ` (deleted)` if the name is gone.
    ///
    /// Source: /proc/swaps, column Filename
    pub path: String,
    /// What it is.
    ///
    /// Source: /proc/swaps, column Type; `/dev/zram*` in column Filename
    pub kind: SwapKind,
    /// How much it holds.
    ///
    /// Unit: bytes
    /// Source: /proc/swaps, column Size
    pub size_bytes: u64,
    /// How much of it is used.
    ///
    /// Unit: bytes
    /// Source: /proc/swaps, column Used
    pub used_bytes: u64,
    /// The kernel fills the one with the highest number first; negative if the kernel chose it.
    ///
    /// Source: /proc/swaps, column Priority
    pub priority: i64,
}

/// What holds a swap space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SwapKind {
    /// A block device.
    Partition,
    /// A file.
    File,
    /// Compressed memory.
    Zram,
}

/// The swap spaces of `/proc/swaps`.
pub(super) fn parse(text: &str) -> Result<Vec<SwapDevice>, Unknown> {
    let lines = text.lines().skip_while(|line| line.starts_with("Filename"));
    lines.map(|line| parse_line(line).ok_or_else(|| malformed(line))).collect()
}

fn malformed(line: &str) -> Unknown {
    let line: String = line.chars().take(200).collect();
    Unknown::malformed(SWAPS, format!("{line:?} is no line of a swap space"))
}

/// Path, type, size, used, priority; sizes in KiB.
fn parse_line(line: &str) -> Option<SwapDevice> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [path, kind, size, used, priority] = fields[..] else { return None };
    let path = unescape(path).into_owned();
    let bytes = |kibibytes: &str| kibibytes.parse::<u64>().ok()?.checked_mul(1024);
    let kind = match kind {
        "partition" if path.starts_with("/dev/zram") => SwapKind::Zram,
        "partition" => SwapKind::Partition,
        "file" => SwapKind::File,
        _ => return None,
    };
    Some(SwapDevice {
        kind,
        size_bytes: bytes(size)?,
        used_bytes: bytes(used)?,
        priority: priority.parse().ok()?,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    #[test]
    fn every_kind_of_swap_space() {
        let text = format!(
            "{HEADER}\
             /dev/vda2                               partition\t976892\t\t256\t\t-2\n\
             /dev/zram0                              partition\t4194300\t\t0\t\t100\n\
             /var/my\\040swap\\040(deleted)              file\t\t1048572\t\t0\t\t-3\n"
        );
        let found = parse(&text).unwrap();
        let first = SwapDevice {
            path: "/dev/vda2".into(),
            kind: SwapKind::Partition,
            size_bytes: 976_892 << 10,
            used_bytes: 256 << 10,
            priority: -2,
        };
        assert_eq!(found[0], first);
        assert_eq!((found[1].kind, found[1].priority), (SwapKind::Zram, 100));
        assert_eq!((found[2].path.as_str(), found[2].kind), ("/var/my swap (deleted)", SwapKind::File));
    }

    #[test]
    fn no_swap_is_the_header_or_nothing_at_all() {
        assert!(parse(HEADER).unwrap().is_empty());
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn a_line_that_cannot_be_read_is_not_no_swap() {
        for line in [
            "/dev/vda2 partition 976892 0",
            "/dev/vda2 tape 1 0 -2",
            "/dev/vda2 partition 99999999999999999999 0 -2",
            "x",
        ] {
            assert!(parse(&format!("{HEADER}{line}\n")).is_err(), "{line}");
        }
    }
}
