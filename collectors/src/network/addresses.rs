//! The addresses of the interfaces, asked of the kernel over rtnetlink.
//!
//! procfs lists IPv4 addresses without their interfaces (`fib_trie`), and those of a tunnel or of a service
//! proxy's dummy interface have no route by which they could be told apart. So the kernel is asked: one
//! request to a netlink socket, which reaches no network and changes nothing.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use plimsoll_engine::snapshot::GapReason;
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use crate::fact::Unknown;
use crate::host::Host;

/// Message types, flags and attributes of linux/netlink.h, linux/rtnetlink.h and linux/if_addr.h.
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_DUMP: u16 = 0x300;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

/// The sizes of `nlmsghdr`, `ifaddrmsg` and `rtattr`, in bytes.
const HEADER: usize = 16;
const ADDRESS_MESSAGE: usize = 8;
const ATTRIBUTE_HEADER: usize = 4;

/// The kernel sends at most this much at once.
const BUFFER: usize = 64 << 10;

/// The kernel answers at once; this only keeps a broken one from holding up the scan.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The addresses of each interface of the target's network namespace, by the interface's index, IPv4 first.
///
/// # Errors
///
/// If this process is in another network namespace than the target, or the kernel does not answer.
pub(super) fn read(host: &Host) -> Result<BTreeMap<u32, Vec<String>>, Unknown> {
    if !is_in_network_of(host) {
        let detail =
            "this process is not in the target's network namespace, whose addresses only its members see";
        return Err(Unknown::new(GapReason::Unsupported, "rtnetlink", detail));
    }
    let mut found = Vec::new();
    dump(&mut found).map_err(failed)?;
    found.sort_unstable();
    let mut addresses: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for Address { index, address, prefix } in found {
        addresses.entry(index).or_default().push(format!("{address}/{prefix}"));
    }
    Ok(addresses)
}

fn failed(errno: Errno) -> Unknown {
    let reason = match errno {
        Errno::ACCESS | Errno::PERM => GapReason::Denied,
        Errno::AGAIN => GapReason::Timeout,
        // Sandboxes that allow no such socket.
        Errno::AFNOSUPPORT | Errno::PROTONOSUPPORT => GapReason::Unsupported,
        Errno::BADMSG => GapReason::Malformed,
        _ => GapReason::Failed,
    };
    Unknown::new(reason, "rtnetlink", format!("the kernel does not list the addresses: {errno}"))
}

/// Whether this process is in the target's network namespace. Of a node seen through a mount, its procfs
/// tells whether this process shares that of the first process.
pub(crate) fn is_in_network_of(host: &Host) -> bool {
    let namespace = |process: &str| host.read_link(format!("/proc/{process}/ns/net"));
    host.is_own_root() || matches!((namespace("self"), namespace("1")), (Ok(own), Ok(first)) if own == first)
}

/// An address of an interface; sorted as it is shown.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    index: u32,
    address: IpAddr,
    prefix: u8,
}

#[allow(
    clippy::disallowed_methods,
    reason = "a netlink socket is a question to the kernel, not a connection"
)]
fn dump(addresses: &mut Vec<Address>) -> Result<(), Errno> {
    // Protocol 0 of this family is `NETLINK_ROUTE`.
    let socket =
        rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(TIMEOUT))?;
    rustix::net::send(&socket, &request(), SendFlags::empty())?;
    let mut buffer = vec![0; BUFFER];
    loop {
        let (received, size) = rustix::net::recv(&socket, &mut buffer[..], RecvFlags::TRUNC)?;
        if size > received {
            return Err(Errno::BADMSG);
        }
        if !parse(&buffer[..received], addresses)? {
            return Ok(());
        }
    }
}

/// A request for every address of every family.
fn request() -> Vec<u8> {
    let length = HEADER + ADDRESS_MESSAGE;
    let mut message = Vec::with_capacity(length);
    message.extend_from_slice(&u32::try_from(length).unwrap_or_default().to_ne_bytes());
    message.extend_from_slice(&RTM_GETADDR.to_ne_bytes());
    message.extend_from_slice(&(NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
    message.resize(length, 0);
    message
}

/// Takes the addresses out of one answer; false if it was the last one.
fn parse(mut answer: &[u8], addresses: &mut Vec<Address>) -> Result<bool, Errno> {
    while !answer.is_empty() {
        let length = u32_at(answer, 0)? as usize;
        let body = answer.get(HEADER..length).ok_or(Errno::BADMSG)?;
        match u16_at(answer, 4)? {
            NLMSG_DONE => return Ok(false),
            // The kernel's errno, negated.
            NLMSG_ERROR => {
                return Err(Errno::from_raw_os_error(u32_at(body, 0)?.wrapping_neg().cast_signed()));
            }
            RTM_NEWADDR => addresses.extend(address(body)?),
            _ => {}
        }
        answer = answer.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(true)
}

/// The address of one message. Of a point-to-point link the local one counts, not the peer's.
fn address(body: &[u8]) -> Result<Option<Address>, Errno> {
    let (prefix, index) = (*body.get(1).ok_or(Errno::BADMSG)?, u32_at(body, 4)?);
    let mut attributes = body.get(ADDRESS_MESSAGE..).ok_or(Errno::BADMSG)?;
    let (mut local, mut other) = (None, None);
    while !attributes.is_empty() {
        let length = usize::from(u16_at(attributes, 0)?);
        let value = attributes.get(ATTRIBUTE_HEADER..length).ok_or(Errno::BADMSG)?;
        match u16_at(attributes, 2)? {
            IFA_LOCAL => local = ip(value),
            IFA_ADDRESS => other = ip(value),
            _ => {}
        }
        attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(local.or(other).map(|address| Address { index, address, prefix }))
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).into());
    let v6 = <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).into());
    v4.or(v6).ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Errno> {
    let field = bytes.get(at..at + 2).and_then(|field| field.try_into().ok());
    field.map(u16::from_ne_bytes).ok_or(Errno::BADMSG)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Errno> {
    let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
    field.map(u32::from_ne_bytes).ok_or(Errno::BADMSG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_node_has_its_loopback_address() {
        let addresses = read(&Host::live().unwrap()).unwrap();
        assert!(addresses.values().flatten().any(|address| address == "127.0.0.1/8"), "{addresses:?}");
    }

    #[test]
    fn answers_that_are_cut_off_are_malformed_and_panic_nowhere() {
        let mut message = Vec::new();
        let attributes = [[8u8, 0, 1, 0, 10, 9, 9, 9], [8, 0, 2, 0, 10, 0, 0, 1]].concat();
        let length = u32::try_from(HEADER + ADDRESS_MESSAGE + attributes.len()).unwrap();
        message.extend_from_slice(&length.to_ne_bytes());
        message.extend_from_slice(&RTM_NEWADDR.to_ne_bytes());
        message.resize(HEADER, 0);
        message.extend_from_slice(&[2, 32, 0, 0]);
        message.extend_from_slice(&7u32.to_ne_bytes());
        message.extend_from_slice(&attributes);
        let mut addresses = Vec::new();
        assert_eq!(parse(&message, &mut addresses), Ok(true));
        let expected = Address { index: 7, address: Ipv4Addr::new(10, 0, 0, 1).into(), prefix: 32 };
        assert_eq!(addresses, [expected]);
        for end in 1..message.len() {
            assert_eq!(parse(&message[..end], &mut Vec::new()), Err(Errno::BADMSG), "{end}");
        }
        let mut zero_length = message.clone();
        zero_length[..4].fill(0);
        assert_eq!(parse(&zero_length, &mut Vec::new()), Err(Errno::BADMSG));
    }
}
