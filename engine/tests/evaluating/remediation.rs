//! Remediation steps for this node, with its values in them.

use plimsoll_engine::report::{Advice, StepAction};
use plimsoll_engine::snapshot::GapReason::{self, Denied};
use serde_json::{Value, json};

use crate::support::findings;

fn advice(steps: &str, facts: Value, gaps: &[(&str, GapReason)]) -> Advice {
    let body = format!(
        "check: {{ each: {{ path: '$.containers[*]', as: container, that: {{ fact: '@.privileged', equals: false }} }} }}
remediation:
  summary: Restart {{{{ subject }}}} unprivileged
  effect: restart
  steps:
{steps}
  verify: docker inspect -- {{{{ subject }}}}"
    );
    findings(&body, facts, gaps).remove(0).remediation.unwrap()
}

fn facts(name: &str) -> Value {
    json!({"family": "debian", "names": ["a b", "$(c)"], "containers": [{"name": name, "privileged": true, "image": null}]})
}

#[test]
fn a_hostile_name_stays_one_word() {
    for name in ["$(reboot)", "`reboot`", "a b; reboot", "it's", "\"", "-f"] {
        let advice = advice("    - run: docker rm -- {{ subject }}", facts(name), &[]);
        let StepAction::Run(command) = &advice.steps[0].action else { panic!("{advice:?}") };
        assert_eq!(shlex::split(command).unwrap(), ["docker", "rm", "--", name]);
        assert!(!advice.steps[0].uncertain);
        assert_eq!(shlex::split(&advice.verify.unwrap()).unwrap(), ["docker", "inspect", "--", name]);
        assert_eq!(advice.summary, format!("Restart {name} unprivileged"));
    }
}

#[test]
fn what_is_called_as_another_is_numbered_in_reports_and_not_in_commands() {
    let body = "check: { each: { path: '$.containers[*]', as: container, that: { fact: '@.privileged', equals: false } } }
message: '{{ subject }} is privileged'
remediation: { summary: Stop it, effect: restart, steps: [{ run: 'docker stop {{ subject }}' }] }";
    let twins =
        json!({"containers": [{"name": "web", "privileged": true}, {"name": "web", "privileged": true}]});
    let found = findings(body, twins, &[]);
    assert_eq!(
        found.iter().map(|one| one.subject.as_deref().unwrap()).collect::<Vec<_>>(),
        ["web", "web (2)"]
    );
    for finding in found {
        assert_eq!(finding.message, "web is privileged");
        let steps = finding.remediation.unwrap().steps;
        let StepAction::Run(command) = &steps[0].action else { panic!("{steps:?}") };
        assert_eq!(command, "docker stop web");
    }
}

#[test]
fn a_name_that_cannot_be_written_makes_the_step_uncertain() {
    let advice = advice("    - run: docker rm -- {{ subject }}", facts("a\n\u{1b}[2Jreboot"), &[]);
    let StepAction::Run(command) = &advice.steps[0].action else { panic!("{advice:?}") };
    assert_eq!(command, "docker rm -- 'a\u{fffd}\u{fffd}[2Jreboot'");
    assert!(advice.steps[0].uncertain);
    assert_eq!(advice.verify, None);
}

#[test]
fn lists_are_words_and_missing_values_are_marked() {
    let advice = advice(
        "    - run: modprobe {{ $.names }}\n    - run: docker pull {{ container.image }}\n    - run: echo {{ $.gap }}",
        facts("x"),
        &[("/gap", Denied)],
    );
    let commands: Vec<_> = advice
        .steps
        .iter()
        .map(|step| match &step.action {
            StepAction::Run(command) => (command.as_str(), step.uncertain),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        commands,
        [("modprobe 'a b' '$(c)'", false), ("docker pull ''", true), ("echo '(unknown)'", true)]
    );
}

#[test]
fn steps_are_for_some_nodes() {
    let steps = "    - { when: { fact: $.family, equals: debian }, run: apt }
    - { when: { fact: $.family, equals: rhel }, run: dnf }
    - { when: { fact: $.boot_loader, equals: grub }, run: update-grub }";
    let advice = advice(steps, facts("x"), &[("/boot_loader", Denied)]);
    let steps: Vec<_> = advice.steps.iter().map(|step| (&step.action, step.uncertain)).collect();
    assert_eq!(
        steps,
        [(&StepAction::Run("apt".into()), false), (&StepAction::Run("update-grub".into()), true)]
    );
}

#[test]
fn files_are_written_with_values_that_add_no_lines() {
    let steps =
        "    - write: { file: /etc/x.conf, content: \"name={{ subject }}\\nlast=1\\n\", mode: '0600' }
    - edit: { file: /etc/docker/daemon.json, json: { icc: false } }";
    let advice = advice(steps, facts("a\nroot=yes"), &[]);
    let content = "name=a\u{fffd}root=yes\nlast=1\n".to_owned();
    assert_eq!(
        advice.steps[0].action,
        StepAction::Write { file: "/etc/x.conf".into(), content, mode: "0600".into() }
    );
    assert!(advice.steps[0].uncertain);
    assert!(matches!(&advice.steps[1].action, StepAction::Edit { set, .. } if *set == json!({"icc": false})));
}
