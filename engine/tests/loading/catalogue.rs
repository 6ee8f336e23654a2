//! The catalogue as it is read from schemas, printed, and asked.

use insta::assert_snapshot;
use plimsoll_engine::catalogue::{Catalogue, Fact};
use plimsoll_engine::jsonpath::Query;
use serde_json::json;

use crate::support::catalogue;

/// The types that a query may select, as words.
fn types(catalogue: &Catalogue, query: &str) -> Vec<String> {
    let facts: Vec<&Fact> = catalogue.resolve(&Query::parse(query).unwrap(), &[]).unwrap();
    facts.iter().map(|fact| fact.kind.describe()).collect()
}

#[test]
fn every_fact_is_listed_with_its_type_unit_meaning_and_source() {
    let catalogue = catalogue();
    let lines: Vec<String> = catalogue
        .entries()
        .iter()
        .map(|entry| {
            let nullable = if entry.nullable { "?" } else { "" };
            let unit = entry.unit.map_or_else(String::new, |unit| format!(" [{unit}]"));
            let source = entry.source.map_or_else(String::new, |source| format!(" <{source}>"));
            format!("{}{nullable}: {}{unit}: {}{source}", entry.path, entry.kind, entry.meaning)
        })
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    $.docker: object: Docker.
    $.docker.config: map of any values: The configuration in force, by the keys of `daemon.json`.
    $.docker.engine?: object: The daemon.
    $.docker.engine.bridge?: string: Its own network.
    $.docker.engine.version?: string: Its version.
    $.docker.installed: boolean: Whether it is installed.
    $.files: map of objects: 
    $.files['…']: object: A file.
    $.files['…'].exists: boolean: Whether it is there.
    $.files['…'].mode?: string: Its permissions, in octal.
    $.files['…'].uid?: integer: Who owns it.
    $.memory: object: Memory of the node.
    $.memory.pressure?: object: How long tasks waited.
    $.memory.pressure.some_avg10: number [percent]: Over ten seconds.
    $.memory.total_bytes: integer [bytes]: All memory. </proc/meminfo>
    $.mounts: list of objects: 
    $.mounts[*]: object: A mounted file system.
    $.mounts[*].fs_type: string: Of which type.
    $.mounts[*].options: list of strings: With which options.
    $.mounts[*].read_only: boolean: Whether nothing can be written.
    $.mounts[*].target: string: Where.
    $.mounts[*].used_percent?: number [percent]: How full it is.
    $.os: object: The operating system.
    $.os.family: "debian" or "rhel" or "suse": The family that it belongs to.
    $.os.id: string: The distribution's id. </etc/os-release>
    $.os.init?: "systemd" or "openrc": What process 1 is.
    $.os.version_id?: string: The release, such as 12.
    $.sysctl: map of objects: 
    $.sysctl['…']: object: A kernel setting.
    $.sysctl['…'].running?: integer or string: The value in force.
    "#);
}

#[test]
fn keyed_facts_are_known_by_the_names_that_lead_to_them() {
    let nested = json!({
        "type": "object",
        "properties": {
            "config": { "x-keyed": true, "type": "object", "additionalProperties": { "type": "string" } },
            "modules": {
                "anyOf": [
                    { "x-keyed": true, "type": "object", "additionalProperties": { "type": "object" } },
                    { "type": "null" },
                ],
            },
        },
    });
    let catalogue = Catalogue::from_schemas([("kernel".to_owned(), nested)]);
    assert_eq!(catalogue.keyed_paths(), [["kernel", "config"], ["kernel", "modules"]]);
}

#[test]
fn a_query_resolves_to_every_type_that_it_may_select() {
    let catalogue = catalogue();
    assert_eq!(types(&catalogue, "$.sysctl['net.ipv4.ip_forward'].running"), ["integer or string"]);
    assert_eq!(types(&catalogue, "$.docker.config.anything['at all']"), ["any value"]);
    assert_eq!(types(&catalogue, "$.mounts[0,-1]"), ["object"], "one fact is told once");
    let mut several = types(&catalogue, "$.os['id', 'family']");
    several.sort();
    assert_eq!(several, ["\"debian\" or \"rhel\" or \"suse\"", "string"]);
    assert_eq!(types(&catalogue, "$.memory..some_avg10"), ["number"]);
    assert_eq!(
        types(&catalogue, "$.mounts[?@.target == $.docker.engine.bridge].options[?match(@, 'r.*')]"),
        ["string"]
    );
}

#[test]
fn what_the_catalogue_has_no_word_for_may_be_anything() {
    let odd = json!({ "properties": { "a": true, "b": { "type": "object" }, "c": { "$ref": "#/elsewhere" } }, "type": "object" });
    let catalogue = Catalogue::from_schemas([("odd".to_owned(), odd)]);
    for path in ["$.odd.a", "$.odd.b.x[*].y", "$.odd.c[0]"] {
        assert_eq!(types(&catalogue, path), ["any value"], "{path}");
    }
    assert!(catalogue.check(&json!({ "odd": { "a": 1, "b": { "x": [] }, "c": null } })).is_empty());
}

#[test]
fn an_object_of_unknown_members_is_a_map() {
    let catalogue = catalogue();
    assert_eq!(types(&catalogue, "$.docker.config"), ["map of any values"]);
    let misfits = catalogue.check(&json!({ "docker": { "config": [] } }));
    assert_eq!(misfits[0].message, "`$.docker.config` is never a list");
    assert_eq!(misfits[0].expected.as_deref(), Some("a map of any values"));
}

#[test]
fn a_tagged_enum_has_the_members_of_all_its_variants() {
    let tagged = json!({
        "oneOf": [
            { "type": "object", "properties": { "kind": { "const": "tcp" }, "port": { "type": "integer" } } },
            { "type": "object", "properties": { "kind": { "const": "unix" }, "path": { "type": "string" } } },
        ],
    });
    let catalogue = Catalogue::from_schemas([("socket".to_owned(), tagged)]);
    assert_eq!(types(&catalogue, "$.socket.path"), ["string"]);
    assert_eq!(types(&catalogue, "$.socket.port"), ["integer"]);
    assert!(catalogue.check(&json!({ "socket": { "kind": "unix", "path": "/x" } })).is_empty());
    let misfits = catalogue.check(&json!({ "socket": { "kind": "udp", "prt": 1 } }));
    let messages: Vec<&str> = misfits.iter().map(|misfit| misfit.message.as_str()).collect();
    assert_eq!(messages, ["`$.socket.kind` is never \"udp\"", "there is no fact `$.socket.prt`"]);
}
