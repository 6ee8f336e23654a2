//! What a scan costs, part by part: `cargo bench`. `docs/performance.md` says what was measured.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    missing_docs,
    reason = "benchmarks run the binary, and criterion's macros write undocumented functions"
)]

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::civil::date;
use plimsoll_collectors::host::Host;
use plimsoll_collectors::{Options, registry, scan, target};
use plimsoll_engine::demand::Demand;
use plimsoll_engine::load::{self, Library, Source};
use plimsoll_engine::profile::{self, Selection};
use plimsoll_engine::report::{self, Inputs};
use plimsoll_engine::snapshot::Snapshot;

fn process(c: &mut Criterion) {
    let mut group = c.benchmark_group("process");
    for (name, arguments) in [
        ("start (--version)", ["--version"].as_slice()),
        ("check, profile default", &["check"]),
        ("check, no sockets", &["check", "--no-sockets"]),
        ("check, profile kubeadm-control-plane", &["check", "--profile", "kubeadm-control-plane"]),
        ("collect", &["collect"]),
        ("query $.cgroup.mode", &["query", "$.cgroup.mode"]),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
                command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()
            });
        });
    }
}

fn rules(c: &mut Criterion) {
    let mut group = c.benchmark_group("rules");
    group.bench_function("load the built-in library", |b| b.iter(plimsoll_rules::library));
    let sources: Vec<Source> = plimsoll_rules::sources().collect();
    let catalogue = registry::catalogue();
    group.bench_function("load all built-in files from YAML, strictly", |b| {
        b.iter(|| load::load(black_box(&sources), Some(&catalogue), None));
    });
    group.bench_function("make the catalogue of facts", |b| b.iter(registry::catalogue));
    let library = plimsoll_rules::library();
    group.bench_function("select the default profile", |b| b.iter(|| select(&library, "default")));
    let selection = select(&library, "default");
    group.bench_function("derive the demand", |b| b.iter(|| demand(&selection)));
}

fn evaluation(c: &mut Criterion) {
    let library = plimsoll_rules::library();
    let selection = select(&library, "kubeadm-control-plane");
    let snapshot = snapshot(Demand::everything(), &demand(&selection));
    c.bench_function("evaluate kubeadm-control-plane on a snapshot of this node", |b| {
        b.iter(|| {
            report::build(&Inputs {
                snapshot: &snapshot,
                selection: &selection,
                profiles: &[],
                waivers: &[],
                today: date(2026, 1, 1),
                baseline: None,
            })
        });
    });
    let json = serde_json::to_vec(&snapshot).unwrap_or_default();
    c.bench_function("read a saved snapshot of this node", |b| b.iter(|| Snapshot::load(&json)));
}

fn collectors(c: &mut Criterion) {
    let library = plimsoll_rules::library();
    let wanted = demand(&select(&library, "kubeadm-control-plane"));
    let mut group = c.benchmark_group("collector");
    for collector in registry::all() {
        let mut demand = Demand::default();
        let keys: Vec<String> = wanted.keys(&[collector.name]).map(str::to_owned).collect();
        keys.iter().for_each(|key| demand.add_path(&[collector.name, key]));
        demand.add_path(&[collector.name]);
        group.bench_function(collector.name, |b| b.iter(|| snapshot(Demand::default(), &demand)));
    }
}

fn select<'l>(library: &'l Library, profile: &str) -> Selection<'l> {
    match profile::select(library, &[profile.to_owned()], &[], &[], &[]) {
        Ok(selection) => selection,
        Err(error) => panic!("{error}"),
    }
}

fn demand(selection: &Selection<'_>) -> Demand {
    let mut demand = Demand::default();
    selection.rules.iter().for_each(|selected| demand.extend(selected.rule.demand()));
    demand
}

fn snapshot(mut demand: Demand, more: &Demand) -> Snapshot {
    demand.extend(more.clone());
    let host = match Host::live() {
        Ok(host) => host,
        Err(error) => panic!("{error}"),
    };
    let target = target::of(&host, None);
    let options = Options { timeout: Duration::from_secs(10), ..Options::default() };
    scan::snapshot(&Arc::new(host), &Arc::new(demand), &options, target, "2026-01-01T00:00:00Z".to_owned())
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(50).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
    targets = process, rules, evaluation, collectors
}
criterion_main!(all);
