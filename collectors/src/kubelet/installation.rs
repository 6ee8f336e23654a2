//! Where the kubelet is: its program, its unit, its process, and the distribution of Kubernetes it belongs to.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use super::embedded;
use super::process::{self, Kubelet};
use crate::context::Context;
use crate::daemon::{Daemon, any_trace, as_flag, find_binary, placed};
use crate::exec_start;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::proxy::{Proxy, is_proxy_variable};
use crate::systemd::{Unit, UnitFiles};

/// Where packages and images put the kubelet.
const BINARIES: [&str; 7] = [
    "/usr/bin/kubelet",
    "/usr/local/bin/kubelet",
    "/opt/bin/kubelet",
    "/home/kubernetes/bin/kubelet",
    "/var/lib/k0s/bin/kubelet",
    "/snap/kubelet/current/kubelet",
    "/var/lib/rancher/rke2/bin/kubelet",
];

/// The kubelet's own units.
const UNITS: [&str; 2] = ["kubelet.service", "snap.kubelet.daemon.service"];

/// How the kubelet comes to the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Distribution {
    /// As a program and a service of its own: kubeadm, EKS, GKE, AKS, Bottlerocket.
    Standalone,
    /// Inside of k3s.
    K3s,
    /// Started by RKE2.
    Rke2,
    /// Inside of MicroK8s.
    Microk8s,
    /// Started by k0s.
    K0s,
    /// In a container that Talos starts it in.
    Talos,
}

/// The units of the distributions that start a kubelet themselves.
const EMBEDDING: [(&str, Distribution); 7] = [
    ("k3s.service", Distribution::K3s),
    ("k3s-agent.service", Distribution::K3s),
    ("rke2-server.service", Distribution::Rke2),
    ("rke2-agent.service", Distribution::Rke2),
    ("snap.microk8s.daemon-kubelite.service", Distribution::Microk8s),
    ("k0scontroller.service", Distribution::K0s),
    ("k0sworker.service", Distribution::K0s),
];

/// The traces of a kubelet on the node.
#[derive(Debug)]
pub(super) struct Installation {
    pub(super) process: Fact<Kubelet>,
    pub(super) unit: Fact<Unit>,
    pub(super) binary: Fact<String>,
    pub(super) distribution: Option<Distribution>,
}

impl Installation {
    /// Looks for a kubelet.
    pub(super) fn find(ctx: &Context<'_>) -> Self {
        let process = ctx.running("/proc", || process::find(ctx));
        let (unit, distribution) = match UnitFiles::list(ctx.host) {
            Ok(files) => find_unit(&files),
            Err(unknown) => (Fact::Gap(unknown), None),
        };
        let binary = find_binary(ctx.host, process.known().map(|kubelet| &kubelet.process), &BINARIES);
        let standalone =
            process.known().is_some_and(|kubelet| kubelet.is_kubelet) || binary.known().is_some();
        let distribution = distribution
            .or_else(|| embedded::is_talos(ctx.host).then_some(Distribution::Talos))
            .or_else(|| standalone.then_some(Distribution::Standalone));
        Self { process, unit, binary, distribution }
    }

    /// Whether there is one. A trace says yes; the lack of any says no only if every place could be looked
    /// at. Off line there is no process to be missed.
    pub(super) fn is_there(&self) -> Fact<bool> {
        match self.distribution {
            // The program comes in an image, and no unit starts it.
            Some(Distribution::Talos) => Fact::Known(true),
            _ => any_trace(&self.process, &self.unit, &self.binary),
        }
    }

    /// The kubelet's command line, the program first: that of the process, else the one that its unit or its
    /// distribution starts it with; empty if there is none.
    pub(super) fn arguments(&self, host: &Host) -> Fact<Vec<Sourced<String>>> {
        let configured = self.configured_arguments(host);
        match &self.process {
            Fact::Known(kubelet) if kubelet.is_kubelet => {
                let configured = configured.known().map(Vec::as_slice).unwrap_or_default();
                Fact::Known(placed(&kubelet.process, configured))
            }
            Fact::Gap(unknown) if unknown.reason != GapReason::Offline => Fact::Gap(unknown.clone()),
            _ => configured.or_absent(Vec::new()),
        }
    }

    /// The proxies of its environment: that of the process that it runs in, else that of its unit.
    pub(super) fn proxy(&self, host: &Host) -> Proxy {
        let daemon = Daemon {
            process: self.process.as_ref().map(|kubelet| kubelet.process.clone()),
            unit: self.unit.clone(),
            binary: self.binary.clone(),
        };
        Proxy::of(&daemon.environment(host, is_proxy_variable))
    }

    fn configured_arguments(&self, host: &Host) -> Fact<Vec<Sourced<String>>> {
        let of_unit = || self.unit.as_ref().and_then(|unit| exec_start::arguments(host, unit).into());
        let arguments = match self.distribution {
            Some(distribution @ (Distribution::K3s | Distribution::Rke2)) => {
                of_unit().and_then(|unit: Vec<_>| embedded::rancher(host, distribution, &unit))
            }
            Some(Distribution::Microk8s) => embedded::microk8s(host),
            Some(Distribution::K0s) => of_unit().map(|unit: Vec<_>| embedded::k0s(&unit)),
            Some(Distribution::Talos) => Fact::Known(embedded::talos()),
            Some(Distribution::Standalone) | None => of_unit(),
        };
        arguments.map(|arguments| arguments.into_iter().map(as_flag).collect())
    }
}

/// The kubelet's own unit, or that of a distribution that starts one.
fn find_unit(files: &UnitFiles<'_>) -> (Fact<Unit>, Option<Distribution>) {
    let own = UNITS.iter().map(|name| (*name, Distribution::Standalone));
    for (name, distribution) in own.chain(EMBEDDING) {
        match Unit::find(files, name) {
            Ok(None) => {}
            Ok(Some(unit)) => return (Fact::Known(unit), Some(distribution)),
            Err(unknown) => return (Fact::Gap(unknown), Some(distribution)),
        }
    }
    (Fact::Absent, None)
}
