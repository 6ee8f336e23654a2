//! The running kubelet.

use crate::context::Context;
use crate::daemon::{self, Process};
use crate::fact::Fact;
use crate::processes::Processes;

/// How procfs names the programs that are a kubelet or hold one, the kubelet itself first.
const NAMES: [&str; 4] = ["kubelet", "kubelite", "k3s-server", "k3s-agent"];

/// A running kubelet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kubelet {
    pub(super) process: Process,
    /// Whether it is the kubelet itself, and no program that holds one among others.
    pub(super) is_kubelet: bool,
}

/// The node's kubelet: alive, of root, and in no container. Of several that with the lowest number.
pub(super) fn find(ctx: &Context<'_>) -> Fact<Kubelet> {
    let processes = match Processes::of(ctx) {
        Ok(processes) => processes,
        Err(unknown) => return Fact::Gap(unknown),
    };
    let is_of_node = |pid: u32| {
        // One without a status ended meanwhile.
        let status = processes.status(pid).ok();
        status.is_some_and(|status| status.is_alive && status.user == Some(0) && status.is_of_node)
    };
    let rank = |name: &str| NAMES.iter().position(|known| *known == name);
    let kubelets = processes.named(&NAMES).filter(|(pid, _)| is_of_node(*pid));
    match (kubelets.map(|(pid, name)| (rank(name), pid)).min(), processes.incomplete()) {
        (Some((rank, pid)), _) => {
            daemon::read(ctx.host, pid).map(|process| Kubelet { process, is_kubelet: rank == Some(0) })
        }
        (None, Some(unknown)) => Fact::Gap(unknown.clone()),
        (None, None) => Fact::Absent,
    }
}
