//! Addresses and networks, IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

/// How many leading bits of an IPv6 address make it an IPv4-mapped one (`::ffff:0:0/96`).
const MAPPED_PREFIX: u8 = 96;

/// Reads `10.0.0.0/8`, `fd00::/8`, or an address alone, which is a network of that one address.
///
/// An IPv4-mapped network such as `::ffff:10.0.0.0/104` is the IPv4 network; the zone of a scoped
/// address (`fe80::1%eth0`) and the host's bits of `10.0.0.5/24` are dropped.
pub fn parse(text: &str) -> Option<IpNet> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(parse_prefix(prefix)?)),
        None => (text, None),
    };
    let address: IpAddr = address.split_once('%').map_or(address, |(address, _zone)| address).parse().ok()?;
    let network = match prefix {
        Some(prefix) => IpNet::new(address, prefix).ok()?,
        None => IpNet::from(address),
    };
    Some(unmapped(network).trunc())
}

/// Whether every address of `inner` is one of `outer`.
pub fn within(inner: &IpNet, outer: &IpNet) -> bool {
    outer.contains(inner)
}

/// Whether an address is in both.
pub fn overlaps(one: &IpNet, other: &IpNet) -> bool {
    // Networks are nested or apart, never partly shared.
    one.contains(other) || other.contains(one)
}

/// Digits only: `u8::from_str` would take `+8`.
fn parse_prefix(text: &str) -> Option<u8> {
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let address: Option<Ipv4Addr> = v6.addr().to_ipv4_mapped();
    let prefix = v6.prefix_len().checked_sub(MAPPED_PREFIX);
    match (address, prefix) {
        (Some(address), Some(prefix)) => Ipv4Net::new(address, prefix).map_or(network, IpNet::V4),
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_and_networks() {
        for (text, network) in [
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("10.0.0.5/24", Some("10.0.0.0/24")),
            ("10.0.0.5", Some("10.0.0.5/32")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("fd00::1", Some("fd00::1/128")),
            ("fe80::1%eth0", Some("fe80::1/128")),
            ("fe80::1%eth0/64", Some("fe80::/64")),
            ("::ffff:10.1.2.3", Some("10.1.2.3/32")),
            ("::ffff:10.0.0.0/104", Some("10.0.0.0/8")),
            ("::/0", Some("::/0")),
            ("10.0.0.0/33", None),
            ("10.0.0.0/+8", None),
            ("10.0.0.0/", None),
            ("10.0.0/8", None),
            ("010.0.0.1", None),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(parse(text).map(|network| network.to_string()).as_deref(), network, "{text}");
        }
    }

    #[test]
    fn containment_and_overlap() {
        for (one, other, is_within, do_overlap) in [
            ("10.1.2.3", "10.0.0.0/8", true, true),
            ("10.0.0.0/8", "10.0.0.0/8", true, true),
            ("10.0.0.0/8", "10.1.0.0/16", false, true),
            ("10.0.0.0/16", "10.1.0.0/16", false, false),
            ("192.168.0.0/16", "0.0.0.0/0", true, true),
            ("::ffff:10.1.2.3", "10.0.0.0/8", true, true),
            ("fd00::1", "fd00::/8", true, true),
            ("fd00::1", "0.0.0.0/0", false, false),
            ("10.0.0.1", "::/0", false, false),
        ] {
            let (one, other) = (parse(one).unwrap(), parse(other).unwrap());
            assert_eq!(within(&one, &other), is_within, "{one} within {other}");
            assert_eq!(overlaps(&one, &other), do_overlap, "{one} overlaps {other}");
        }
    }
}
