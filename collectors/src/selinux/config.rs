//! `/etc/selinux/config`, read as libselinux reads it.
//!
//! libselinux is not generous: `SELINUX = enforcing` and `SELINUX="enforcing"` are no settings to it, and
//! the node boots permissive. What it passes over is passed over here.

use plimsoll_engine::snapshot::Layer;

use super::Mode;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::origin;

pub(super) const FILE: &str = "/etc/selinux/config";

/// The policy that is loaded where the file names none.
pub(super) const DEFAULT_TYPE: &str = "targeted";

/// What the file says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Config {
    /// `SELINUX=`; none if no line has it in a form that counts.
    pub(super) mode: Option<Sourced<Mode>>,
    /// `SELINUXTYPE=`, or the default.
    pub(super) policy_type: Sourced<String>,
}

/// Reads the file; absent if it is not there.
pub(super) fn read(host: &Host) -> Fact<Config> {
    Fact::from(host.read_text(FILE)).map(|text| parse(&text))
}

fn parse(text: &str) -> Config {
    let mut config = Config {
        mode: None,
        policy_type: Sourced { value: DEFAULT_TYPE.to_owned(), origin: origin::default() },
    };
    for (index, line) in text.lines().enumerate() {
        let place = |token: &str| {
            let start = token.as_ptr() as usize - line.as_ptr() as usize;
            origin::in_line(Layer::File, FILE, index + 1, line, start..start + token.len())
        };
        // The first line that says a mode counts, and the last that says a type.
        if let (None, Some((value, token))) = (&config.mode, line.strip_prefix("SELINUX=").and_then(mode)) {
            config.mode = Some(Sourced { value, origin: place(token) });
        }
        if let Some(value) = policy_type(line) {
            config.policy_type = Sourced { value: value.to_owned(), origin: place(value) };
        }
    }
    config
}

/// The mode at the front of `value`, in whatever case, and its word.
fn mode(value: &str) -> Option<(Mode, &str)> {
    [("enforcing", Mode::Enforcing), ("permissive", Mode::Permissive), ("disabled", Mode::Disabled)]
        .into_iter()
        .find_map(|(word, mode)| {
            let front = value.get(..word.len())?;
            front.eq_ignore_ascii_case(word).then_some((mode, front))
        })
}

fn policy_type(line: &str) -> Option<&str> {
    const TAG: &str = "SELINUXTYPE=";
    let line = line.trim();
    let tag = line.get(..TAG.len())?;
    // It becomes a part of a path.
    Some(&line[TAG.len()..]).filter(|value| {
        tag.eq_ignore_ascii_case(TAG) && !value.is_empty() && !value.contains(['/', '\0']) && *value != ".."
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RHEL 9's file.
    const RHEL: &str = "\
# This file controls the state of SELinux on the system.
# SELINUX= can take one of these three values:
#     enforcing - SELinux security policy is enforced.
#
SELINUX=enforcing
# SELINUXTYPE= can take one of these three values:
SELINUXTYPE=targeted

";

    #[test]
    fn mode_and_type_are_told_with_their_place() {
        let config = parse(RHEL);
        let mode = config.mode.unwrap();
        assert_eq!(mode.value, Mode::Enforcing);
        assert_eq!((mode.origin.line, mode.origin.column, mode.origin.length), (Some(5), Some(9), Some(9)));
        assert_eq!(config.policy_type.value, "targeted");
        assert_eq!((config.policy_type.origin.line, config.policy_type.origin.column), (Some(7), Some(13)));
    }

    #[test]
    fn what_libselinux_passes_over_is_no_setting() {
        let mode = |text: &str| parse(text).mode.map(|mode| mode.value);
        assert_eq!(mode("SELINUX=Permissive  # for now\n"), Some(Mode::Permissive));
        assert_eq!(mode("SELINUX=disabled\nSELINUX=enforcing\n"), Some(Mode::Disabled));
        assert_eq!(mode("SELINUX=maybe\nSELINUX=enforcing\n"), Some(Mode::Enforcing));
        for ignored in [
            "SELINUX = enforcing",
            "SELINUX=\"enforcing\"",
            " SELINUX=enforcing",
            "#SELINUX=enforcing",
            "SELINUX=",
            "",
        ] {
            assert_eq!(mode(ignored), None, "{ignored}");
        }
        let policy_type = |text: &str| parse(text).policy_type.value;
        assert_eq!(policy_type("SELINUXTYPE=mls  \nselinuxtype=minimum\n"), "minimum");
        assert_eq!(policy_type("SELINUXTYPE=../../x\n#SELINUXTYPE=mls\nSELINUXTYPE=\n"), "targeted");
    }
}
