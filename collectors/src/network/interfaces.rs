//! Network interfaces, from sysfs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};

use super::addresses;

const CLASS: &str = "/sys/class/net";

/// `ARPHRD_ETHER` and `ARPHRD_LOOPBACK` (linux/if_arp.h).
const HARDWARE_ETHERNET: &str = "1";
const HARDWARE_LOOPBACK: &str = "772";

/// A network interface.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Interface {
    /// Its name.
    /// Source: /sys/class/net
    pub name: String,
    /// Whether it can pass packets.
    /// Source: /sys/class/net/NAME/operstate
    pub state: Fact<State>,
    /// The largest packet.
    /// Unit: bytes
    /// Source: /sys/class/net/NAME/mtu
    pub mtu: Fact<u32>,
    /// Its hardware address; absent if it has none.
    /// Source: /sys/class/net/NAME/address
    pub mac: Fact<String>,
    /// Its addresses with the length of their prefix, such as `"10.0.0.5/24"`; IPv4 first.
    /// Source: rtnetlink(7), RTM_GETADDR
    pub addresses: Fact<Vec<String>>,
    /// What it is.
    /// Source: /sys/class/net/NAME/type, /sys/class/net/NAME/uevent (DEVTYPE)
    pub kind: Fact<Kind>,
    /// The bridge, bond or team that it belongs to.
    /// Source: /sys/class/net/NAME/master
    pub master: Fact<String>,
}

/// Whether an interface can pass packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It can.
    Up,
    /// It cannot: it is switched off, or nothing is at the other end.
    Down,
    /// Its driver does not say, as that of the loopback interface.
    Unknown,
}

/// What an interface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The node itself.
    Loopback,
    /// A network card, be it a virtual machine's.
    Ethernet,
    /// A wireless network card.
    Wlan,
    /// A bridge.
    Bridge,
    /// One end of a pair; the other one is usually a container's.
    Veth,
    /// A VXLAN tunnel.
    Vxlan,
    /// A Geneve tunnel.
    Geneve,
    /// A VLAN of another interface.
    Vlan,
    /// Several interfaces as one.
    Bond,
    /// A WireGuard tunnel.
    Wireguard,
    /// A program's own interface.
    Tun,
    /// Another kind.
    Other,
}

/// Reads every interface.
///
/// # Errors
///
/// If the interfaces cannot be listed.
pub(super) fn read(host: &Host) -> Result<Vec<Interface>, Unknown> {
    let mut addresses = addresses::read(host);
    let mut interfaces = Vec::new();
    for entry in host.read_dir(CLASS)? {
        // `bonding_masters` is a file between the links.
        let name = entry.name.to_string_lossy().into_owned();
        let directory = Attributes { host, path: format!("{CLASS}/{name}") };
        let Some(index) = directory.text("ifindex").unwrap_or_default() else { continue };
        let own = addresses.as_mut().map(|all| index.parse().ok().and_then(|index: u32| all.remove(&index)));
        interfaces.push(Interface {
            state: directory.required("operstate").map(|text| state(&text)),
            mtu: directory.required("mtu").and_then(|text| number(&directory, "mtu", &text)),
            mac: Fact::from(directory.text("address")).and_then(|mac| mac.filter(|mac| is_mac(mac)).into()),
            addresses: own.map(Option::unwrap_or_default).map_err(|unknown| unknown.clone()).into(),
            kind: kind(&directory, &index).into(),
            master: directory.link("master"),
            name,
        });
    }
    Ok(interfaces)
}

/// The directory of an interface in sysfs.
struct Attributes<'h> {
    host: &'h Host,
    path: String,
}

impl Attributes<'_> {
    /// An attribute; `None` if the interface does not have it, or refuses to say (`EINVAL`).
    fn text(&self, name: &str) -> Result<Option<String>, HostError> {
        match self.host.read_text(format!("{}/{name}", self.path)) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(HostError { kind: HostErrorKind::NotFound, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn required(&self, name: &str) -> Fact<String> {
        Fact::from(self.text(name)).and_then(Fact::from)
    }

    fn has(&self, name: &str) -> Result<bool, Unknown> {
        Ok(self.host.exists(format!("{}/{name}", self.path))?)
    }

    /// The last name that a link leads to.
    fn link(&self, name: &str) -> Fact<String> {
        Fact::from(self.host.read_link(format!("{}/{name}", self.path)))
            .and_then(|target| target.rsplit('/').next().map(str::to_owned).into())
    }
}

fn state(text: &str) -> State {
    match text {
        "up" => State::Up,
        "down" | "lowerlayerdown" | "notpresent" => State::Down,
        _ => State::Unknown,
    }
}

fn number(directory: &Attributes<'_>, name: &str, text: &str) -> Fact<u32> {
    let unknown =
        |_| Unknown::malformed(format!("{}/{name}", directory.path), format!("no number: {text:?}"));
    Fact::from(text.parse().map_err(unknown))
}

/// Whether this is a hardware address of Ethernet, other than the loopback interface's zeros.
fn is_mac(text: &str) -> bool {
    text.len() == 17 && text.bytes().any(|byte| !matches!(byte, b'0' | b':'))
}

fn kind(directory: &Attributes<'_>, index: &str) -> Result<Kind, Unknown> {
    let hardware = directory.text("type")?.unwrap_or_default();
    if hardware == HARDWARE_LOOPBACK {
        return Ok(Kind::Loopback);
    }
    let uevent = directory.text("uevent")?.unwrap_or_default();
    if let Some(kind) = uevent.lines().find_map(|line| line.strip_prefix("DEVTYPE=")) {
        return Ok(kind_of_word(kind));
    }
    if directory.has("tun_flags")? {
        return Ok(Kind::Tun);
    }
    if hardware != HARDWARE_ETHERNET {
        return Ok(Kind::Other);
    }
    if directory.has("device")? {
        return Ok(Kind::Ethernet);
    }
    is_veth(directory, index).map(|veth| if veth { Kind::Veth } else { Kind::Other })
}

fn kind_of_word(word: &str) -> Kind {
    match word {
        "bridge" => Kind::Bridge,
        "wlan" => Kind::Wlan,
        "vxlan" => Kind::Vxlan,
        "geneve" => Kind::Geneve,
        "vlan" => Kind::Vlan,
        "bond" => Kind::Bond,
        "wireguard" => Kind::Wireguard,
        _ => Kind::Other,
    }
}

/// A veth has no word of its own. It names its peer as the interface that it is linked to, as a macvlan does
/// the one below it; but a macvlan has a link `lower_NAME` to that one.
fn is_veth(directory: &Attributes<'_>, index: &str) -> Result<bool, Unknown> {
    if directory.text("iflink")?.is_none_or(|peer| peer == index) {
        return Ok(false);
    }
    let entries = directory.host.read_dir(&directory.path)?;
    Ok(!entries.iter().any(|entry| entry.name.as_encoded_bytes().starts_with(b"lower_")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    /// An interface as sysfs shows it.
    fn with(tree: Tree, name: &str, attributes: &[(&str, &str)]) -> Tree {
        attributes
            .iter()
            .fold(tree, |tree, (file, text)| tree.file(&format!("sys/class/net/{name}/{file}"), text))
    }

    #[test]
    fn kinds_are_told_by_what_sysfs_shows() {
        let tree = with(
            Tree::new(),
            "lo",
            &[
                ("ifindex", "1\n"),
                ("type", "772\n"),
                ("operstate", "unknown\n"),
                ("address", "00:00:00:00:00:00\n"),
            ],
        );
        let tree = with(
            tree,
            "eth0",
            &[
                ("ifindex", "2\n"),
                ("type", "1\n"),
                ("operstate", "up\n"),
                ("mtu", "1400\n"),
                ("address", "02:fc:00:00:00:01\n"),
                ("device/vendor", "0x1af4"),
            ],
        );
        let tree = with(
            tree,
            "docker0",
            &[
                ("ifindex", "3\n"),
                ("type", "1\n"),
                ("uevent", "DEVTYPE=bridge\nINTERFACE=docker0\n"),
                ("operstate", "down\n"),
            ],
        );
        let tree = with(
            tree,
            "veth12",
            &[("ifindex", "4\n"), ("iflink", "2\n"), ("type", "1\n"), ("operstate", "lowerlayerdown\n")],
        )
        .link("sys/class/net/veth12/master", "../docker0");
        let tree = with(tree, "macvlan0", &[("ifindex", "5\n"), ("iflink", "2\n"), ("type", "1\n")])
            .link("sys/class/net/macvlan0/lower_eth0", "../eth0");
        let tree = with(
            tree,
            "dummy0",
            &[("ifindex", "6\n"), ("iflink", "6\n"), ("type", "1\n"), ("mtu", "many\n")],
        );
        let tree = tree.file("sys/class/net/bonding_masters", "bond0\n");
        let interfaces = read(&tree.host()).unwrap();
        let kinds: Vec<_> = interfaces.iter().map(|i| (i.name.as_str(), *i.kind.known().unwrap())).collect();
        assert_eq!(
            kinds,
            [
                ("docker0", Kind::Bridge),
                ("dummy0", Kind::Other),
                ("eth0", Kind::Ethernet),
                ("lo", Kind::Loopback),
                ("macvlan0", Kind::Other),
                ("veth12", Kind::Veth),
            ]
        );
        assert_eq!(interfaces[2].mtu, Fact::Known(1400));
        assert_eq!(interfaces[2].mac, Fact::Known("02:fc:00:00:00:01".into()));
        assert_eq!(interfaces[3].mac, Fact::Absent);
        assert_eq!(interfaces[5].master, Fact::Known("docker0".into()));
        assert_eq!(interfaces[5].state, Fact::Known(State::Down));
        assert!(matches!(interfaces[1].mtu, Fact::Gap(_)));
        assert!(matches!(interfaces[2].addresses, Fact::Gap(_)), "the tree is in no network namespace");
    }
}
