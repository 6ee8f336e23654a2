//! The JSON Schema of rule files, by which editors complete and check them as they are typed. The loader
//! knows more: paths, types, parameters.

use serde_json::{Map, Value, json};

use super::matcher;
use crate::outcome::Outcome;
use crate::rule::{Effect, FileFormat};
use crate::severity::Severity;

/// The schema of one rule file (draft 2020-12).
pub fn rule_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plimsoll rule",
        "type": "object",
        "required": ["id", "title", "severity", "tags", "rationale"],
        "oneOf": [{ "required": ["check", "tests"] }, { "required": ["manual"] }],
        "additionalProperties": false,
        "properties": {
            "id": described("The bad state; the file's name", json!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$" })),
            "title": described("What is wrong when the rule fails, in one line", text()),
            "severity": { "enum": Severity::ALL },
            "tags": list(text()),
            "rationale": described("Why the bad state hurts", text()),
            "applies": described("Which nodes the rule concerns", reference("condition")),
            "check": { "anyOf": [reference("condition"), {
                "type": "object",
                "required": ["each"],
                "additionalProperties": false,
                "properties": { "each": reference("each") }
            }] },
            "manual": described("A person has to look; paths of facts that help", list(text())),
            "message": described("What is the case, in one sentence; a template", text()),
            "remediation": reference("remediation"),
            "references": list(reference("reference")),
            "tests": list(reference("test")),
        },
        "$defs": {
            "condition": condition(),
            "operand": operand(),
            "each": each(),
            "remediation": remediation(),
            "step": step(),
            "reference": { "oneOf": [
                object(&["title", "url"], json!({ "title": text(), "url": { "type": "string", "pattern": "^https://" } })),
                object(&["benchmark", "control"], json!({ "benchmark": text(), "control": text() })),
            ] },
            "test": test(),
        }
    })
}

fn condition() -> Value {
    let parts = json!({ "type": "array", "minItems": 1, "items": reference("condition") });
    json!({ "oneOf": [
        object(&["all"], json!({ "all": parts })),
        object(&["any"], json!({ "any": parts })),
        object(&["not"], json!({ "not": reference("condition") })),
        leaf("fact"),
        leaf("param"),
    ] })
}

fn leaf(subject: &str) -> Value {
    let mut properties = matchers();
    properties.insert(subject.to_owned(), text());
    properties.insert("quantifier".to_owned(), json!({ "enum": ["all", "any", "none", "one"] }));
    properties.insert("default".to_owned(), described("What stands in where nothing is selected", json!({})));
    object(&[subject], Value::Object(properties))
}

fn matchers() -> Map<String, Value> {
    matcher::NAMES.iter().map(|name| ((*name).to_owned(), matcher_schema(name))).collect()
}

fn matcher_schema(name: &str) -> Value {
    match name {
        "exists" | "empty" | "unique" => json!({ "type": "boolean" }),
        "length" => {
            let nested = matcher::OF_LENGTH.iter().map(|name| ((*name).to_owned(), reference("operand")));
            object(&[], Value::Object(nested.collect()))
        }
        _ => reference("operand"),
    }
}

fn operand() -> Value {
    json!({ "anyOf": [
        object(&["fact"], json!({ "fact": text() })),
        object(&["param"], json!({ "param": text() })),
        true,
    ] })
}

fn each() -> Value {
    object(
        &["path", "as", "that"],
        json!({
            "path": described("Selects the elements", text()),
            "as": described("What an element is called", text()),
            "name": described("What names an element, relative to it", text()),
            "where": described("Which elements are concerned", reference("condition")),
            "that": described("What has to hold for each", reference("condition")),
        }),
    )
}

fn remediation() -> Value {
    object(
        &["summary", "effect", "steps"],
        json!({
            "summary": text(),
            "effect": { "enum": Effect::ALL },
            "steps": list(reference("step")),
            "verify": described("A command that shows that it worked", text()),
        }),
    )
}

fn step() -> Value {
    let formats = FileFormat::ALL.map(|format| {
        let name = format.as_str();
        object(&["file", name], json!({ "file": text(), name: { "type": "object" } }))
    });
    let write = object(
        &["file", "content"],
        json!({ "file": text(), "content": text(), "mode": { "type": ["string", "integer"] } }),
    );
    json!({ "oneOf": [
        object(&["run"], json!({ "when": reference("condition"), "run": text() })),
        object(&["write"], json!({ "when": reference("condition"), "write": write })),
        object(&["edit"], json!({ "when": reference("condition"), "edit": { "oneOf": formats } })),
    ] })
}

fn test() -> Value {
    let gap = object(
        &["path", "reason"],
        json!({ "path": text(), "reason": text(), "source": text(), "detail": text() }),
    );
    object(
        &["name", "facts", "expect"],
        json!({
            "name": text(),
            "facts": { "type": "object" },
            "gaps": list(gap),
            "params": { "type": "object" },
            "expect": { "enum": Outcome::ALL },
            "subjects": list(text()),
            "message": text(),
        }),
    )
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

fn described(description: &str, mut schema: Value) -> Value {
    if let Value::Object(members) = &mut schema {
        members.insert("description".to_owned(), description.into());
    }
    schema
}
