//! `/var/log/containers`: one link for each container of a pod, `<pod>_<namespace>_<container>-<id>.log`, to
//! `/var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log`.

use crate::context::Context;
use crate::listing;

use super::super::cgroup_path::is_id;
use super::record::PodRecord;
use super::{Record, Records};

const DIRECTORY: &str = "/var/log/containers";

/// Adds what the links say to what is known of their containers.
pub(super) fn read(ctx: &Context<'_>, records: &mut Records) {
    let names = match listing::names(ctx.host, DIRECTORY) {
        Ok(names) => names,
        Err(error) => return records.gap(error),
    };
    for name in &names {
        let target = ctx.host.read_link(format!("{DIRECTORY}/{name}")).unwrap_or_default();
        if let Some((id, record)) = parse(name, &target) {
            records.add_to_known(id, record);
        }
    }
}

/// The container's id, and what the link's `name` and `target` say of it.
fn parse<'n>(name: &'n str, target: &str) -> Option<(&'n str, Record)> {
    let (rest, id) = name.strip_suffix(".log")?.rsplit_once('-')?;
    if !is_id(id) {
        return None;
    }
    let mut parts = rest.splitn(3, '_').map(str::to_owned);
    let (pod, namespace, container) = (parts.next()?, parts.next()?, parts.next()?);
    let restarts = target.rsplit('/').next().and_then(|file| file.strip_suffix(".log")?.parse().ok());
    let record = Record {
        name: Some(container),
        pod: PodRecord { name: Some(pod), namespace: Some(namespace), uid: None },
        restarts,
        log_path: (!target.is_empty()).then(|| target.to_owned()),
        ..Record::default()
    };
    Some((id, record))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_pod_container_and_restarts() {
        let id = "ab".repeat(32);
        let name = format!("web-0_shop_web-front-{id}.log");
        let (found, record) = parse(&name, "/var/log/pods/shop_web-0_u/web-front/3.log").unwrap();
        assert_eq!(found, id);
        assert_eq!((record.name.as_deref(), record.restarts), (Some("web-front"), Some(3)));
        assert_eq!(
            (record.pod.name.as_deref(), record.pod.namespace.as_deref()),
            (Some("web-0"), Some("shop"))
        );
    }

    #[test]
    fn other_names_are_no_containers() {
        for name in [
            "",
            "x.log",
            "a_b_c-123.log",
            &format!("{}.log", "ab".repeat(32)),
            &format!("a-{}.log", "ab".repeat(32)),
        ] {
            assert!(parse(name, "").is_none(), "{name}");
        }
    }
}
