//! What distributions that start a containerd themselves start it with.

use super::flags::Flags;
use super::program::{self, Manager};
use crate::argument_file;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::origin;

/// The arguments of a containerd that does not run, the program first: those of its unit, or else what the
/// distribution starts it with whose configuration file is there.
pub(super) fn arguments(host: &Host, unit: Vec<Sourced<String>>) -> Fact<Vec<Sourced<String>>> {
    if Flags::parse(&unit).config.is_some() {
        return Fact::Known(unit);
    }
    let file = program::config_file(host, None, false).value;
    match program::manager(&file) {
        Fact::Known(Manager::Microk8s) => argument_file::read(host, "containerd")
            .map(|arguments| std::iter::once(implied("containerd")).chain(arguments).collect())
            .or_absent(unit),
        // pkg/component/worker/containerd/component.go of github.com/k0sproject/k0s.
        Fact::Known(Manager::K0s) => Fact::Known(all(&[
            "containerd",
            "--root=/var/lib/k0s/containerd",
            "--state=/run/k0s/containerd",
            "--address=/run/k0s/containerd.sock",
            "--config=/etc/k0s/containerd.toml",
        ])),
        // internal/app/machined/pkg/system/services/cri.go of github.com/siderolabs/talos.
        Fact::Known(Manager::Talos) => Fact::Known(all(&[
            "containerd",
            "--address=/run/containerd/containerd.sock",
            "--config=/etc/cri/containerd.toml",
        ])),
        _ => Fact::Known(unit),
    }
}

fn all(texts: &[&str]) -> Vec<Sourced<String>> {
    texts.iter().map(|text| implied(text)).collect()
}

fn implied(text: &str) -> Sourced<String> {
    Sourced { value: text.to_owned(), origin: origin::default() }
}
