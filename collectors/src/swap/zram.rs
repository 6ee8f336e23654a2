//! Compressed memory devices (Documentation/admin-guide/blockdev/zram.rst of the kernel).

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostErrorKind};

const DEVICES: &str = "/sys/block";

/// A compressed memory device.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Zram {
    /// Its name: `zram0`.
    ///
    /// Source: /sys/block
    pub name: String,
    /// How much it holds before compression.
    ///
    /// Unit: bytes
    /// Source: /sys/block/zram*/disksize
    pub size_bytes: u64,
    /// How much memory it takes now; absent before Linux 4.1.
    ///
    /// Unit: bytes
    /// Source: /sys/block/zram*/mm_stat, the third number
    pub used_bytes: Fact<u64>,
}

/// The devices that have a size; without one a device is there and of no use.
pub(super) fn read(host: &Host) -> Result<Vec<Zram>, Unknown> {
    let entries = match host.read_dir(DEVICES) {
        Err(error) if error.kind == HostErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.into_iter().filter_map(|entry| entry.name.into_string().ok());
    let mut devices = Vec::new();
    for name in names.filter(|name| name.starts_with("zram")) {
        let place = format!("{DEVICES}/{name}/disksize");
        let size_bytes = number(&place, Some(&host.read_text(&place)?))?;
        if size_bytes > 0 {
            devices.push(Zram { used_bytes: used(host, &name), name, size_bytes });
        }
    }
    Ok(devices)
}

fn used(host: &Host, name: &str) -> Fact<u64> {
    let place = format!("{DEVICES}/{name}/mm_stat");
    Fact::from(host.read_text(&place)).and_then(|text| number(&place, text.split_whitespace().nth(2)).into())
}

fn number(place: &str, text: Option<&str>) -> Result<u64, Unknown> {
    let malformed = || Unknown::malformed(place, "there is no number where one has to be");
    text.and_then(|text| text.trim().parse().ok()).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn devices_without_a_size_are_left_out() {
        let tree = Tree::new()
            .file("sys/devices/virtual/block/zram0/disksize", "2147483648\n")
            .file(
                "sys/devices/virtual/block/zram0/mm_stat",
                " 4096       74    12288        0    12288        0        0        0        0\n",
            )
            .link("sys/block/zram0", "../devices/virtual/block/zram0")
            .file("sys/block/zram1/disksize", "0\n")
            .file("sys/block/vda/size", "8\n");
        let zram0 = Zram { name: "zram0".into(), size_bytes: 2 << 30, used_bytes: Fact::Known(12288) };
        assert_eq!(read(&tree.host()).unwrap(), [zram0]);
    }

    #[test]
    fn what_is_no_number_is_malformed_and_no_devices_are_none() {
        let tree = Tree::new().file("sys/block/zram0/disksize", "many\n");
        assert!(read(&tree.host()).is_err());
        assert!(read(&Tree::new().host()).unwrap().is_empty());
    }
}
