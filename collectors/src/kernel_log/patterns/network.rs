//! The network (net/, drivers/net/ of the kernel).

use super::{Kind, Pattern, line};

pub(super) const PATTERNS: &[Pattern] = &[
    line(
        Kind::UnregisterNetdevice,
        "unregister_netdevice: waiting for",
        r"unregister_netdevice: waiting for (?<subject>\S+) to become free\. Usage count = -?\d+",
    ),
    line(
        Kind::ConntrackFull,
        "table full",
        r"(?<subject>nf_conntrack|ip_conntrack|nf_ct_expect)\w*: (?:\w+: )?(?:expectation )?table full",
    ),
    line(
        Kind::NeighbourTableFull,
        "able overflow",
        r"[Nn]eighbou?r(?:: (?<subject>\w+): neighbor)? table overflow",
    ),
    line(
        Kind::SynFlooding,
        "Possible SYN flooding",
        r"TCP: .*Possible SYN flooding on port (?<subject>\S+?)\.? (?:Sending cookies|Dropping request)",
    ),
    line(
        Kind::TcpMemory,
        "TCP: ",
        r"TCP: (out of memory -- consider tuning tcp_mem|too many orphaned sockets|too many of orphaned sockets)",
    ),
    line(
        Kind::NicReset,
        "NETDEV WATCHDOG",
        r"NETDEV WATCHDOG: (?:CPU: \d+: )?(?<subject>[^ :]+)(?: \([^)]*\))?: transmit queue \d+ timed out",
    ),
    line(
        Kind::NicReset,
        "transmit queue ",
        r"(?<subject>\S+?)(?: \([^)]*\))?: NETDEV WATCHDOG: (?:CPU: \d+: )?transmit queue \d+ timed out",
    ),
    line(
        Kind::NicReset,
        "eset adapter",
        r"(?:^|\s)(?<subject>[\w.@-]+): (?:[Rr]eset adapter|Fake Tx hang|initiating reset)",
    ),
    line(Kind::NicReset, "Unit Hang", r"(?:^|\s)(?<subject>[\w.@-]+): Detected (?:Hardware|Tx) Unit Hang"),
    line(
        Kind::DuplicateAddress,
        "with own address as source address",
        r"^(?<subject>\S+): received packet on \S+ with own address as source address",
    ),
    line(
        Kind::DuplicateAddress,
        "duplicate address",
        r"(?:IPv6|ICMPv6): (?<subject>[^ :]+): IPv6 duplicate address \S+ .*detected",
    ),
    line(Kind::MartianSource, "martian ", r"martian (?:source|destination) .*, (?:on )?dev (?<subject>\S+)"),
    line(
        Kind::NetfilterRuleRefused,
        "_tables: ",
        r"^x_tables: (?<subject>\w+)_tables: .*(?:invalid|only valid|used from hooks|unsupported)",
    ),
    line(
        Kind::NetfilterRuleRefused,
        "Couldn't load",
        r"^(?<subject>xt_\w+|ipt_\w+|nft_\w+): .*Couldn't load",
    ),
    line(
        Kind::IpvsNoDestination,
        "no destination available",
        r"IPVS: \w+: \w+ (?<subject>\S+) - no destination available",
    ),
];
