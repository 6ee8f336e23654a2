//! Which parts of a document a query reads, as far as its text tells: what has to be collected for it.

use super::ast::{Filter, Operand, Path, Regexp, Segment, Selector};

/// How many prefixes a query that names several members at once is spread into.
const MAX_SPREAD: usize = 64;

/// The leading names of the path: each the only selector of its segment.
pub(super) fn literal_prefix(path: &Path) -> Vec<&str> {
    let name = |segment| match segment {
        &Segment::Child(ref selectors) => match selectors.as_slice() {
            [Selector::Name(name)] => Some(name.as_str()),
            _ => None,
        },
        Segment::Descendant(_) => None,
    };
    path.segments().iter().map_while(name).collect()
}

/// The leading names of the path if it starts at the root, and of all such paths in its filters, sorted.
/// A segment of several names, such as `['a', 'b']`, stands for each of them.
pub(super) fn prefixes(path: &Path) -> Vec<Vec<String>> {
    let mut prefixes = Vec::new();
    collect(path, &mut prefixes);
    prefixes.sort();
    prefixes.dedup();
    prefixes
}

fn collect(path: &Path, prefixes: &mut Vec<Vec<String>>) {
    if let Path::Root(segments) = path {
        prefixes.extend(spread(segments));
    }
    for selector in path.segments().iter().flat_map(Segment::selectors) {
        if let Selector::Filter(filter) = selector {
            in_filter(filter, prefixes);
        }
    }
}

fn spread(segments: &[Segment]) -> Vec<Vec<String>> {
    let mut prefixes = vec![Vec::new()];
    for segment in segments {
        let Segment::Child(selectors) = segment else { break };
        let names: Option<Vec<&String>> = selectors
            .iter()
            .map(|selector| match selector {
                Selector::Name(name) => Some(name),
                _ => None,
            })
            .collect();
        let Some(names) = names.filter(|names| names.len() * prefixes.len() <= MAX_SPREAD) else { break };
        prefixes = prefixes
            .iter()
            .flat_map(|prefix| names.iter().map(|name| [prefix.as_slice(), &[(*name).clone()]].concat()))
            .collect();
    }
    prefixes
}

fn in_filter(filter: &Filter, prefixes: &mut Vec<Vec<String>>) {
    match filter {
        Filter::Or(filters) | Filter::And(filters) => {
            filters.iter().for_each(|filter| in_filter(filter, prefixes));
        }
        Filter::Not(filter) => in_filter(filter, prefixes),
        Filter::Exists(path) => collect(path, prefixes),
        Filter::Compare(left, _, right) => {
            in_operand(left, prefixes);
            in_operand(right, prefixes);
        }
        Filter::Matches(subject, regexp) => {
            in_operand(subject, prefixes);
            if let Regexp::Computed(operand, _) = regexp {
                in_operand(operand, prefixes);
            }
        }
    }
}

fn in_operand(operand: &Operand, prefixes: &mut Vec<Vec<String>>) {
    match operand {
        Operand::Literal(_) => {}
        Operand::Length(operand) => in_operand(operand, prefixes),
        Operand::Path(path) | Operand::Count(path) | Operand::Value(path) => collect(path, prefixes),
    }
}
