//! The sockets that wait for somebody: TCP sockets that listen, and UDP sockets that are bound and have no
//! peer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};

use super::owners::{Owner, Owners};
use super::proc_net;

/// The states `TCP_LISTEN`, and `TCP_CLOSE` of a UDP socket that has no peer (net/tcp_states.h).
const LISTENING: &str = "0A";
const UNCONNECTED: &str = "07";

/// A socket that waits for connections or datagrams.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Listener {
    /// Its protocol.
    /// Source: which of the files
    pub protocol: Protocol,
    /// The address that it is bound to; `"0.0.0.0"` and `"::"` stand for every address.
    /// Source: /proc/net/tcp and its kind (local_address)
    pub address: String,
    /// The port that it is bound to.
    /// Source: /proc/net/tcp and its kind (local_address)
    pub port: u16,
    /// A process that holds it; absent if none does, as of the kernel's own sockets.
    /// Source: /proc/PID/fd
    pub pid: Fact<u32>,
    /// The name of that process's command.
    /// Source: /proc/PID/comm
    pub command: Fact<String>,
    /// The user whose socket it is.
    /// Source: /proc/net/tcp and its kind (uid)
    pub uid: u32,
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A table of sockets in `/proc/net`.
struct Table {
    file: &'static str,
    protocol: Protocol,
    /// The file that counts the sockets, and what it calls those of this table.
    counts: &'static str,
    counted: &'static str,
}

#[rustfmt::skip]
const TABLES: [Table; 4] = [
    Table { file: "tcp", protocol: Protocol::Tcp, counts: "sockstat", counted: "TCP" },
    Table { file: "tcp6", protocol: Protocol::Tcp, counts: "sockstat6", counted: "TCP6" },
    Table { file: "udp", protocol: Protocol::Udp, counts: "sockstat", counted: "UDP" },
    Table { file: "udp6", protocol: Protocol::Udp, counts: "sockstat6", counted: "UDP6" },
];

/// A line of a table of sockets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Socket {
    protocol: Protocol,
    address: IpAddr,
    port: u16,
    uid: u32,
    inode: u64,
}

/// Reads the tables, and finds the processes.
///
/// # Errors
///
/// If a table cannot be read or is not of its format. A kernel without a family or protocol has no table.
pub(super) fn read(ctx: &Context<'_>) -> Result<Vec<Listener>, Unknown> {
    let mut sockets = Vec::new();
    for table in &TABLES {
        sockets.extend(table.read(ctx.host)?);
    }
    sockets.sort_unstable();
    let owners = Owners::find(ctx, sockets.iter().map(|socket| socket.inode));
    let mut listeners: Vec<Listener> = sockets.into_iter().map(|socket| listener(socket, &owners)).collect();
    // Workers that share a port have a socket each.
    listeners.dedup();
    Ok(listeners)
}

fn listener(socket: Socket, owners: &Owners) -> Listener {
    let owner = owners.of(socket.inode);
    Listener {
        protocol: socket.protocol,
        address: socket.address.to_string(),
        port: socket.port,
        pid: owner.as_ref().map(|Owner { pid, .. }| *pid),
        command: owner.and_then(|owner| owner.command.clone()),
        uid: socket.uid,
    }
}

impl Table {
    fn read(&self, host: &Host) -> Result<Vec<Socket>, Unknown> {
        let path = proc_net(host, self.file);
        let text = match self.text(host, &path) {
            Err(HostError { kind: HostErrorKind::NotFound, .. }) => return Ok(Vec::new()),
            result => result?,
        };
        parse(&String::from_utf8_lossy(&text), self.protocol)
            .map_err(|line| Unknown::malformed(&path, format!("no socket: {line:.100?}")))
    }

    /// The part of the table that matters. To tell that no further connection follows, the kernel looks
    /// through a hash table that it has sized by the node's memory; measured: 2 ms for each look.
    fn text(&self, host: &Host, path: &str) -> Result<Vec<u8>, HostError> {
        match (self.protocol, self.count(host)) {
            (_, Some(0)) => Ok(Vec::new()),
            (Protocol::Tcp, count) => {
                host.read_until(path, |table| is_enough(table, count)).map(without_broken_line)
            }
            (Protocol::Udp, _) => host.read(path),
        }
    }

    /// How many sockets the kernel counts in the table, if it says so. Those that wait for their end are in
    /// the table and not counted.
    fn count(&self, host: &Host) -> Option<u64> {
        let counts = host.read_text(proc_net(host, self.counts)).ok()?;
        let count = counts.lines().find_map(|line| line.strip_prefix(self.counted)?.strip_prefix(": inuse "));
        count?.split_whitespace().next()?.parse().ok()
    }
}

/// Whether no socket that listens can follow the last whole line of a table of TCP sockets: those that
/// listen come first, so that line is of one that does not, or it is the last of `count`.
fn is_enough(table: &[u8], count: Option<u64>) -> bool {
    let last = table.rsplit(|byte| *byte == b'\n').nth(1).map(String::from_utf8_lossy).unwrap_or_default();
    let mut fields = last.split_whitespace();
    let number = fields.next().and_then(|number| number.strip_suffix(':')?.parse::<u64>().ok());
    number.is_some_and(|number| {
        count.is_some_and(|count| number.saturating_add(1) >= count) || fields.nth(2) != Some(LISTENING)
    })
}

/// A table that was read up to somewhere in a line.
fn without_broken_line(mut table: Vec<u8>) -> Vec<u8> {
    table.truncate(table.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    table
}

/// `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …`, one head
/// line.
fn parse(text: &str, protocol: Protocol) -> Result<Vec<Socket>, String> {
    let mut sockets = Vec::new();
    for line in text.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, state, _, _, _, uid, _, inode, ..] = fields[..] else {
            return Err(line.to_owned());
        };
        let waits = match protocol {
            Protocol::Tcp => state == LISTENING,
            Protocol::Udp => state == UNCONNECTED && remote.ends_with(":0000"),
        };
        if waits {
            let (Some((address, port)), Ok(uid), Ok(inode)) = (endpoint(local), uid.parse(), inode.parse())
            else {
                return Err(line.to_owned());
            };
            sockets.push(Socket { protocol, address, port, uid, inode });
        }
    }
    Ok(sockets)
}

/// `0100007F:1F90`: an address in words of the machine's own byte order, and a port.
fn endpoint(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let word = |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    let address = match address.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            Ipv6Addr::from(<[u8; 16]>::try_from(words.as_flattened()).ok()?).into()
        }
        _ => return None,
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;
    use crate::tree::Tree;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:8813 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 124513 1 00000000a7b30de4 100 0 0 10 0
   1: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 123 1 0000000090015d71 100 0 0 10 0
   2: 020200C0:D704 507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 150533 1 00000000b74ba6ee 20 4 1 27 -1
";

    const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 24861 1 0000000000000000 100 0 0 10 0
";

    const UDP: &str = "\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1234: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   102        0 18650 2 0000000000000000 0
 1235: 020200C0:A001 0100000A:0035 01 00000000:00000000 00:00000000 00000000     0        0 18651 2 0000000000000000 0
";

    fn shown(text: &str, protocol: Protocol) -> Vec<(String, u16, u32, u64)> {
        let sockets = parse(text, protocol).unwrap();
        sockets
            .into_iter()
            .map(|socket| (socket.address.to_string(), socket.port, socket.uid, socket.inode))
            .collect()
    }

    #[test]
    fn only_sockets_that_wait_are_listed() {
        assert_eq!(
            shown(TCP, Protocol::Tcp),
            [("127.0.0.1".into(), 34835, 0, 124_513), ("0.0.0.0".into(), 2024, 101, 123)]
        );
        assert_eq!(shown(TCP6, Protocol::Tcp), [("::1".into(), 631, 0, 24861)]);
        assert_eq!(shown(UDP, Protocol::Udp), [("127.0.0.53".into(), 53, 102, 18650)]);
    }

    #[test]
    fn tcp_tables_are_read_up_to_the_first_connection() {
        let connection = TCP.lines().last().unwrap();
        let many = format!("{TCP}{}", format!("{connection}\n").repeat(100));
        let tree = Tree::new().file("proc/1/net/tcp", &many);
        let text = TABLES[0].text(&tree.host(), "/proc/1/net/tcp").unwrap();
        assert!(text.len() <= 4096 && many.as_bytes().starts_with(&text) && text.ends_with(b"\n"));
        assert_eq!(shown(&String::from_utf8(text).unwrap(), Protocol::Tcp), shown(TCP, Protocol::Tcp));
        let head = TCP.lines().next().unwrap();
        for text in ["", "head", head, &format!("{head}\n"), &TCP[..TCP.len() - 2]] {
            assert!(!is_enough(text.as_bytes(), None), "{text}");
        }
        let listening = &TCP[..TCP.len() - connection.len() - 1];
        assert!(is_enough(TCP.as_bytes(), Some(9)) && is_enough(listening.as_bytes(), Some(2)));
        assert!(!is_enough(listening.as_bytes(), Some(3)) && !is_enough(head.as_bytes(), Some(1)));
    }

    #[test]
    fn a_table_without_a_socket_is_not_read() {
        let tree = Tree::new()
            .file("proc/1/net/tcp6", TCP6)
            .file("proc/1/net/sockstat6", "TCP6: inuse 1\nUDP6: inuse 0\nUDPLITE6: inuse 0\n");
        assert_eq!(TABLES[1].read(&tree.host()).unwrap().len(), 1);
        let tree = tree.file("proc/1/net/udp6", "malformed").file("proc/1/net/udp", "head\nmalformed\n");
        assert_eq!(TABLES[3].read(&tree.host()), Ok(Vec::new()));
        assert!(TABLES[2].read(&tree.host()).is_err());
    }

    #[test]
    fn a_line_that_is_no_socket_makes_the_table_malformed() {
        let line = "0: ZZ:1 0:0 0A 0:0 0:0 0 0 0 7 1";
        assert_eq!(parse(&format!("head\n{line}\n"), Protocol::Tcp), Err(line.to_owned()));
        assert!(parse("head\nshort", Protocol::Udp).is_err());
    }
}
