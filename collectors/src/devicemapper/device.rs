//! The devices, from sysfs.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::mounts;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostErrorKind};

pub(super) const BLOCK: &str = "/sys/block";

/// The unit in which the kernel counts the size of every block device, in bytes.
const SECTOR: u64 = 512;

/// How the name of a device ends that holds what docker puts below a container's own layer.
const INIT: &str = "-init";

/// A device.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Device {
    /// How the kernel calls it: `dm-3`.
    pub device: String,
    /// How people call it, the name in /dev/mapper.
    ///
    /// Source: /sys/block/dm-*/dm/name
    pub name: Fact<String>,
    /// Its id, which begins with whose it is: `LVM-`, `CRYPT-`, `mpath-`; absent if it has none, as docker's.
    ///
    /// Source: /sys/block/dm-*/dm/uuid
    pub uuid: Fact<String>,
    /// Its number, `253:3`.
    ///
    /// Source: /sys/block/dm-*/dev
    pub number: Fact<String>,
    /// Its size.
    ///
    /// Unit: bytes
    /// Source: /sys/block/dm-*/size
    pub size_bytes: Fact<u64>,
    /// Whose it is.
    ///
    /// Source: its name and its id
    pub owner: Owner,
    /// The layer of docker's that it holds.
    ///
    /// Source: its name
    pub layer: Fact<String>,
    /// The container of docker's whose files it holds; absent if it holds none's, or an image's.
    ///
    /// Source: `image/devicemapper/layerdb/mounts/*/mount-id` below docker's data roots
    pub container: Fact<String>,
}

/// Whose a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// LVM's: a logical volume, or a part of one.
    Lvm,
    /// An encrypted disk.
    Crypt,
    /// Several ways to one disk.
    Multipath,
    /// The pool that docker made itself.
    DockerPool,
    /// A layer or a container of docker's.
    DockerLayer,
    /// Somebody else's.
    Other,
}

/// Reads every device; docker's containers are below the data roots `roots`.
///
/// # Errors
///
/// If the block devices cannot be listed.
pub(super) fn read(host: &Host, roots: Result<Vec<String>, Unknown>) -> Result<Vec<Device>, Unknown> {
    let entries = match host.read_dir(BLOCK) {
        Ok(entries) => entries,
        Err(error) if error.kind == HostErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut devices: Vec<(u32, Device)> = entries
        .iter()
        .filter_map(|entry| {
            let device = entry.name.to_str()?;
            Some((device.strip_prefix("dm-")?.parse().ok()?, Device::read(host, device)))
        })
        .collect();
    devices.sort_unstable_by_key(|(number, _)| *number);
    let mut devices: Vec<Device> = devices.into_iter().map(|(_, device)| device).collect();
    if devices.iter().any(|device| device.owner == Owner::DockerLayer) {
        let mounts = roots.and_then(|roots| mounts::read(host, &roots));
        for device in &mut devices {
            device.container = device.container(&mounts);
        }
    }
    Ok(devices)
}

impl Device {
    fn read(host: &Host, device: &str) -> Self {
        let text = |file: &str| {
            Fact::from(host.read_text(format!("{BLOCK}/{device}/{file}"))).and_then(|text| {
                let text = text.trim();
                (!text.is_empty()).then(|| text.to_owned()).into()
            })
        };
        let (name, uuid) = (text("dm/name"), text("dm/uuid"));
        let layer = name.known().and_then(|name| layer_of(name));
        Self {
            owner: owner(name.known().map_or("", String::as_str), uuid.known().map_or("", String::as_str)),
            number: text("dev"),
            size_bytes: text("size")
                .and_then(|size| size.parse::<u64>().ok().and_then(|size| size.checked_mul(SECTOR)).into()),
            layer: layer.map(str::to_owned).into(),
            container: Fact::Absent,
            device: device.to_owned(),
            name,
            uuid,
        }
    }

    /// The container whose mount is the device's layer, or what comes before it.
    fn container(&self, mounts: &Result<HashMap<String, String>, Unknown>) -> Fact<String> {
        self.layer.as_ref().and_then(|layer| match mounts {
            Ok(mounts) => mounts.get(layer.strip_suffix(INIT).unwrap_or(layer)).cloned().into(),
            Err(unknown) => Fact::Gap(unknown.clone()),
        })
    }
}

fn owner(name: &str, uuid: &str) -> Owner {
    match uuid {
        _ if uuid.starts_with("LVM-") => Owner::Lvm,
        _ if uuid.starts_with("CRYPT-") => Owner::Crypt,
        _ if uuid.starts_with("mpath-") => Owner::Multipath,
        _ if layer_of(name).is_some() => Owner::DockerLayer,
        _ if dockers(name) == Some("pool") => Owner::DockerPool,
        _ => Owner::Other,
    }
}

/// What follows in a name of docker's: `docker-<major>:<minor>-<inode>-<what>`.
fn dockers(name: &str) -> Option<&str> {
    let (place, rest) = name.strip_prefix("docker-")?.split_once('-')?;
    let (inode, what) = rest.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (major, minor) = place.split_once(':')?;
    [major, minor, inode].into_iter().all(is_number).then_some(what)
}

/// The layer in a name of docker's: 64 hexadecimal digits, with `-init` what comes before the container's own.
fn layer_of(name: &str) -> Option<&str> {
    let what = dockers(name)?;
    let id = what.strip_suffix(INIT).unwrap_or(what);
    (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(what)
}
