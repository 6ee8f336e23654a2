//! Unit names: `docker.service`, the template `getty@.service`, its instance `getty@tty1.service`.

/// The types of units (systemd.unit(5)), by which a name of a unit can be told from other file names.
const TYPES: [&str; 11] = [
    "service",
    "socket",
    "device",
    "mount",
    "automount",
    "swap",
    "target",
    "path",
    "timer",
    "slice",
    "scope",
];

/// The type of the unit `name`: `service` of `docker.service`; `None` if this is no name of a unit.
pub(super) fn unit_type(name: &str) -> Option<&str> {
    let (prefix, suffix) = name.rsplit_once('.')?;
    (!prefix.is_empty() && !name.contains('/') && TYPES.contains(&suffix)).then_some(suffix)
}

/// Whether `name` is one that a unit can have.
pub(crate) fn is_unit_name(name: &str) -> bool {
    unit_type(name).is_some()
}

/// The template of an instance: `getty@.service` of `getty@tty1.service`.
pub(super) fn template(name: &str) -> Option<String> {
    let (prefix, rest) = name.split_once('@')?;
    let (instance, suffix) = rest.rsplit_once('.')?;
    (!instance.is_empty()).then(|| format!("{prefix}@.{suffix}"))
}

/// Whether `name` is a template, which cannot run itself.
pub(super) fn is_template(name: &str) -> bool {
    name.contains("@.")
}

/// The instance of `template` that has the instance name of `instance`: of `b@.service` and
/// `a@x.service`, `b@x.service`.
pub(super) fn instantiate(template: &str, instance: &str) -> String {
    let part =
        instance.split_once('@').and_then(|(_, rest)| rest.rsplit_once('.')).map_or("", |(part, _)| part);
    template.replacen("@.", &format!("@{part}."), 1)
}

/// The names whose drop-in directories apply to the unit `name`, the most specific first: itself, its
/// template, and the prefixes of its dashes (`foo-bar-.service` and `foo-.service` of
/// `foo-bar-baz.service`).
pub(super) fn levels(name: &str) -> Vec<String> {
    let mut levels = vec![name.to_owned()];
    levels.extend(template(name));
    let Some(suffix) = unit_type(name) else { return levels };
    let stem = name.strip_suffix(suffix).and_then(|stem| stem.strip_suffix('.')).unwrap_or(name);
    let mut prefix = stem.split_once('@').map_or(stem, |(prefix, _)| prefix).trim_end_matches('-');
    while let Some((shorter, _)) = prefix.rsplit_once('-') {
        prefix = shorter.trim_end_matches('-');
        if prefix.is_empty() {
            break;
        }
        levels.push(format!("{prefix}-.{suffix}"));
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_apart_as_systemd_has_it() {
        assert_eq!(unit_type("docker.service"), Some("service"));
        assert_eq!(unit_type("docker.service.d"), None);
        assert_eq!(unit_type(".service"), None);
        assert_eq!(template("getty@tty1.service").as_deref(), Some("getty@.service"));
        assert_eq!(template("getty@.service"), None);
        assert_eq!(instantiate("b@.service", "a@x.y.service"), "b@x.y.service");
    }

    #[test]
    fn drop_in_levels_go_from_the_unit_to_its_shortest_prefix() {
        assert_eq!(
            levels("foo-bar-baz.service"),
            ["foo-bar-baz.service", "foo-bar-.service", "foo-.service"]
        );
        assert_eq!(levels("a-b@x.service"), ["a-b@x.service", "a-b@.service", "a-.service"]);
        assert_eq!(levels("docker.service"), ["docker.service"]);
        assert_eq!(levels("-.mount"), ["-.mount"]);
    }
}
