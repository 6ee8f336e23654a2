//! The swap units of systemd (systemd.swap(5)) that are started at boot.

use crate::fact::{Fact, Sourced, Unknown};
use crate::origin;
use crate::systemd::{State, Unit, UnitFiles};
use plimsoll_engine::snapshot::{Layer, Origin};

use super::{By, ConfiguredSwap, is_masked, unit_name};

/// The units that are enabled, made by a generator, or masked; without those of `known`, which other files
/// configure.
pub(super) fn read(files: &UnitFiles<'_>, known: &[ConfiguredSwap]) -> Result<Vec<ConfiguredSwap>, Unknown> {
    let known: Vec<String> = known.iter().filter_map(|swap| unit_name::of(&swap.what.value)).collect();
    let mut configured = Vec::new();
    for name in files.names("swap") {
        if known.iter().any(|known| known == name) {
            continue;
        }
        if let Some(unit) = Unit::find(files, name)?.filter(comes_back) {
            let masked = is_masked(files, name)?;
            configured.push(of(name, unit, masked));
        }
    }
    Ok(configured)
}

fn comes_back(unit: &Unit) -> bool {
    let has = |section, key, value: &str| {
        unit.last(section, key).is_some_and(|setting| setting.value.starts_with(value))
    };
    match unit.state {
        State::Enabled | State::Masked => true,
        // Among them is what a partition's type alone switches on. The others have a file of their own.
        State::Generated => !has("Unit", "SourcePath", "/etc/fstab") && !has("Swap", "What", "/dev/zram"),
        _ => false,
    }
}

fn of(name: &str, unit: Unit, masked: bool) -> ConfiguredSwap {
    let what = unit.last("Swap", "What").cloned().unwrap_or_else(|| Sourced {
        value: unit_name::path(name),
        origin: Origin { layer: Layer::File, file: Some(unit.file.clone()), ..origin::default() },
    });
    ConfiguredSwap {
        by: By::Unit,
        line: what.origin.line.into(),
        what,
        file: unit.file,
        masked: Fact::Known(masked),
        noauto: false,
    }
}
