//! Units on trees of files: precedence, masking, aliases, enablement, and what is in the way.

use plimsoll_engine::snapshot::{GapReason, Layer};

use super::{State, Unit};
use crate::tree::{Tree, as_nobody};

const VENDOR: &str = "usr/lib/systemd/system";
const ADMIN: &str = "etc/systemd/system";

fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().fold(Tree::new(), |tree, (path, text)| tree.file(path, text))
}

fn load(tree: &Tree, name: &str) -> Option<Unit> {
    Unit::load(&tree.host(), name).unwrap()
}

fn state(tree: &Tree, name: &str) -> State {
    load(tree, name).unwrap().state
}

fn vendor(name: &str) -> String {
    format!("{VENDOR}/{name}")
}

fn last<'u>(unit: &'u Unit, key: &str) -> Option<&'u str> {
    unit.last("Service", key).map(|value| value.value.as_str())
}

#[test]
fn the_administrators_unit_replaces_the_distributions() {
    let tree = tree(&[
        (&vendor("docker.service"), "[Service]\nNice=1\nType=notify\n"),
        (&format!("{ADMIN}/docker.service"), "[Service]\nNice=2\n"),
    ]);
    let unit = load(&tree, "docker.service").unwrap();
    assert_eq!(unit.file, "/etc/systemd/system/docker.service");
    assert_eq!(last(&unit, "Nice"), Some("2"));
    assert_eq!(last(&unit, "Type"), None);
    assert!(load(&tree, "containerd.service").is_none());
}

#[test]
fn drop_ins_apply_by_file_name_and_say_what_they_override() {
    let tree = tree(&[
        (
            &vendor("docker.service"),
            "[Service]\nExecStart=/usr/bin/dockerd\nLimitNOFILE=infinity\nEnvironment=A=1\n",
        ),
        (&vendor("docker.service.d/50-limits.conf"), "[Service]\nLimitNOFILE=1048576\n"),
        (
            &format!("{ADMIN}/docker.service.d/10-exec.conf"),
            "[Service]\nExecStart=\nExecStart=/opt/dockerd -D\n",
        ),
        (&format!("{ADMIN}/docker.service.d/90-more.conf"), "[Service]\nLimitNOFILE=4096\nEnvironment=B=2\n"),
        (&format!("{ADMIN}/docker.service.d/readme.txt"), "[Service]\nLimitNOFILE=1\n"),
        (&format!("{ADMIN}/service.d/20-all.conf"), "[Service]\nLimitCORE=0\n"),
    ]);
    let unit = load(&tree, "docker.service").unwrap();
    assert_eq!(
        unit.drop_ins,
        [
            "/etc/systemd/system/docker.service.d/10-exec.conf",
            "/etc/systemd/system/service.d/20-all.conf",
            "/usr/lib/systemd/system/docker.service.d/50-limits.conf",
            "/etc/systemd/system/docker.service.d/90-more.conf",
        ]
    );
    let exec: Vec<&str> = unit.all("Service", "ExecStart").iter().map(|value| value.value.as_str()).collect();
    assert_eq!(exec, ["/opt/dockerd -D"]);
    assert_eq!(unit.last("Service", "ExecStart").unwrap().origin.overrides[0].value, "/usr/bin/dockerd");
    let limit = &unit.last("Service", "LimitNOFILE").unwrap().origin;
    assert_eq!((limit.layer, limit.line), (Layer::DropIn, Some(2)));
    assert_eq!(limit.text.as_deref(), Some("LimitNOFILE=4096"));
    let lost: Vec<&str> = limit.overrides.iter().map(|lost| lost.value.as_str().unwrap()).collect();
    assert_eq!(lost, ["1048576", "infinity"], "the nearest first");
    let environment = unit.environment();
    assert_eq!(environment.keys().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(environment["B"].origin.text.as_deref(), Some("Environment=B=***"));
}

#[test]
fn a_drop_in_is_hidden_by_one_of_the_same_name_or_by_a_link_to_null() {
    let tree = tree(&[
        (&vendor("k-proxy.service"), "[Service]\nNice=0\n"),
        (&vendor("k-proxy.service.d/10-a.conf"), "[Service]\nNice=1\n"),
        (&vendor("k-.service.d/20-b.conf"), "[Service]\nNice=2\n"),
        (&vendor("k-proxy.service.d/30-c.conf"), "[Service]\nNice=3\n"),
        (&format!("{ADMIN}/k-.service.d/10-a.conf"), "[Service]\nUMask=077\n"),
    ])
    .link(&format!("{ADMIN}/k-proxy.service.d/30-c.conf"), "/dev/null");
    let unit = load(&tree, "k-proxy.service").unwrap();
    assert_eq!(
        unit.drop_ins,
        ["/etc/systemd/system/k-.service.d/10-a.conf", "/usr/lib/systemd/system/k-.service.d/20-b.conf"]
    );
    assert_eq!(last(&unit, "Nice"), Some("2"));
}

#[test]
fn masked_by_a_link_in_any_spelling_or_by_an_empty_file() {
    let tree = tree(&[
        (&vendor("a.service"), "[Service]\nNice=1\n[Install]\nWantedBy=multi-user.target\n"),
        (&vendor("b.service"), "[Service]\nNice=1\n"),
        (&format!("{ADMIN}/b.service"), ""),
        (&vendor("c.service"), "[Service]\nNice=1\n"),
    ])
    .link(&format!("{ADMIN}/a.service"), "/dev/null")
    .link(&format!("{ADMIN}/c.service"), "../../../dev/null");
    for name in ["a.service", "b.service", "c.service"] {
        let unit = load(&tree, name).unwrap();
        assert_eq!(unit.state, State::Masked, "{name}");
        assert_eq!(unit.settings().count(), 0, "{name}");
    }
}

#[test]
fn an_alias_leads_to_its_unit_and_brings_its_drop_ins() {
    let tree = tree(&[
        (&vendor("docker-engine.service"), "[Service]\nNice=1\n[Install]\nAlias=docker.service\n"),
        (&format!("{ADMIN}/docker.service.d/a.conf"), "[Service]\nNice=2\n"),
    ])
    .link(&format!("{ADMIN}/docker.service"), "/lib/systemd/system/docker-engine.service");
    let unit = load(&tree, "docker.service").unwrap();
    assert_eq!(unit.file, "/usr/lib/systemd/system/docker-engine.service");
    assert_eq!(unit.state, State::Alias);
    assert_eq!(last(&unit, "Nice"), Some("2"));
    assert_eq!(state(&tree, "docker-engine.service"), State::Enabled);
}

#[test]
fn aliases_in_a_circle_are_no_unit() {
    let tree = tree(&[])
        .link(&format!("{ADMIN}/a.service"), "b.service")
        .link(&format!("{ADMIN}/b.service"), "a.service");
    assert!(load(&tree, "a.service").is_none());
}

#[test]
fn an_instance_is_read_from_its_template() {
    let tree = tree(&[
        (
            &vendor("getty@.service"),
            "[Service]\nNice=1\n[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n",
        ),
        (&format!("{ADMIN}/getty@.service.d/a.conf"), "[Service]\nNice=2\n"),
        (&format!("{ADMIN}/getty@tty2.service.d/b.conf"), "[Service]\nNice=3\n"),
    ])
    .link(&format!("{ADMIN}/getty.target.wants/getty@tty2.service"), "/lib/systemd/system/getty@.service");
    let unit = load(&tree, "getty@tty2.service").unwrap();
    assert_eq!((unit.state, last(&unit, "Nice")), (State::Enabled, Some("3")));
    let unit = load(&tree, "getty@tty9.service").unwrap();
    assert_eq!((unit.state, last(&unit, "Nice")), (State::Disabled, Some("2")));
    assert_eq!(state(&tree, "getty@.service"), State::Indirect);
}

/// What `systemctl --root=TREE is-enabled` of systemd 252 says of each unit of the tree.
const STATES: [(&str, State); 26] = [
    ("getty@tty2", State::Enabled),
    ("getty@tty9", State::Disabled),
    ("getty@tty1", State::Disabled),
    ("getty@", State::Indirect),
    ("on", State::Enabled),
    ("off", State::Disabled),
    ("static", State::Static),
    ("also", State::Indirect),
    ("linked", State::Linked),
    ("real", State::Enabled),
    ("al", State::Alias),
    ("real2", State::Indirect),
    ("other", State::Alias),
    ("vend", State::Disabled),
    ("inst@a", State::Static),
    ("inst@b", State::Static),
    ("inst@", State::Static),
    ("m", State::Masked),
    ("e", State::Masked),
    ("wl", State::Enabled),
    ("tgt@", State::Indirect),
    ("tgt@x", State::Enabled),
    ("tgt@y", State::Disabled),
    ("ali", State::Static),
    ("valias", State::Alias),
    ("self", State::Alias),
];

#[test]
fn states_are_those_of_systemctl() {
    const INSTALL: &str = "[Install]\nWantedBy=multi-user.target\n";
    const PLAIN: &str = "[Service]\nNice=1\n";
    let admin = |name: &str| format!("{ADMIN}/{name}");
    let tree = tree(&[
        (&vendor("getty@.service"), "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n"),
        (&vendor("on.service"), INSTALL),
        (&vendor("off.service"), INSTALL),
        (&vendor("static.service"), PLAIN),
        (&vendor("also.service"), "[Install]\nAlso=on.service\n"),
        ("opt/linked.service", PLAIN),
        (&vendor("real.service"), "[Install]\nWantedBy=multi-user.target\nAlias=al.service\n"),
        (&vendor("real2.service"), INSTALL),
        (&vendor("vend.service"), INSTALL),
        (&vendor("inst@.service"), PLAIN),
        (&vendor("m.service"), PLAIN),
        (&vendor("e.service"), INSTALL),
        (&admin("e.service"), ""),
        (&admin("wl.service"), PLAIN),
        (&vendor("tgt@.service"), INSTALL),
        (&vendor("ali.service"), PLAIN),
    ])
    .link(&admin("getty.target.wants/getty@tty2.service"), "/lib/systemd/system/getty@.service")
    .link(&admin("multi-user.target.wants/on.service"), "/lib/systemd/system/on.service")
    .link(&vendor("basic.target.wants/static.service"), "../static.service")
    .link(&admin("linked.service"), "/opt/linked.service")
    .link(&admin("al.service"), "/lib/systemd/system/real.service")
    .link(&admin("other.service"), "/lib/systemd/system/real2.service")
    .link(&vendor("basic.target.wants/vend.service"), "../vend.service")
    .link(&vendor("basic.target.wants/inst@a.service"), "../inst@.service")
    .link(&admin("m.service"), "../../../dev/null")
    .link(&admin("multi-user.target.wants/wl.service"), "../wl.service")
    .link(&admin("multi-user.target.wants/tgt@x.service"), "/usr/lib/systemd/system/tgt@.service")
    .link(&vendor("valias.service"), "ali.service")
    .link(&admin("self.service"), "/lib/systemd/system/on.service");
    let found = STATES.map(|(name, _)| (name, state(&tree, &format!("{name}.service"))));
    assert_eq!(found, STATES);
    assert_eq!(load(&tree, "linked.service").unwrap().file, "/opt/linked.service");
}

#[test]
fn what_lies_in_run_counts_for_nothing_on_a_target_that_does_not_run() {
    let tree = tree(&[("run/systemd/system/a.service", "[Service]\nNice=1\n")]);
    assert!(load(&tree, "a.service").is_none());
}

#[test]
fn links_out_of_the_root_read_nothing_there() {
    // The file exists on every machine that builds this, and in this root it does not.
    let tree = tree(&[(&vendor("b.service"), "[Service]\nNice=2\n")])
        .link(&format!("{ADMIN}/a.service"), "/proc/self/status")
        .link(&format!("{ADMIN}/c.service"), "../../../../../../../../../proc/self/status");
    assert!(load(&tree, "a.service").is_none());
    assert!(load(&tree, "c.service").is_none());
}

#[test]
fn a_drop_in_that_may_not_be_read_leaves_nothing_known() {
    let tree = tree(&[
        (&vendor("a.service"), "[Service]\nNice=1\n"),
        (&vendor("a.service.d/x.conf"), "[Service]\nNice=2\n"),
    ])
    .mode(&vendor("a.service.d/x.conf"), 0o600);
    let unknown = as_nobody(|| Unit::load(&tree.host(), "a.service").unwrap_err());
    assert_eq!(unknown.reason, GapReason::Denied);
    assert_eq!(unknown.source.as_deref(), Some("/usr/lib/systemd/system/a.service.d/x.conf"));
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    let tree = tree(&[(&vendor("broken.service"), "[Service\nNice=1\n")]);
    let unknown = Unit::load(&tree.host(), "broken.service").unwrap_err();
    assert_eq!(unknown.reason, GapReason::Malformed);
    let tree = tree.file(ADMIN, "not a directory");
    let unknown = Unit::load(&tree.host(), "broken.service").unwrap_err();
    assert_eq!(unknown.source.as_deref(), Some("/etc/systemd/system"));
}
