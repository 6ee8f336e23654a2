//! What `NO_PROXY` takes from the proxy, as Go's programs read it (`golang.org/x/net/http/httpproxy`): dockerd,
//! containerd, CRI-O, podman and the kubelet.

use std::net::IpAddr;

use ipnet::IpNet;

/// What Go never asks a proxy for, whatever the variable says.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

/// Every address.
const EVERYTHING: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// The exceptions in the order in which they stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NoProxy(Vec<Exception>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Exception {
    /// `*`: no proxy for anything.
    Everything,
    Network(IpNet),
    /// An address, on one port if one is named.
    Address(IpAddr, Option<String>),
    /// A domain with the dot before it, whether its own name is meant as well, on one port if one is named.
    Domain {
        suffix: String,
        itself: bool,
        port: Option<String>,
    },
}

impl NoProxy {
    /// Reads the variable. What means nothing to Go is left out.
    pub(crate) fn parse(text: &str) -> Self {
        let words = text.split(',').map(|word| word.trim().to_lowercase());
        Self(words.filter(|word| !word.is_empty()).filter_map(|word| exception(&word)).collect())
    }

    /// The networks that are reached without the proxy on every port, sorted and joined where they touch.
    pub(crate) fn networks(&self) -> Vec<String> {
        let mut networks = LOOPBACK.iter().filter_map(|text| text.parse().ok()).collect::<Vec<IpNet>>();
        for exception in &self.0 {
            match exception {
                Exception::Everything => {
                    networks.extend(EVERYTHING.iter().filter_map(|text| text.parse::<IpNet>().ok()))
                }
                Exception::Network(network) => networks.push(*network),
                Exception::Address(address, None) => networks.push(IpNet::from(*address)),
                Exception::Address(_, Some(_)) | Exception::Domain { .. } => {}
            }
        }
        IpNet::aggregate(&networks).iter().map(ToString::to_string).collect()
    }

    /// Whether `host`, a name or an address, is reached without the proxy on `port`.
    pub(crate) fn is_direct(&self, host: &str, port: &str) -> bool {
        let host = host.trim().to_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        if host == "localhost" || address.is_some_and(|address| address.to_canonical().is_loopback()) {
            return true;
        }
        let meant = |named: &Option<String>| named.as_deref().is_none_or(|named| named == port);
        self.0.iter().any(|exception| match exception {
            Exception::Everything => true,
            Exception::Network(network) => {
                address.is_some_and(|address| network.contains(&address.to_canonical()))
            }
            Exception::Address(known, named) => {
                address.map(|address| address.to_canonical()) == Some(*known) && meant(named)
            }
            Exception::Domain { suffix, itself, port: named } => {
                (host.ends_with(suffix) || (*itself && host == suffix[1..])) && meant(named)
            }
        })
    }
}

fn exception(word: &str) -> Option<Exception> {
    if word == "*" {
        return Some(Exception::Everything);
    }
    if let Ok(network) = word.parse::<IpNet>() {
        return Some(Exception::Network(network.trunc()));
    }
    let (host, port) = split_port(word);
    if word.starts_with('[') && port.is_none() {
        // Go takes brackets off only before a port.
        return None;
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(Exception::Address(address.to_canonical(), port));
    }
    let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
    match host.starts_with('.') {
        _ if host.is_empty() => None,
        true => Some(Exception::Domain { suffix: host.to_owned(), itself: false, port }),
        false => Some(Exception::Domain { suffix: format!(".{host}"), itself: true, port }),
    }
}

/// `host:port` and `[address]:port`; what has more colons has no port.
pub(crate) fn split_port(word: &str) -> (&str, Option<String>) {
    let (host, port) = match word.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match word.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (host, Some(port)),
            _ => (word, None),
        },
    };
    (host, port.filter(|port| !port.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_those_of_go() {
        for (text, direct, proxied) in [
            ("", &["localhost", "127.0.0.1", "127.9.9.9", "::1"][..], &["10.0.0.1", "example.com"][..]),
            ("*", &["10.0.0.1", "fd00::1", "example.com"], &[]),
            (
                "10.0.0.0/8, 192.0.2.5",
                &["10.255.0.1", "192.0.2.5", "::ffff:10.0.0.1"],
                &["192.0.2.6", "11.0.0.1"],
            ),
            ("fd00::/8,[2001:db8::1]:443,[2001:db8::2]", &["fd12::1", "2001:db8::1"], &["2001:db8::2"]),
            ("example.com", &["example.com", "a.b.example.com", "EXAMPLE.com"], &["badexample.com"]),
            (
                ".example.com,*.example.org",
                &["a.example.com", "a.example.org"],
                &["example.com", "example.org"],
            ),
            ("10.0.0.1:443,example.com:443", &["10.0.0.1", "example.com"], &["10.0.0.2"]),
            ("10.0.0.1:80,example.com:80", &[], &["10.0.0.1", "example.com"]),
            // A network without its length, a wildcard inside of a name and other separators are no exceptions.
            ("10.0.0,10.*", &[], &["10.0.0.1"]),
            ("10.0.0.1 10.0.0.2", &[], &["10.0.0.1", "10.0.0.2"]),
            (":443,,", &["localhost"], &["10.0.0.1"]),
        ] {
            let exceptions = NoProxy::parse(text);
            for host in direct {
                assert!(exceptions.is_direct(host, "443"), "{text:?} leaves {host} to the proxy");
            }
            for host in proxied {
                assert!(!exceptions.is_direct(host, "443"), "{text:?} takes {host} from the proxy");
            }
        }
    }

    #[test]
    fn networks_are_joined_and_ports_do_not_make_one() {
        let networks = |text: &str| NoProxy::parse(text).networks();
        assert_eq!(networks(""), ["127.0.0.0/8", "::1/128"]);
        assert_eq!(
            networks("10.0.0.0/9,10.128.0.0/9,10.1.2.3,192.0.2.1:80,example.com,fd00::5"),
            ["10.0.0.0/8", "127.0.0.0/8", "::1/128", "fd00::5/128"]
        );
        assert_eq!(networks("a,*"), ["0.0.0.0/0", "::/0"]);
        assert_eq!(networks("10.244.3.7/16"), ["10.244.0.0/16", "127.0.0.0/8", "::1/128"]);
    }

    #[test]
    fn ports_are_told_from_addresses() {
        for (text, host, port) in [
            ("a:1", "a", Some("1")),
            ("[::1]:2", "::1", Some("2")),
            ("[::1]", "::1", None),
            ("::1", "::1", None),
            ("a", "a", None),
        ] {
            assert_eq!(split_port(text), (host, port.map(str::to_owned)), "{text}");
        }
    }
}
