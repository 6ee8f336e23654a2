//! The compressed memory devices of zram-generator (zram-generator.conf(5)).

use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::systemd::Configuration;

use super::{By, ConfiguredSwap};

/// The devices that become swap spaces, whose masks are not looked up yet.
pub(super) fn read(host: &Host) -> Result<Vec<ConfiguredSwap>, Unknown> {
    let configuration = Configuration::read(host, "zram-generator.conf")?;
    let devices = configuration.sections().iter().filter(|section| is_swap(&configuration, &section.value));
    Ok(devices.map(configured).collect())
}

/// Every section is a device, and a swap space unless it is mounted.
fn is_swap(configuration: &Configuration, section: &str) -> bool {
    let number = section.strip_prefix("zram").filter(|number| !number.is_empty());
    let is_device = number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()));
    let fs_type = configuration.last(section, "fs-type").map_or("swap", |fs_type| fs_type.value.as_str());
    is_device && fs_type == "swap" && configuration.last(section, "mount-point").is_none()
}

fn configured(section: &Sourced<String>) -> ConfiguredSwap {
    ConfiguredSwap {
        by: By::ZramGenerator,
        file: section.origin.file.clone().unwrap_or_default(),
        line: section.origin.line.into(),
        what: section.clone(),
        masked: Fact::Known(false),
        noauto: false,
    }
}
