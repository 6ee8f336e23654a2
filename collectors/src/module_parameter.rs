//! Parameters of the kernel's modules that are switches: `/sys/module/MODULE/parameters/NAME`.

use crate::fact::{Fact, Unknown};
use crate::host::Host;

/// Whether the switch in `file` is on, `Y` or `N`; absent if the kernel has no such parameter.
pub(crate) fn switch(host: &Host, file: &str) -> Fact<bool> {
    Fact::from(host.read_text(file)).and_then(|text| match text.trim() {
        "Y" => Fact::Known(true),
        "N" => Fact::Known(false),
        other => Fact::Gap(Unknown::malformed(file, format!("{file}: {other:?} is neither Y nor N"))),
    })
}
