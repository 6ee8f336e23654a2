//! The swap that comes back at the next boot.

mod fstab;
mod generator;
mod unit_name;
mod units;

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::systemd::{State, Unit, UnitFiles};

/// A swap space that is switched on at boot.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ConfiguredSwap {
    /// What switches it on.
    ///
    /// Source: /etc/fstab, systemd's swap units, zram-generator.conf
    pub by: By,
    /// The file that says so.
    ///
    /// Source: /etc/fstab, systemd's swap units, zram-generator.conf
    pub file: String,
    /// The line of it, from 1; absent for a unit that is masked.
    ///
    /// Source: `file`
    pub line: Fact<u32>,
    /// The device or file, as it is written there: `/swap.img`, `UUID=…`, `zram0`; of a masked unit the path
    /// that its name stands for.
    ///
    /// Source: /etc/fstab, field 1; the unit's `What`; the section of zram-generator.conf
    pub what: Sourced<String>,
    /// Whether a masked unit prevents it: its own or `swap.target`.
    ///
    /// Source: systemd's unit search path
    pub masked: Fact<bool>,
    /// Whether it waits for somebody to ask for it.
    ///
    /// Source: /etc/fstab, option `noauto`
    pub noauto: bool,
}

/// What switches on swap at boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// A line of /etc/fstab.
    Fstab,
    /// A unit of systemd, one that finds partitions by their type included.
    Unit,
    /// The generator that makes compressed memory devices.
    ZramGenerator,
}

/// All that is configured: the lines of fstab, the compressed memory, the units. What cannot be read is a
/// gap in its place.
pub(super) fn read(host: &Host) -> Vec<Fact<ConfiguredSwap>> {
    let files = UnitFiles::list(host);
    let (mut known, mut gaps) = (Vec::new(), Vec::new());
    for found in [fstab::read(host), generator::read(host)] {
        match found {
            Ok(found) => known.extend(found),
            Err(unknown) => gaps.push(unknown),
        }
    }
    for swap in &mut known {
        swap.masked = match &files {
            Ok(files) => {
                unit_name::of(&swap.what.value).map_or(Ok(false), |name| is_masked(files, &name)).into()
            }
            Err(unknown) => Fact::Gap(unknown.clone()),
        };
    }
    match files.and_then(|files| units::read(&files, &known)) {
        Ok(found) => known.extend(found),
        Err(unknown) => gaps.push(unknown),
    }
    known.into_iter().map(Fact::Known).chain(gaps.into_iter().map(Fact::Gap)).collect()
}

/// Whether the unit `name`, or the target that all swap units are for, is masked for good.
fn is_masked(files: &UnitFiles<'_>, name: &str) -> Result<bool, Unknown> {
    for name in ["swap.target", name] {
        if Unit::find(files, name)?.is_some_and(|unit| unit.state == State::Masked) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
