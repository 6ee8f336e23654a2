//! `network`: interfaces, routes, who listens, name resolution, and the packet filter's front ends.

mod addresses;
mod firewall;
mod hosts;
mod interfaces;
mod iptables;
mod listening;
mod owners;
mod resolver;
mod routes;
#[cfg(test)]
mod tests;

pub(crate) use addresses::is_in_network_of;
pub use firewall::Firewall;
pub use interfaces::{Interface, Kind, State};
pub use iptables::{Flavour, Iptables};
pub use listening::{Listener, Protocol};
pub use resolver::Resolver;
pub(crate) use resolver::nameservers;
pub use routes::{Family, Route};

use std::net::IpAddr;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;

/// The node's network.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Network {
    /// The interfaces of the node's own network namespace, sorted by name.
    /// Source: /sys/class/net
    pub interfaces: Fact<Vec<Interface>>,
    /// The addresses by which others reach the node, IPv4 first: of network cards, bonds and VLANs, and of the
    /// interfaces of default routes. Those of loopback, bridges and tunnels, and link-local ones, are not among
    /// them.
    /// Source: rtnetlink(7), RTM_GETADDR, /proc/net/route, /proc/net/ipv6_route
    pub node_addresses: Fact<Vec<String>>,
    /// The routes of the main table, IPv4 first.
    /// Source: /proc/net/route, /proc/net/ipv6_route
    pub routes: Fact<Vec<Route>>,
    /// Whether there is a default route, of either family.
    /// Source: /proc/net/route, /proc/net/ipv6_route
    pub default_route: Fact<bool>,
    /// The sockets that wait for connections or datagrams, sorted by protocol, address and port.
    /// Source: /proc/net/tcp, /proc/net/tcp6, /proc/net/udp, /proc/net/udp6
    pub listening: Fact<Vec<Listener>>,
    /// How names are resolved; absent if nothing says it.
    /// Source: /etc/resolv.conf
    pub resolver: Fact<Resolver>,
    /// Whether the hosts file gives `localhost` a loopback address.
    /// Source: /etc/hosts
    pub localhost_resolves: Fact<bool>,
    /// Whether the hosts file gives the node's own host name an address; absent if the node has none.
    /// Source: /etc/hosts; the name: /proc/sys/kernel/hostname, /etc/hostname
    pub hostname_resolves: Fact<bool>,
    /// The command `iptables` and what it works on.
    /// Source: the search path, /proc/net/ip_tables_names
    pub iptables: Fact<Iptables>,
    /// The services that manage the packet filter.
    /// Source: their units, /etc/ufw/ufw.conf
    pub firewall: Firewall,
}

/// The addresses of the interfaces that lead to others.
///
/// # Errors
///
/// If the addresses of one of them are not known.
fn node_addresses(interfaces: &[Interface], routes: &[Route]) -> Result<Vec<String>, Unknown> {
    let leads_out = |interface: &&Interface| {
        let kind = interface.kind.known();
        let is_default = |route: &Route| route.is_default() && route.interface == interface.name;
        matches!(kind, Some(Kind::Ethernet | Kind::Wlan | Kind::Vlan | Kind::Bond))
            || routes.iter().any(is_default)
    };
    let mut found: Vec<IpAddr> = Vec::new();
    for interface in interfaces.iter().filter(leads_out) {
        match &interface.addresses {
            Fact::Known(addresses) => found.extend(addresses.iter().filter_map(|text| {
                let address: IpAddr =
                    text.split_once('/').map_or(text.as_str(), |(address, _)| address).parse().ok()?;
                let is_local = match address {
                    IpAddr::V4(v4) => v4.is_link_local(),
                    IpAddr::V6(v6) => v6.is_unicast_link_local(),
                };
                (!is_local).then_some(address)
            })),
            Fact::Absent => {}
            Fact::Gap(unknown) => return Err(unknown.clone()),
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found.iter().map(ToString::to_string).collect())
}

/// Reads the node's network.
pub fn collect(ctx: &Context<'_>) -> Fact<Network> {
    let host = ctx.host;
    let routes = ctx.running("/proc/net/route", || routes::read(host).into());
    let interfaces = ctx.running("/sys/class/net", || interfaces::read(host).into());
    Fact::Known(Network {
        node_addresses: interfaces.as_ref().and_then(|interfaces: &Vec<Interface>| {
            routes.as_ref().and_then(|routes: &Vec<Route>| node_addresses(interfaces, routes).into())
        }),
        interfaces,
        default_route: routes.as_ref().map(|routes| routes.iter().any(Route::is_default)),
        routes,
        listening: ctx.running("/proc/net/tcp", || listening(ctx)),
        resolver: resolver::read(host),
        localhost_resolves: hosts::localhost_resolves(host),
        hostname_resolves: hosts::hostname_resolves(host),
        iptables: iptables::read(ctx).into(),
        firewall: firewall::read(host),
    })
}

/// Finding the processes that hold the sockets takes a look at every process, so it is done on request only.
fn listening(ctx: &Context<'_>) -> Fact<Vec<Listener>> {
    if ctx.demand.wants(&["network", "listening"]) {
        return listening::read(ctx).into();
    }
    Fact::Gap(Unknown::new(GapReason::NotCollected, "/proc/net/tcp", "nobody asked who listens"))
}

/// Where procfs shows the network namespace of the target: this process's own if it sees the target's root
/// as its own, else that of the target's first process.
fn proc_net(host: &Host, file: &str) -> String {
    let owner = if host.is_own_root() { "self" } else { "1" };
    format!("/proc/{owner}/net/{file}")
}
