//! The routes of the main table.

use std::net::{Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::Unknown;
use crate::host::{Host, HostError, HostErrorKind};

use super::proc_net;

/// Flags of a route (linux/route.h, linux/ipv6_route.h).
const RTF_UP: u32 = 0x0001;
const RTF_GATEWAY: u32 = 0x0002;
const RTF_REJECT: u32 = 0x0200;
const RTF_CACHE: u32 = 0x0100_0000;
const RTF_LOCAL: u32 = 0x8000_0000;

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Route {
    /// Where it leads, as a network, such as `"10.244.0.0/16"`; the default route is `"0.0.0.0/0"` or `"::/0"`.
    /// Source: /proc/net/route (Destination, Mask), /proc/net/ipv6_route
    pub destination: String,
    /// The next router; absent if the network is at the interface itself.
    /// Source: /proc/net/route (Gateway), /proc/net/ipv6_route
    pub gateway: Option<String>,
    /// The interface; `*` of an IPv4 route that refuses packets.
    /// Source: /proc/net/route (Iface), /proc/net/ipv6_route
    pub interface: String,
    /// Which of several routes is preferred: the one with the lowest metric.
    /// Source: /proc/net/route (Metric), /proc/net/ipv6_route
    pub metric: u32,
    /// The family of its addresses.
    /// Source: which of the two files
    pub family: Family,
}

/// A family of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Route {
    pub(super) fn is_default(&self) -> bool {
        matches!(self.destination.as_str(), "0.0.0.0/0" | "::/0")
    }
}

/// Reads the routes of both families, in the kernel's order.
///
/// # Errors
///
/// If a table cannot be read or is not of its format. A kernel without a family has no routes of it.
pub(super) fn read(host: &Host) -> Result<Vec<Route>, Unknown> {
    let mut routes = table(host, "route", parse_v4)?;
    routes.extend(table(host, "ipv6_route", parse_v6)?);
    Ok(routes)
}

fn table(
    host: &Host,
    file: &str,
    parse: fn(&str) -> Result<Vec<Route>, String>,
) -> Result<Vec<Route>, Unknown> {
    let path = proc_net(host, file);
    let text = match host.read_text(&path) {
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => return Ok(Vec::new()),
        result => result?,
    };
    parse(&text).map_err(|line| Unknown::malformed(&path, format!("no route: {line:.100?}")))
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`, one head line. Addresses are words of the
/// machine's own byte order, in hexadecimal.
fn parse_v4(text: &str) -> Result<Vec<Route>, String> {
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [interface, destination, gateway, flags, _, _, metric, mask, ..] = fields[..] else {
            return None;
        };
        let (flags, mask) = (hex(flags)?, u32::from_be_bytes(hex(mask)?.to_ne_bytes()));
        let address = |word: &str| hex(word).map(|word| Ipv4Addr::from(word.to_ne_bytes()));
        let route = Route {
            destination: format!("{}/{}", address(destination)?, mask.leading_ones()),
            gateway: address(gateway).filter(|_| flags & RTF_GATEWAY != 0).map(|gateway| gateway.to_string()),
            interface: interface.to_owned(),
            metric: metric.parse().ok()?,
            family: Family::Ipv4,
        };
        Some((flags, route))
    };
    routes(text.lines().skip(1), route)
}

/// Destination, prefix, source, prefix, next hop, metric, references, uses, flags, interface; no head line,
/// all in hexadecimal. The kernel lists every table; local addresses and multicast are of others than the
/// main one.
fn parse_v6(text: &str) -> Result<Vec<Route>, String> {
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [destination, length, _, _, gateway, metric, _, _, flags, interface] = fields[..] else {
            return None;
        };
        let address = |digits: &str| u128::from_str_radix(digits, 16).ok().map(Ipv6Addr::from);
        let (flags, destination) = (hex(flags)?, address(destination)?);
        let route = Route {
            destination: format!("{destination}/{}", hex(length)?),
            gateway: address(gateway).filter(|_| flags & RTF_GATEWAY != 0).map(|gateway| gateway.to_string()),
            interface: interface.to_owned(),
            metric: hex(metric)?,
            family: Family::Ipv6,
        };
        // The kernel's own default route, which refuses what no other route takes.
        let refuses_rest = route.is_default() && flags & RTF_REJECT != 0;
        let of_main = flags & (RTF_LOCAL | RTF_CACHE) == 0 && !destination.is_multicast() && !refuses_rest;
        Some((if of_main { flags } else { 0 }, route))
    };
    routes(text.lines(), route)
}

/// The routes that are up; or the line that is none.
fn routes<'l>(
    lines: impl Iterator<Item = &'l str>,
    route: impl Fn(&str) -> Option<(u32, Route)>,
) -> Result<Vec<Route>, String> {
    let mut routes = Vec::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let (flags, route) = route(line).ok_or_else(|| line.to_owned())?;
        if flags & RTF_UP != 0 {
            routes.push(route);
        }
    }
    Ok(routes)
}

fn hex(digits: &str) -> Option<u32> {
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;

    /// Of a node with a network plugin: a tunnel, and a route that refuses packets.
    const V4: &str = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t100000\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
flannel.1\t0001F40A\t0001F40A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0
*\t0002F40A\t00000000\t0201\t0\t0\t0\t00FFFFFF\t0\t0\t0
";

    /// As the kernel of a virtual machine shows it.
    const V6: &str = "\
fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0
00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo
ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000003 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
";

    fn shown(routes: &[Route]) -> Vec<String> {
        let via =
            |route: &Route| route.gateway.as_ref().map_or(String::new(), |gateway| format!(" via {gateway}"));
        routes
            .iter()
            .map(|r| format!("{}{} dev {} metric {}", r.destination, via(r), r.interface, r.metric))
            .collect()
    }

    #[test]
    fn routes_are_those_that_ip_route_shows() {
        assert_eq!(
            shown(&parse_v4(V4).unwrap()),
            [
                "0.0.0.0/0 via 192.0.2.1 dev eth0 metric 100000",
                "192.0.2.0/24 dev eth0 metric 0",
                "10.244.1.0/24 via 10.244.1.0 dev flannel.1 metric 0",
                "10.244.2.0/24 dev * metric 0",
            ]
        );
        assert_eq!(
            shown(&parse_v6(V6).unwrap()),
            ["fd00::/64 dev eth0 metric 256", "::/0 via fd00::1 dev eth0 metric 1024"]
        );
    }

    #[test]
    fn a_line_that_is_no_route_makes_the_table_malformed() {
        assert_eq!(parse_v4("head\neth0 zz"), Err("eth0 zz".to_owned()));
        assert_eq!(parse_v6("eth0 zz"), Err("eth0 zz".to_owned()));
        assert_eq!(parse_v4(""), Ok(Vec::new()));
    }
}
