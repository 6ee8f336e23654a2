//! systemd's unit files, read as systemd(1) reads them: systemd.unit(5), systemd.syntax(7).
//!
//! [`UnitFiles`] is the unit search path of a target; [`Unit`] is one unit with its drop-ins merged, each
//! setting with the line that it comes from; [`State`] is what `systemctl is-enabled` would say.
//! [`Configuration`] is a file such as `system.conf`, merged in the same way.

mod configuration;
mod dropins;
mod enablement;
mod environment;
mod lists;
mod name;
mod parse;
mod search;
#[cfg(test)]
mod tests;
mod unit;

pub(crate) use configuration::Configuration;
pub use enablement::State;
pub(crate) use name::is_unit_name;
pub(crate) use search::UnitFiles;
pub(crate) use unit::Unit;
