//! Device mapper, as docker used it: whose devices there are, docker's pools, and what was to set them up.
//!
//! How full a thin pool is only the kernel's ioctl tells (`dmsetup status`), which is not asked; dockerd tells it of
//! its own pool, and of a pool in sparse files what is allocated is the most that can be in use.

mod device;
mod mounts;
mod pool;
mod roots;
mod setup;

use schemars::JsonSchema;
use serde::Serialize;

pub use device::{Device, Owner};
pub use pool::{Pool, PoolFile};
pub use setup::StorageSetup;

use crate::context::Context;
use crate::fact::Fact;

/// Device mapper.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeviceMapper {
    /// The devices, by their numbers.
    ///
    /// Source: /sys/block/dm-*
    pub devices: Fact<Vec<Device>>,
    /// The stores that docker's driver devicemapper has: one for each data root with such a directory.
    ///
    /// Source: `devicemapper` below docker's data roots
    pub docker_pools: Fact<Vec<Pool>>,
    /// What docker-storage-setup is told to make; absent if it is told nothing.
    ///
    /// Source: /etc/sysconfig/docker-storage-setup
    pub docker_storage_setup: Fact<StorageSetup>,
}

/// Reads them.
pub fn collect(ctx: &Context<'_>) -> Fact<DeviceMapper> {
    let roots = roots::read(ctx);
    let docker_pools = match &roots {
        Ok(roots) => pool::read(ctx.host, roots),
        Err(unknown) => Fact::Gap(unknown.clone()),
    };
    Fact::Known(DeviceMapper {
        devices: ctx.running(device::BLOCK, || device::read(ctx.host, roots).into()),
        docker_pools,
        docker_storage_setup: setup::read(ctx.host),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::host::Host;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn facts(host: &Host) -> DeviceMapper {
        let (demand, options) = (Demand::everything(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(60);
        let context = Context { host, demand: &demand, options: &options, deadline };
        collect(&context).known().unwrap().clone()
    }

    const LAYER: &str = "5f1a5f1a5f1a5f1a5f1a5f1a5f1a5f1a5f1a5f1a5f1a5f1a5f1a5f1a5f1a5f1a";

    #[test]
    fn devices_are_told_by_their_names_and_ids() {
        let device = |tree: Tree, number: u32, name: &str, uuid: &str| {
            tree.file(&format!("sys/block/dm-{number}/dm/name"), format!("{name}\n"))
                .file(&format!("sys/block/dm-{number}/dm/uuid"), format!("{uuid}\n"))
                .file(&format!("sys/block/dm-{number}/dev"), format!("253:{number}\n"))
                .file(&format!("sys/block/dm-{number}/size"), "2048\n")
        };
        let tree = Tree::new().dir("sys/block/sda").file("etc/fstab", "");
        let tree = device(tree, 0, "vg-root", "LVM-x");
        let tree = device(tree, 1, "docker-253:0-131-pool", "");
        let tree = device(tree, 2, &format!("docker-253:0-131-{LAYER}"), "");
        let tree = device(tree, 10, &format!("docker-253:0-131-{LAYER}-init"), "");
        let tree = device(tree, 3, "luks-1", "CRYPT-LUKS2-x");
        let tree = tree.file("var/lib/docker/image/devicemapper/layerdb/mounts/c0ffee/mount-id", LAYER);
        let facts = facts(&tree.running());
        let devices: Vec<_> = facts
            .devices
            .known()
            .unwrap()
            .iter()
            .map(|device| {
                let text = |fact: &'_ Fact<String>| fact.known().cloned();
                (device.device.as_str(), device.owner, text(&device.layer), text(&device.container))
            })
            .collect();
        let (layer, container) = (Some(LAYER.to_owned()), Some("c0ffee".to_owned()));
        assert_eq!(
            devices,
            [
                ("dm-0", Owner::Lvm, None, None),
                ("dm-1", Owner::DockerPool, None, None),
                ("dm-2", Owner::DockerLayer, layer, container.clone()),
                ("dm-3", Owner::Crypt, None, None),
                ("dm-10", Owner::DockerLayer, Some(format!("{LAYER}-init")), container),
            ]
        );
        assert_eq!(facts.devices.known().unwrap()[0].size_bytes, Fact::Known(1 << 20));
        assert!(matches!(self::facts(&tree.host()).devices, Fact::Gap(_)));
    }

    #[test]
    fn a_pool_in_sparse_files_is_told_from_one_on_a_device() {
        let pools = |tree: &Tree| facts(&tree.host()).docker_pools.known().unwrap().clone();
        assert!(pools(&Tree::new()).is_empty());
        let root = "var/lib/docker/devicemapper";
        let device = Tree::new().file(&format!("{root}/metadata/base"), "{}");
        let [pool] = pools(&device).try_into().unwrap();
        assert_eq!(
            (pool.directory.as_str(), pool.loop_files.clone()),
            ("/var/lib/docker/devicemapper", Fact::Known(false))
        );
        let files = device
            .file(&format!("{root}/devicemapper/data"), vec![0; 8192])
            .file(&format!("{root}/devicemapper/metadata"), "x");
        let [pool] = pools(&files).try_into().unwrap();
        assert_eq!(pool.loop_files, Fact::Known(true));
        assert_eq!(pool.data.known().unwrap().size_bytes, 8192);
        assert_eq!(pool.data_used_percent, Fact::Known(100));
    }

    #[test]
    fn what_is_to_be_set_up_is_read_as_a_shell_reads_it() {
        let setup = |text: &str| {
            facts(&Tree::new().file("etc/sysconfig/docker-storage-setup", text).host()).docker_storage_setup
        };
        let found = setup(
            "# comment\nSTORAGE_DRIVER=devicemapper\nDEVS=\"/dev/sdb /dev/sdc\"\nVG=docker-vg\nAUTO_EXTEND_POOL=no\nDATA_SIZE=40%FREE\n",
        );
        let found = found.known().unwrap();
        let value = |fact: &Fact<crate::fact::Sourced<String>>| {
            fact.known().map(|it| (it.value.clone(), it.origin.line))
        };
        assert_eq!(value(&found.driver), Some(("devicemapper".to_owned(), Some(2))));
        assert_eq!(value(&found.devices), Some(("/dev/sdb /dev/sdc".to_owned(), Some(3))));
        assert_eq!(value(&found.volume_group), Some(("docker-vg".to_owned(), Some(4))));
        assert_eq!(value(&found.auto_extend), Some(("no".to_owned(), Some(5))));
        assert!(matches!(setup("# nothing\n"), Fact::Absent));
        assert!(matches!(facts(&Tree::new().host()).docker_storage_setup, Fact::Absent));
    }
}
