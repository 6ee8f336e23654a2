//! The swap spaces of `/etc/fstab` (fstab(5)).

use std::ops::Range;

use plimsoll_engine::snapshot::Layer;

use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{Host, HostErrorKind};
use crate::mounts::octal::unescape;
use crate::origin;

use super::{By, ConfiguredSwap};

const FSTAB: &str = "/etc/fstab";

/// The lines of type `swap`, whose masks are not looked up yet; none if there is no fstab.
pub(super) fn read(host: &Host) -> Result<Vec<ConfiguredSwap>, Unknown> {
    match host.read_text(FSTAB) {
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(Vec::new()),
        text => Ok(parse(&text?)),
    }
}

fn parse(text: &str) -> Vec<ConfiguredSwap> {
    text.lines().enumerate().filter_map(|(index, line)| parse_line(index + 1, line)).collect()
}

/// `UUID=8a3c…  none  swap  sw,nofail  0  0`
fn parse_line(number: usize, line: &str) -> Option<ConfiguredSwap> {
    let what = first_word(line);
    let mut fields = line.split_whitespace();
    let (first, _target, fs_type) = (fields.next()?, fields.next()?, fields.next()?);
    if first.starts_with('#') || fs_type != "swap" {
        return None;
    }
    let origin = origin::in_line(Layer::File, FSTAB, number, line, what);
    Some(ConfiguredSwap {
        by: By::Fstab,
        file: FSTAB.to_owned(),
        line: origin.line.into(),
        what: Sourced { value: unescape(first).into_owned(), origin },
        masked: Fact::Known(false),
        noauto: fields.next().is_some_and(|options| options.split(',').any(|option| option == "noauto")),
    })
}

fn first_word(line: &str) -> Range<usize> {
    let start = line.len() - line.trim_start().len();
    let length = line[start..].find(char::is_whitespace).unwrap_or(line.len() - start);
    start..start + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_type_swap_with_their_places() {
        let found = parse(
            "# /etc/fstab: static file system information.\n\
             UUID=1111 / ext4 errors=remount-ro 0 1\n\
             \tUUID=2222-ab\tnone\tswap\tsw,nofail\t0\t0\n\
             #/swapfile none swap sw 0 0\n\
             # /dev/sdb1 none swap sw 0 0\n\
             /my\\040swap swap swap defaults,noauto\n\
             /dev/sdc1 none swap\n\
             /swap ext4\n",
        );
        let shown: Vec<_> = found.iter().map(|swap| (swap.what.value.as_str(), swap.noauto)).collect();
        assert_eq!(shown, [("UUID=2222-ab", false), ("/my swap", true), ("/dev/sdc1", false)]);
        let origin = &found[0].what.origin;
        assert_eq!((origin.line, origin.column, origin.length), (Some(3), Some(2), Some(12)));
        assert_eq!(origin.text.as_deref(), Some("\tUUID=2222-ab\tnone\tswap\tsw,nofail\t0\t0"));
    }
}
