//! The running kubelet.

use crate::context::Context;
use crate::fact::Fact;
use crate::host::Host;
use crate::processes::Processes;

/// How procfs names the programs that are a kubelet or hold one, the kubelet itself first.
const NAMES: [&str; 4] = ["kubelet", "kubelite", "k3s-server", "k3s-agent"];

/// A running kubelet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Its argument list, the program first.
    pub(super) arguments: Vec<String>,
    /// Its executable, if it may be told.
    pub(super) executable: Option<String>,
    /// Whether it is the kubelet itself, and no program that holds one among others.
    pub(super) is_kubelet: bool,
}

/// The node's kubelet: alive, of root, and in no container. Of several that with the lowest number.
pub(super) fn find(ctx: &Context<'_>) -> Fact<Process> {
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
        (Some((rank, pid)), _) => read(ctx.host, pid, rank == Some(0)),
        (None, Some(unknown)) => Fact::Gap(unknown.clone()),
        (None, None) => Fact::Absent,
    }
}

fn read(host: &Host, pid: u32, is_kubelet: bool) -> Fact<Process> {
    let command_line = host.read(format!("/proc/{pid}/cmdline"));
    Fact::from(command_line).map(|bytes| Process {
        pid,
        arguments: split_arguments(&bytes),
        executable: host.read_link(format!("/proc/{pid}/exe")).ok(),
        is_kubelet,
    })
}

/// The arguments of a command line as procfs has it: each ends with a zero byte.
fn split_arguments(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    bytes.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}
