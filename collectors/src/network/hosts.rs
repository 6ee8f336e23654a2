//! Whether the hosts file knows the names that a node must be able to resolve without a name server.

use std::net::IpAddr;

use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};
use crate::os::host_name;

const HOSTS: &str = "/etc/hosts";

/// Whether `localhost` has a loopback address.
pub(super) fn localhost_resolves(host: &Host) -> Fact<bool> {
    text(host).map(|text| addresses(&text, "localhost").iter().any(IpAddr::is_loopback)).into()
}

/// Whether the node's host name has an address; absent if the node has no name.
pub(super) fn hostname_resolves(host: &Host) -> Fact<bool> {
    host_name(host).and_then(|name| text(host).map(|text| !addresses(&text, &name).is_empty()).into())
}

/// Without the file no name is known.
fn text(host: &Host) -> Result<String, Unknown> {
    match host.read_text(HOSTS) {
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => Ok(String::new()),
        result => Ok(result?),
    }
}

/// The addresses that a hosts(5) file gives `name`.
fn addresses(text: &str, name: &str) -> Vec<IpAddr> {
    let line = |line: &str| {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word.eq_ignore_ascii_case(name)).then_some(address)
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn names_are_looked_up_in_whole_words_without_comments() {
        let tree = Tree::new().file("etc/hostname", "# set at install\nnode-7\n").file(
            "etc/hosts",
            "127.0.0.1 Localhost # node-7\n127.0.1.1\tnode-7.example node-77\nnonsense node-7\n",
        );
        assert_eq!(localhost_resolves(&tree.host()), Fact::Known(true));
        assert_eq!(hostname_resolves(&tree.host()), Fact::Known(false));
        let tree = tree.file("etc/hosts", "10.0.0.7 localhost\n::1 node-7.example node-7\n");
        assert_eq!(localhost_resolves(&tree.host()), Fact::Known(false), "it is no loopback address");
        assert_eq!(hostname_resolves(&tree.host()), Fact::Known(true));
    }

    #[test]
    fn without_files_there_is_no_name_to_resolve() {
        let tree = Tree::new();
        let host = tree.host();
        assert_eq!(localhost_resolves(&host), Fact::Known(false));
        assert_eq!(hostname_resolves(&host), Fact::Absent);
    }
}
