//! Where docker's stores are.

use super::super::discovery::Configured;
use super::super::survey::Survey;
use crate::docker::{instances, rootless_instances, with_remapped};
use crate::fact::Fact;
use crate::host::{Host, HostErrorKind};
use crate::listing;

/// The data root of docker's packages, and that of its snap.
const USUAL: [&str; 3] = ["/var/lib/docker", "/var/snap/docker/common/var-lib-docker", "/"];

/// The graph driver whose layout is known.
pub(super) const OVERLAY2: &str = "overlay2";

/// The stores that configurations and command lines name, and those of user namespaces below each.
pub(in crate::storage) fn configured(survey: &Survey<'_>) -> Configured {
    let mut configured = Configured::default();
    let mut roots: Vec<String> = USUAL.map(str::to_owned).into();
    for dockerd in instances(survey.ctx).iter() {
        match &dockerd.data_root {
            Fact::Known(root) => roots.push(root.value.clone()),
            Fact::Absent => {}
            Fact::Gap(unknown) => configured.unknown.push(unknown.clone()),
        }
    }
    let users = rootless_instances(survey.ctx);
    configured.unknown.extend(users.as_ref().err().cloned());
    for dockerd in users.iter().flat_map(|users| users.iter()) {
        match &dockerd.data_root {
            Fact::Known(root) => roots.push(root.clone()),
            Fact::Absent => {}
            Fact::Gap(unknown) => configured.unknown.push(unknown.clone()),
        }
    }
    configured.paths = roots.into_iter().flat_map(|root| with_remapped(survey.ctx.host, root)).collect();
    configured
}

/// The graph drivers that have something in the store at `store`, sorted.
pub(super) fn drivers(host: &Host, store: &str) -> Result<Vec<String>, crate::fact::Unknown> {
    let image = format!("{store}/image");
    let mut drivers = Vec::new();
    for driver in listing::names(host, &image)? {
        match host.exists(format!("{image}/{driver}/layerdb")) {
            Ok(true) => drivers.push(driver),
            Ok(false) => {}
            Err(error) if error.kind == HostErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    if host.exists(format!("{store}/overlay2/l"))? && !drivers.iter().any(|driver| driver == OVERLAY2) {
        drivers.push(OVERLAY2.to_owned());
        drivers.sort();
    }
    Ok(drivers)
}
