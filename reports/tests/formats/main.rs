//! Every format over one report: what it says, and that nothing breaks out of it.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod sample;

use plimsoll_engine::report::Report;
use plimsoll_reports::{FORMATS, Format, Presentation};
use serde_json::Value;

fn written(format: &str, presentation: Presentation) -> String {
    let mut bytes = Vec::new();
    Format::named(format).unwrap().write(&sample::report(), &presentation, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_format_says_all_of_it() {
    for format in FORMATS {
        insta::assert_snapshot!(format.name, written(format.name, Presentation::default()));
    }
    let ascii = Presentation { width: 60, unicode: false, verbose: true, ..Presentation::default() };
    insta::assert_snapshot!("text-narrow-ascii-verbose", written("text", ascii));
}

#[test]
fn every_format_names_every_finding() {
    for format in FORMATS {
        let text = written(format.name, Presentation { verbose: true, ..Presentation::default() });
        for finding in sample::report().findings {
            assert!(text.contains(&finding.rule), "{} lacks {}", format.name, finding.rule);
        }
    }
}

#[test]
fn no_control_character_reaches_a_terminal_or_a_file() {
    for format in FORMATS {
        let text = written(format.name, Presentation::default());
        let control = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        // JSON formats carry U+202E as data, which no terminal gets to see before a program reads it.
        let allowed = matches!(format.name, "json" | "ndjson" | "sarif") && control == Some('\u{202e}');
        assert!(control.is_none() || allowed, "{} lets {control:?} through", format.name);
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = written("text", Presentation::default());
    let coloured = written("text", Presentation { colour: true, ..Presentation::default() });
    assert_ne!(plain, coloured);
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    assert_eq!(stripped + rest, plain);
}

#[test]
fn json_reads_back_as_the_same_report() {
    let report = Report::load(written("json", Presentation::default()).as_bytes()).unwrap();
    assert_eq!(report, sample::report());
}

#[test]
fn each_line_of_ndjson_is_one_object_with_a_type() {
    for line in written("ndjson", Presentation::default()).lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        assert!(object["type"].is_string(), "{line}");
    }
}

#[test]
fn sarif_is_valid() {
    // The schema as published has a regular expression with a bracket too many.
    let schema = include_str!("../schemas/sarif-2.1.0.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema = serde_json::from_str(&schema).unwrap();
    let log = serde_json::from_str(&written("sarif", Presentation::default())).unwrap();
    let mistakes: Vec<String> = jsonschema::options()
        .build(&schema)
        .unwrap()
        .iter_errors(&log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn json_is_of_its_published_schema() {
    let schema = schemars::schema_for!(Report).to_value();
    let report = serde_json::from_str(&written("json", Presentation::default())).unwrap();
    let mistakes: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(mistakes, Vec::<String>::new());
}
