//! Name resolution: resolv.conf(5).

use std::net::IpAddr;

use plimsoll_engine::snapshot::Layer;
use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{FileKind, Host, HostErrorKind};
use crate::origin;

const FILE: &str = "/etc/resolv.conf";

/// The most that `ndots` can be; the C library cuts off what is above.
const MAX_NDOTS: u32 = 15;

/// How names are resolved.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Resolver {
    /// The file that says it, after every symbolic link.
    /// Source: /etc/resolv.conf, readlink(2)
    pub file: String,
    /// The name servers, in the order in which they are asked. The C library asks the first three.
    /// Source: /etc/resolv.conf (nameserver)
    pub nameservers: Vec<Sourced<String>>,
    /// The domains in which a short name is looked up.
    /// Source: /etc/resolv.conf (the last of search and domain)
    pub search: Vec<Sourced<String>>,
    /// The resolver's options.
    /// Source: /etc/resolv.conf (options)
    pub options: Vec<Sourced<String>>,
    /// How many dots a name needs to be looked up as it is first; absent if the default of 1 holds.
    /// Source: /etc/resolv.conf (options ndots)
    pub ndots: Fact<Sourced<u32>>,
    /// Whether a name server is on the node itself, as systemd-resolved and dnsmasq are: a container with a
    /// network of its own does not reach it.
    /// Source: /etc/resolv.conf (nameserver)
    pub stub: bool,
}

/// Reads the target's resolver configuration.
pub(super) fn read(host: &Host) -> Fact<Resolver> {
    read_file(host, FILE)
}

/// The name servers that the resolver configuration at `path` names.
pub(crate) fn nameservers(host: &Host, path: &str) -> Fact<Vec<Sourced<String>>> {
    read_file(host, path).map(|resolver| resolver.nameservers)
}

fn read_file(host: &Host, path: &str) -> Fact<Resolver> {
    let text = match host.read_text(path) {
        Err(error) if error.kind == HostErrorKind::NotFound && comes_at_boot(host, path) => {
            return Fact::Gap(Unknown::offline(path));
        }
        result => Fact::from(result),
    };
    text.and_then(|text| {
        let file = Fact::from(host.canonicalize(path)).map(|path| path.to_string_lossy().into_owned());
        file.map(|file| parse(&file, &text))
    })
}

/// Whether a service writes the file at boot, or what it links to, and the target has not booted.
fn comes_at_boot(host: &Host, path: &str) -> bool {
    let is_link = || host.symlink_metadata(path).is_ok_and(|metadata| metadata.kind == FileKind::Symlink);
    !host.is_running() && (path.starts_with("/run/") || is_link())
}

/// Lines that the C library passes over are passed over: unknown keywords, and name servers that are no
/// address.
fn parse(file: &str, text: &str) -> Resolver {
    let mut resolver = Resolver {
        file: file.to_owned(),
        nameservers: Vec::new(),
        search: Vec::new(),
        options: Vec::new(),
        ndots: Fact::Absent,
        stub: false,
    };
    for (index, line) in text.lines().enumerate() {
        let mut words = words(line);
        let Some((_, keyword)) = words.next() else { continue };
        let sourced = |(at, word): (usize, &str)| Sourced {
            value: word.to_owned(),
            origin: origin::in_line(Layer::File, file, index + 1, line, at..at + word.len()),
        };
        match keyword {
            "nameserver" => {
                resolver.nameservers.extend(words.next().filter(|(_, word)| is_address(word)).map(sourced))
            }
            "domain" => resolver.search = words.take(1).map(sourced).collect(),
            "search" => resolver.search = words.map(sourced).collect(),
            "options" => resolver.options.extend(words.map(sourced)),
            _ => {}
        }
    }
    resolver.ndots = resolver.options.iter().rev().find_map(ndots).into();
    resolver.stub = resolver.nameservers.iter().any(|server| is_loopback(&server.value));
    resolver
}

/// The words of a line with their places; none of a comment.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let comment = line.starts_with(['#', ';']);
    let words = if comment { "" } else { line }.split([' ', '\t', '\r']).filter(|word| !word.is_empty());
    words.map(move |word| (word.as_ptr().addr() - line.as_ptr().addr(), word))
}

/// An address, of IPv6 with a zone if it has one (`fe80::1%eth0`).
fn is_address(word: &str) -> bool {
    word.split('%').next().is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

fn is_loopback(word: &str) -> bool {
    word.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn ndots(option: &Sourced<String>) -> Option<Sourced<u32>> {
    let value = option.value.strip_prefix("ndots:")?.parse::<u32>().ok()?;
    Some(Sourced { value: value.min(MAX_NDOTS), origin: option.origin.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use plimsoll_engine::snapshot::GapReason;

    fn values(list: &[Sourced<String>]) -> Vec<&str> {
        list.iter().map(|item| item.value.as_str()).collect()
    }

    #[test]
    fn the_last_of_domain_and_search_counts_and_options_add_up() {
        let text = "# by hand\n; too\ndomain old.example\nsearch a.example b.example\nnameserver  10.0.0.2 # ours\n\
                    nameserver dns.example\nnameserver fe80::1%eth0\nnameserver\noptions ndots:2 rotate\n\
                    options ndots:99 edns0\nsortlist x\n nameserver 10.0.0.3\n";
        let resolver = parse("/etc/resolv.conf", text);
        assert_eq!(values(&resolver.nameservers), ["10.0.0.2", "fe80::1%eth0", "10.0.0.3"]);
        assert_eq!(values(&resolver.search), ["a.example", "b.example"]);
        assert_eq!(values(&resolver.options), ["ndots:2", "rotate", "ndots:99", "edns0"]);
        assert_eq!(resolver.ndots.known().unwrap().value, 15);
        assert!(!resolver.stub);
        let origin = &resolver.nameservers[0].origin;
        assert_eq!((origin.line, origin.column, origin.length), (Some(5), Some(13), Some(8)));
    }

    #[test]
    fn the_stub_of_systemd_resolved_is_recognised_behind_its_link() {
        let tree = Tree::new().link("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf").file(
            "run/systemd/resolve/stub-resolv.conf",
            "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n",
        );
        let resolver = read(&tree.host());
        let resolver = resolver.known().unwrap();
        assert_eq!(resolver.file, "/run/systemd/resolve/stub-resolv.conf");
        assert!(resolver.stub);
    }

    #[test]
    fn what_a_service_writes_at_boot_is_not_known_before() {
        let tree = Tree::new().link("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf");
        assert!(matches!(read(&tree.host()), Fact::Gap(unknown) if unknown.reason == GapReason::Offline));
        assert_eq!(read(&Tree::new().host()), Fact::Absent);
        let pipe = Tree::new().fifo("etc/resolv.conf");
        assert!(matches!(read(&pipe.host()), Fact::Gap(unknown) if unknown.reason == GapReason::Malformed));
    }
}
