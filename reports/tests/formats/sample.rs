//! One report that has every outcome and every severity, and text that tries to break out.

use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::parameter::Parameters;
use plimsoll_engine::report::{
    Advice, AdvisedStep, AppliedWaiver, BaselineState, Evidence, Finding, Report, SCHEMA, StepAction, Summary,
};
use plimsoll_engine::rule::{Effect, FileFormat, Reference};
use plimsoll_engine::severity::Severity;
use plimsoll_engine::snapshot::{Gap, GapReason, Layer, Origin, Overridden, Target, TargetKind, Tool};
use plimsoll_engine::waiver::Waiver;
use serde_json::{Value, json};

/// Breaks out of a terminal, of XML, of a shell word and of a line, if anybody lets it.
pub(crate) const HOSTILE: &str = "web\u{1b}[2J</failure>]]>\"'`$(reboot)\n\u{202e}x";

pub(crate) fn report() -> Report {
    let findings = vec![
        failed_in_a_file(),
        failed_without_a_place(),
        failed_long_ago(),
        failed_again(),
        waived(),
        unknown(),
        manual(),
        passed(),
        inapplicable(),
    ];
    Report {
        schema: SCHEMA,
        tool: Tool { name: "plimsoll".into(), version: "1.2.3".into() },
        target: Target { kind: TargetKind::Live, name: "node-7".into() },
        taken_at: "2026-11-23T10:00:00Z".into(),
        profiles: vec!["default".into(), "docker-host".into()],
        parameters: Parameters([("swap.allowed".to_owned(), json!(false))].into()),
        summary: Summary::count(9, findings.iter().map(|finding| finding.outcome)),
        findings,
        warnings: vec!["the waiver of core-dumps is not used".into()],
    }
}

fn finding(rule: &str, severity: Severity, outcome: Outcome) -> Finding {
    Finding {
        rule: rule.into(),
        pack: "docker".into(),
        title: format!("The title of {rule}"),
        severity,
        outcome,
        subject: None,
        message: String::new(),
        evidence: vec![],
        gaps: vec![],
        rationale: "It hurts when somebody restarts the daemon, and nobody notices before.".into(),
        remediation: None,
        references: vec![],
        tags: vec!["docker".into()],
        waiver: None,
        baseline: None,
    }
}

fn evidence(path: &str, actual: Value, expected: &str, origin: Option<Origin>) -> Evidence {
    Evidence { path: path.into(), actual, expected: expected.into(), origin }
}

fn failed_in_a_file() -> Finding {
    let origin = Origin {
        layer: Layer::File,
        file: Some("/etc/docker/daemon.json".into()),
        line: Some(12),
        column: Some(3),
        length: Some(21),
        text: Some("\t\t\"live-restore\": false, \"x\": \"\u{1b}[31m\"".into()),
        overrides: vec![Overridden { layer: Layer::Default, file: None, line: None, value: json!(true) }],
    };
    Finding {
        message: "live-restore is false".into(),
        evidence: vec![evidence(
            "$['docker']['config']['live-restore']",
            json!(false),
            "equals true",
            Some(origin),
        )],
        remediation: Some(Advice {
            summary: "Enable live-restore and reload the daemon".into(),
            effect: Effect::Reload,
            steps: vec![
                AdvisedStep {
                    action: StepAction::Edit {
                        file: "/etc/docker/daemon.json".into(),
                        format: FileFormat::Json,
                        set: json!({ "live-restore": true }),
                    },
                    uncertain: false,
                },
                AdvisedStep { action: StepAction::Run("systemctl reload docker".into()), uncertain: true },
                AdvisedStep {
                    action: StepAction::Write {
                        file: "/etc/sysctl.d/k8s.conf".into(),
                        content: "net.ipv4.ip_forward = 1\n".into(),
                        mode: "0644".into(),
                    },
                    uncertain: false,
                },
            ],
            verify: Some("docker info | grep -i 'live restore'".into()),
        }),
        references: vec![
            Reference::Page { title: "Live restore".into(), url: "https://docs.docker.com/x".into() },
            Reference::Control { benchmark: "cis-docker-1.6.0".into(), control: "2.15".into() },
        ],
        baseline: Some(BaselineState::New),
        ..finding("docker-live-restore-off", Severity::Critical, Outcome::Fail)
    }
}

fn failed_without_a_place() -> Finding {
    Finding {
        subject: Some(HOSTILE.into()),
        message: format!("{HOSTILE} is nearly full"),
        evidence: vec![evidence("$['mounts'][3]['used_percent']", json!(97), "at most 85", None)],
        ..finding("filesystem-nearly-full", Severity::High, Outcome::Fail)
    }
}

fn failed_long_ago() -> Finding {
    Finding {
        message: "the kernel is tainted".into(),
        baseline: Some(BaselineState::Unchanged),
        ..finding("kernel-tainted", Severity::Info, Outcome::Fail)
    }
}

fn waiver(rule: &str, expires: i8) -> Waiver {
    Waiver {
        rule: rule.into(),
        subject: None,
        node: None,
        justification: "moves in spring".into(),
        owner: "storage team".into(),
        expires: jiff::civil::date(2026, expires, 1),
    }
}

fn failed_again() -> Finding {
    Finding {
        message: "swap is on".into(),
        waiver: Some(AppliedWaiver { waiver: waiver("swap-enabled", 1), expired: true }),
        ..finding("swap-enabled", Severity::Medium, Outcome::Fail)
    }
}

fn waived() -> Finding {
    Finding {
        message: "the driver is devicemapper".into(),
        waiver: Some(AppliedWaiver {
            waiver: waiver("docker-storage-driver-deprecated", 12),
            expired: false,
        }),
        ..finding("docker-storage-driver-deprecated", Severity::Medium, Outcome::Waived)
    }
}

fn unknown() -> Finding {
    let gap = Gap {
        path: "/apparmor/profiles".into(),
        reason: GapReason::Denied,
        source: Some("/sys/kernel/security/apparmor/profiles".into()),
        detail: "/sys/kernel/security/apparmor/profiles: permission denied".into(),
    };
    Finding { gaps: vec![gap], ..finding("apparmor-profile-complain", Severity::Low, Outcome::Unknown) }
}

fn manual() -> Finding {
    Finding {
        evidence: vec![evidence("$['docker']['group_members'][0]", json!("ada"), "to be looked at", None)],
        ..finding("docker-group-members", Severity::Low, Outcome::Manual)
    }
}

fn passed() -> Finding {
    finding("docker-not-responding", Severity::Critical, Outcome::Pass)
}

fn inapplicable() -> Finding {
    finding("selinux-permissive", Severity::High, Outcome::NotApplicable)
}
