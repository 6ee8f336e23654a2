//! Lists of processors in sysfs: `0-3,8` (Documentation/admin-guide/cputopology.rst of the kernel).

use crate::fact::{Fact, Unknown};
use crate::host::Host;

pub(crate) const ONLINE: &str = "/sys/devices/system/cpu/online";
pub(super) const POSSIBLE: &str = "/sys/devices/system/cpu/possible";
pub(super) const OFFLINE: &str = "/sys/devices/system/cpu/offline";
pub(super) const ISOLATED: &str = "/sys/devices/system/cpu/isolated";

/// More processors than Linux can have.
const LIMIT: u64 = 1 << 16;

/// The numbers of the processors that `source` lists, sorted.
pub(crate) fn read(host: &Host, source: &str) -> Fact<Vec<u64>> {
    let malformed = |text: &str| Unknown::malformed(source, format!("{text:?} is no list of processors"));
    Fact::from(host.read_text(source)).and_then(|text| parse(&text).ok_or_else(|| malformed(&text)).into())
}

/// The numbers in a list of processors, sorted; `None` if it is none.
pub(crate) fn parse(text: &str) -> Option<Vec<u64>> {
    let text = text.trim();
    let mut numbers = Vec::new();
    for range in text.split(',').filter(|_| !text.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || last >= LIMIT || numbers.len() > LIMIT as usize {
            return None;
        }
        numbers.extend(first..=last);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_numbers() {
        assert_eq!(parse("0-3,8,10-11\n").unwrap(), [0, 1, 2, 3, 8, 10, 11]);
        assert_eq!(parse("0\n").unwrap(), [0]);
        assert!(parse("\n").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_list_is_malformed() {
        for text in ["a", "3-1", "0-", "0,,1", "0-18446744073709551615", "(null)"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"0-65535,".repeat(100_000)), None);
    }
}
