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

/// Reads the node's network.
pub fn collect(ctx: &Context<'_>) -> Fact<Network> {
    let host = ctx.host;
    let routes = ctx.running("/proc/net/route", || routes::read(host).into());
    Fact::Known(Network {
        interfaces: ctx.running("/sys/class/net", || interfaces::read(host).into()),
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
