//! Which parts of a document a query reads, as far as its text tells: what has to be collected for it.

use super::ast::{Filter, Operand, Path, Regexp, Segment, Selector};

/// How many prefixes a query that names several members at once is spread into.
const MAX_SPREAD: usize = 64;

/// The leading names of the path: each the only selector of its segment.
pub(super) fn literal_prefix(path: &Path) -> Vec<&str> {
    path.segments().iter().map_while(single_name).collect()
}

fn single_name(segment: &Segment) -> Option<&str> {
    match segment.single() {
        Some(Selector::Name(name)) => Some(name),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::super::Query;

    fn prefixes(text: &str) -> Vec<String> {
        let query = Query::parse_relative(text).unwrap();
        query.prefixes().iter().map(|prefix| prefix.join(" ")).collect()
    }

    #[test]
    fn the_literal_prefix_ends_at_the_first_segment_that_is_no_single_name() {
        let prefix = |text: &str| Query::parse_relative(text).unwrap().literal_prefix().join(" ");
        assert_eq!(prefix("$.kernel.config['CONFIG_X'].y[*].z"), "kernel config CONFIG_X y");
        assert_eq!(prefix("@.a.b"), "a b");
        assert_eq!(prefix("$.a[0].b"), "a");
        assert_eq!(prefix("$.a['b', 'c']"), "a");
        assert_eq!(prefix("$..a"), "");
    }

    #[test]
    fn several_names_are_a_prefix_each() {
        assert_eq!(prefixes("$.files['/a', '/b'].mode"), ["files /a mode", "files /b mode"]);
        assert_eq!(prefixes("$.files['/a', *].mode"), ["files"]);
        let many = format!("$.files[{}]", vec!["'a','b'"; 40].join(","));
        assert_eq!(prefixes(&many), ["files"], "too many to tell apart");
    }

    #[test]
    fn absolute_queries_within_filters_count_too() {
        assert_eq!(
            prefixes("$.a[?@.b == $.c.d && length(value($.e..f)) > 1].g[?match(@.h, $.j) && @.h[?$.i]]"),
            ["a", "c d", "e", "i", "j"]
        );
        assert_eq!(prefixes("@.a[?@.b == $.c]"), ["c"], "a relative one reads from its element");
        assert_eq!(prefixes("$"), [""]);
    }
}
