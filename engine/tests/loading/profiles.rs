//! Mistakes in packs, profiles and waivers, and between files.

use insta::assert_snapshot;
use plimsoll_engine::load;
use plimsoll_engine::profile::select;

use crate::support::{LIVE_RESTORE, changed, changed_each, changed_pack, changed_profile, draw, drawn, with};

#[test]
fn a_parameter_of_an_unknown_type() {
    assert_snapshot!(changed_pack("type: percentage", "type: percent"), @"
    plimsoll::pack::unknown-word

      × `percent` is no type of a parameter
       ╭─[packs/node/pack.yaml:4:11]
     3 │   mounts.used-max:
     4 │     type: percent
       ·           ───────
     5 │     description: How full a file system may be
       ╰────
      help: did you mean `percentage`?
    ");
}

#[test]
fn a_default_of_the_wrong_type() {
    assert_snapshot!(changed_pack("default: 85%", "default: most"), @r#"
    plimsoll::pack::parameter-value

      × the parameter `mounts.used-max` takes a percentage such as "80%", not "most"
       ╭─[packs/node/pack.yaml:6:14]
     5 │     description: How full a file system may be
     6 │     default: most
       ·              ────
     7 │   docker.storage-driver:
       ╰────
    "#);
}

#[test]
fn a_default_that_is_not_allowed() {
    assert_snapshot!(changed_pack("default: overlay2", "default: aufs"), @r#"
    plimsoll::pack::parameter-value

      × the parameter `docker.storage-driver` takes "overlay2" or "btrfs", not "aufs"
        ╭─[packs/node/pack.yaml:10:14]
      9 │     description: The storage driver
     10 │     default: aufs
        ·              ────
     11 │     allowed: [overlay2, btrfs]
        ╰────
    "#);
}

#[test]
fn an_undeclared_parameter() {
    assert_snapshot!(changed_each("{ param: mounts.used-max }", "{ param: mount.used-max }"), @r#"
    plimsoll::rule::unknown-parameter

      × no pack declares a parameter `mount.used-max`
        ╭─[packs/node/mount-nearly-full.yaml:12:55]
     11 │     where: { fact: '@.fs_type', in: [ext4, xfs, btrfs] }
     12 │     that: { fact: '@.used_percent', at-most: { param: mount.used-max } }
        ·                                                       ──────────────
     13 │ message: "{{ mount.target }} is {{ actual }} % full; {{ param.mounts.used-max }} is the limit"
        ╰────
      help: did you mean `mounts.used-max`?
    "#);
}

#[test]
fn an_unknown_rule() {
    assert_snapshot!(changed_profile("{ rule: mount-nearly-full,", "{ rule: mounts-nearly-full,"), @"
    plimsoll::profile::unknown-name

      × there is no rule `mounts-nearly-full`
       ╭─[profiles/worker.yaml:7:13]
     6 │ exclude:
     7 │   - { rule: mounts-nearly-full, reason: Watched by another tool }
       ·             ──────────────────
     8 │ set:
       ╰────
      help: did you mean `mount-nearly-full`?
    ");
}

#[test]
fn an_unknown_pack_and_tag() {
    assert_snapshot!(changed_profile("  packs: [node]\n  tags: [storage]", "  packs: [nodes]\n  tags: [storrage]"), @"
    plimsoll::profile::unknown-name

      × there is no pack `nodes`
       ╭─[profiles/worker.yaml:4:11]
     3 │ select:
     4 │   packs: [nodes]
       ·           ─────
     5 │   tags: [storrage]
       ╰────
      help: did you mean `node`?

    plimsoll::profile::unknown-name

      × there is no tag `storrage`
       ╭─[profiles/worker.yaml:5:10]
     4 │   packs: [nodes]
     5 │   tags: [storrage]
       ·          ────────
     6 │ exclude:
       ╰────
      help: did you mean `storage`?
    ");
}

#[test]
fn a_value_that_the_parameter_does_not_take() {
    assert_snapshot!(changed_profile("mounts.used-max: 90%", "mounts.used-max: 90Gi"), @r#"
    plimsoll::profile::parameter-value

      × the parameter `mounts.used-max` takes a percentage such as "80%", not "90Gi"
        ╭─[profiles/worker.yaml:9:20]
      8 │ set:
      9 │   mounts.used-max: 90Gi
        ·                    ────
     10 │ severity:
        ╰────
    "#);
}

#[test]
fn an_exclusion_without_a_reason() {
    assert_snapshot!(changed_profile(", reason: Watched by another tool", ""), @"
    plimsoll::profile::missing-key

      × an exclusion has to say its `reason`
       ╭─[profiles/worker.yaml:7:5]
     6 │ exclude:
     7 │   - { rule: mount-nearly-full }
       ·     ─────────────┬─────────────
       ·                  ╰── `reason` is missing here
     8 │ set:
       ╰────
    ");
}

#[test]
fn a_profile_that_extends_itself() {
    let worker = "id: worker\ntitle: A worker\nextends: [common]\n";
    let common = "id: common\ntitle: Common\nextends:\n  - base\n";
    let base = "id: base\ntitle: Base\nextends: [worker]\n";
    let loaded = with(&[
        ("profiles/worker.yaml", worker),
        ("profiles/common.yaml", common),
        ("profiles/base.yaml", base),
    ]);
    assert_snapshot!(drawn(loaded), @"
    plimsoll::profile::cycle

      × the profile extends itself: base → worker → common → base
       ╭─[profiles/base.yaml:3:11]
     2 │ title: Base
     3 │ extends: [worker]
       ·           ──────
       ╰────
    ");
}

#[test]
fn an_id_that_two_packs_have() {
    assert_snapshot!(drawn(with(&[("packs/other/docker-live-restore-off.yaml", LIVE_RESTORE)])), @"
    plimsoll::rule::duplicate-id

      × there is a rule `docker-live-restore-off` already, in packs/node/docker-live-restore-off.yaml
       ╭─[packs/other/docker-live-restore-off.yaml:1:5]
     1 │ id: docker-live-restore-off
       ·     ───────────────────────
     2 │ title: Containers stop whenever dockerd restarts
       ╰────
      help: choose another id
    ");
}

#[test]
fn a_severity_for_an_unknown_rule() {
    assert_snapshot!(changed_profile("docker-live-restore-off: low", "docker-live-restore: lowest"), @"
    plimsoll::profile::unknown-name

      × there is no rule `docker-live-restore`
        ╭─[profiles/worker.yaml:11:3]
     10 │ severity:
     11 │   docker-live-restore: lowest
        ·   ───────────────────
        ╰────
      help: did you mean `docker-live-restore-off`?

    plimsoll::profile::unknown-word

      × `lowest` is no severity
        ╭─[profiles/worker.yaml:11:24]
     10 │ severity:
     11 │   docker-live-restore: lowest
        ·                        ──────
        ╰────
      help: use one of info, low, medium, high, critical
    ");
}

#[test]
fn a_tag_that_cannot_be_a_name() {
    assert_snapshot!(changed("tags: [docker, availability]", "tags: [Docker, high availability]"), @"
    plimsoll::rule::bad-id

      × `Docker` cannot be a name
       ╭─[packs/node/docker-live-restore-off.yaml:4:8]
     3 │ severity: medium
     4 │ tags: [Docker, high availability]
       ·        ──────
     5 │ rationale: >-
       ╰────
      help: a name is made of lower-case words and digits, joined by `-` or `.`, such as `cis-docker-
            1.6.0`

    plimsoll::rule::bad-id

      × `high availability` cannot be a name
       ╭─[packs/node/docker-live-restore-off.yaml:4:16]
     3 │ severity: medium
     4 │ tags: [Docker, high availability]
       ·                ─────────────────
     5 │ rationale: >-
       ╰────
      help: a name is made of lower-case words and digits, joined by `-` or `.`, such as `cis-docker-
            1.6.0`
    ");
}

#[test]
fn waivers_without_a_justification_or_with_a_day_that_is_none() {
    let text = "\
waivers:
  - rule: docker-live-restore-of
    owner: platform
    expires: 2027-02-30
  - rule: mount-nearly-full
    subject: /var
    justification: ''
    owner: storage
    expires: 2027-1-5
";
    let library = with(&[]).unwrap().library;
    assert_snapshot!(draw(load::waivers("waivers.yaml", text.as_bytes(), &library).unwrap_err()), @"
    plimsoll::waivers::missing-key

      × a waiver has to say its `justification`
       ╭─[waivers.yaml:2:3]
     1 │     waivers:
     2 │ ╭─▶   - rule: docker-live-restore-of
     3 │ │       owner: platform
     4 │ ├─▶     expires: 2027-02-30
       · ╰──── `justification` is missing here
     5 │       - rule: mount-nearly-full
       ╰────

    plimsoll::waivers::unknown-name

      × there is no rule `docker-live-restore-of`
       ╭─[waivers.yaml:2:11]
     1 │ waivers:
     2 │   - rule: docker-live-restore-of
       ·           ──────────────────────
     3 │     owner: platform
       ╰────
      help: did you mean `docker-live-restore-off`?

    plimsoll::waivers::bad-date

      × `2027-02-30` is not a day
       ╭─[waivers.yaml:4:14]
     3 │     owner: platform
     4 │     expires: 2027-02-30
       ·              ──────────
     5 │   - rule: mount-nearly-full
       ╰────
      help: write it as YYYY-MM-DD, such as 2027-01-31

    plimsoll::waivers::empty

      × here belongs text, and this is empty
       ╭─[waivers.yaml:7:20]
     6 │     subject: /var
     7 │     justification: ''
       ·                    ──
     8 │     owner: storage
       ╰────

    plimsoll::waivers::bad-date

      × `2027-1-5` is not a day
       ╭─[waivers.yaml:9:14]
     8 │     owner: storage
     9 │     expires: 2027-1-5
       ·              ────────
       ╰────
      help: write it as YYYY-MM-DD, such as 2027-01-31
    ");
}

#[test]
fn choices_on_the_command_line() {
    let library = with(&[]).unwrap().library;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let set = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
    let errors = [
        select(&library, &words(&["workr"]), &[], &[], &[]),
        select(&library, &[], &words(&["docker-*", "mounts-*"]), &[], &[]),
        select(&library, &[], &[], &words(&["mount-nearly-ful"]), &[]),
        select(&library, &[], &[], &[], &set("mount.used-max", "90%")),
        select(&library, &[], &[], &[], &set("mounts.used-max", "2Gi")),
        select(&library, &[], &[], &[], &set("docker.storage-driver", "aufs")),
    ];
    let messages: Vec<String> = errors.into_iter().map(|error| error.unwrap_err().to_string()).collect();
    assert_snapshot!(messages.join("\n"), @r#"
    there is no profile "workr": did you mean `worker`?
    "mounts-*" matches no rule: use one of docker-live-restore-off, mount-nearly-full
    "mount-nearly-ful" matches no rule: did you mean `mount-nearly-full`?
    no pack declares a parameter "mount.used-max": did you mean `mounts.used-max`?
    the parameter `mounts.used-max` takes a percentage such as "80%", not "2Gi"
    the parameter `docker.storage-driver` takes "overlay2" or "btrfs", not "aufs"
    "#);
}
