//! Whether the node has joined a swarm.

use super::instance::with_remapped;
use crate::fact::{Fact, Sourced};
use crate::host::Host;

/// What dockerd keeps of its swarm below its data root, until it leaves it.
const STATE: &str = "swarm/docker-state.json";

/// Whether the dockerd whose data root is `root` has joined a swarm. With `userns-remap` its state lies in a
/// directory below.
pub(super) fn is_member(host: &Host, root: &Fact<Sourced<String>>) -> Fact<bool> {
    root.as_ref().and_then(|root| {
        for root in with_remapped(host, root.value.clone()) {
            match host.exists(format!("{}/{STATE}", root.trim_end_matches('/'))) {
                Ok(true) => return Fact::Known(true),
                Ok(false) => {}
                Err(error) => return Fact::Gap(error.into()),
            }
        }
        Fact::Known(false)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin;
    use crate::tree::Tree;

    fn told(tree: &Tree) -> Fact<bool> {
        let root = Sourced { value: "/srv/docker/".to_owned(), origin: origin::default() };
        is_member(&tree.host(), &Fact::Known(root))
    }

    #[test]
    fn a_member_has_its_state_below_the_data_root() {
        assert_eq!(told(&Tree::new()), Fact::Known(false));
        assert_eq!(
            told(&Tree::new().file("var/lib/docker/swarm/docker-state.json", "{}")),
            Fact::Known(false)
        );
        assert_eq!(told(&Tree::new().file("srv/docker/swarm/docker-state.json", "{}")), Fact::Known(true));
        let remapped = Tree::new().file("srv/docker/100000.100000/swarm/docker-state.json", "{}");
        assert_eq!(told(&remapped), Fact::Known(true));
    }
}
