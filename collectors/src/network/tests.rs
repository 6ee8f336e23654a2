//! The whole collector, and the processes behind sockets.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;

use super::owners::Owners;
use super::*;
use crate::context::Options;
use crate::tree::{Tree, as_nobody};

fn with_context<T>(host: &Host, left: Duration, act: impl FnOnce(&Context<'_>) -> T) -> T {
    let options = Options { timeout: Duration::from_secs(600), sockets: false, ..Options::default() };
    let demand = Demand::everything();
    act(&Context { host, demand: &demand, options: &options, deadline: Instant::now() + left })
}

fn network(host: &Host) -> Network {
    with_context(host, Duration::from_secs(600), |ctx| collect(ctx).known().unwrap().clone())
}

fn reason<T>(fact: &Fact<T>) -> Option<GapReason> {
    match fact {
        Fact::Gap(unknown) => Some(unknown.reason),
        Fact::Known(_) | Fact::Absent => None,
    }
}

#[test]
#[allow(clippy::disallowed_types, reason = "somebody has to listen to be found")]
fn a_process_that_listens_on_this_node_is_found() {
    let ours = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = ours.local_addr().unwrap().port();
    let network = network(&Host::live().unwrap());
    let listeners = network.listening.known().unwrap();
    let found = listeners.iter().find(|listener| listener.port == port).unwrap();
    assert_eq!((found.protocol, found.address.as_str()), (Protocol::Tcp, "127.0.0.1"));
    assert_eq!(found.pid, Fact::Known(std::process::id()));
    assert_eq!(found.uid, rustix::process::getuid().as_raw());
    let interfaces = network.interfaces.known().unwrap();
    let loopback = interfaces.iter().find(|interface| interface.kind == Fact::Known(Kind::Loopback)).unwrap();
    assert!(loopback.addresses.known().unwrap().contains(&"127.0.0.1/8".to_owned()));
}

#[test]
fn what_only_a_running_node_has_is_offline_and_the_rest_is_told() {
    let tree = Tree::new()
        .file("etc/hosts", "127.0.0.1 localhost\n")
        .file("etc/resolv.conf", "nameserver 10.0.0.2\n")
        .executable("usr/sbin/xtables-nft-multi")
        .link("usr/sbin/iptables", "xtables-nft-multi")
        .file(
            "var/lib/dpkg/status",
            "Package: iptables\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.8.9-2\n",
        );
    let network = network(&tree.host());
    let offline = Some(GapReason::Offline);
    assert_eq!(reason(&network.interfaces), offline);
    assert_eq!(reason(&network.routes), offline);
    assert_eq!(reason(&network.default_route), offline);
    assert_eq!(reason(&network.listening), offline);
    assert_eq!(network.localhost_resolves, Fact::Known(true));
    assert_eq!(network.resolver.known().unwrap().nameservers[0].value, "10.0.0.2");
    let iptables = network.iptables.known().unwrap();
    assert_eq!(iptables.flavour, Fact::Known(Flavour::Nft));
    assert_eq!(iptables.version, Fact::Known("1.8.9-2".into()));
    assert_eq!((reason(&iptables.legacy_tables), reason(&iptables.mixed)), (offline, offline));
    assert_eq!(network.firewall.firewalld, Fact::Known(false));
}

/// Two processes beside the first, of which nobody but root may look at the second.
fn processes() -> Tree {
    Tree::new()
        .dir("proc/1/fd")
        .file("proc/1/comm", "init\n")
        .link("proc/7/fd/3", "socket:[70]")
        .link("proc/7/fd/4", "/dev/null")
        .file("proc/7/comm", "kubelet\n")
        .link("proc/9/fd/3", "socket:[90]")
        .file("proc/9/comm", "dockerd\n")
        .mode("proc/9/fd", 0o700)
}

#[test]
fn sockets_are_traced_to_their_processes() {
    let tree = processes();
    let host = tree.host();
    let owners =
        with_context(&host, Duration::from_secs(600), |ctx| Owners::find(ctx, [70, 80, 90, 0].into_iter()));
    let pid = |inode| owners.of(inode).map(|owner| owner.pid);
    assert_eq!((pid(70), pid(90)), (Fact::Known(7), Fact::Known(9)));
    assert_eq!((pid(80), pid(0)), (Fact::Absent, Fact::Absent), "no process holds it");
    assert_eq!(owners.of(90).known().unwrap().command, Fact::Known("dockerd".into()));
}

#[test]
fn a_process_that_may_not_be_looked_at_may_hold_any_socket() {
    let tree = processes();
    let host = tree.host();
    let (known, unknown) = as_nobody(|| {
        with_context(&host, Duration::from_secs(600), |ctx| {
            let owners = Owners::find(ctx, [70, 90].into_iter());
            (owners.of(70).map(|owner| owner.pid), reason(&owners.of(90)))
        })
    });
    assert_eq!((known, unknown), (Fact::Known(7), Some(GapReason::Denied)));
}

#[test]
fn without_time_nobody_is_looked_at() {
    let tree = processes();
    let host = tree.host();
    let reason =
        with_context(&host, Duration::ZERO, |ctx| reason(&Owners::find(ctx, [70].into_iter()).of(70)));
    assert_eq!(reason, Some(GapReason::Timeout));
}

#[test]
fn the_nodes_addresses_are_those_of_what_leads_to_others() {
    let interface = |name: &str, kind, addresses: &[&str]| Interface {
        name: name.to_owned(),
        state: Fact::Known(State::Up),
        mtu: Fact::Known(1500),
        mac: Fact::Absent,
        addresses: Fact::Known(addresses.iter().map(|text| (*text).to_owned()).collect()),
        kind: Fact::Known(kind),
        master: Fact::Absent,
    };
    let mut interfaces = vec![
        interface("lo", Kind::Loopback, &["127.0.0.1/8", "::1/128"]),
        interface("eth0", Kind::Ethernet, &["192.0.2.7/24", "fd00::7/64", "fe80::1/64"]),
        interface("bond0", Kind::Bond, &["198.51.100.7/24", "192.0.2.7/24"]),
        interface("br-ex", Kind::Bridge, &["203.0.113.7/24"]),
        interface("docker0", Kind::Bridge, &["172.17.0.1/16"]),
        interface("flannel.1", Kind::Vxlan, &["10.244.3.0/32"]),
    ];
    let routes = [Route {
        destination: "0.0.0.0/0".to_owned(),
        gateway: Some("203.0.113.1".to_owned()),
        interface: "br-ex".to_owned(),
        metric: 0,
        family: Family::Ipv4,
    }];
    let addresses = node_addresses(&interfaces, &routes).unwrap();
    assert_eq!(addresses, ["192.0.2.7", "198.51.100.7", "203.0.113.7", "fd00::7"]);
    interfaces[4].addresses = Fact::Gap(Unknown::offline("rtnetlink"));
    assert!(node_addresses(&interfaces, &routes).is_ok());
    interfaces[1].addresses = Fact::Gap(Unknown::offline("rtnetlink"));
    assert!(node_addresses(&interfaces, &routes).is_err());
}
