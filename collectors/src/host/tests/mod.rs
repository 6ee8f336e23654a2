//! The host against trees that are made to break it.

use super::Host;

#[test]
fn the_live_node_is_running_and_reads_procfs() {
    let host = Host::live().unwrap();
    assert!(host.is_running() && host.is_own_root());
    assert!(host.read_text("/proc/self/status").unwrap().starts_with("Name:"));
}
