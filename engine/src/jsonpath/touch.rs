//! Whether a gap in the facts can change what a query yields.

use super::ast::{Filter, Operand, Path, Regexp, Segment, Selector};
use crate::snapshot::{Location, Step};

/// How a gap touches a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// The gap is at or above a value that the query might select, or where one of its filters reads:
    /// values may be missing from what it selects, or there by mistake.
    Selection,
    /// The gap is strictly inside a value that the query might select: the value is there, and not
    /// complete.
    Below,
}

/// Whether a gap can change what the path selects, when the current element is at `base`. A touch that
/// is only possible counts: which indices and names are in a document is not looked at.
pub(super) fn touches(path: &Path, base: &Location, gap: &Location) -> Option<Touch> {
    let mut places = Places { gap, read: false };
    let start: Vec<Leg<'_>> = match path {
        Path::Root(_) => Vec::new(),
        Path::Current(_) => base.0.iter().map(Leg::Step).collect(),
    };
    let touch = places.touch(&start, path.segments());
    if places.read { Some(Touch::Selection) } else { touch }
}

/// The way to a set of places, leg by leg.
#[derive(Clone, Copy)]
enum Leg<'q> {
    /// A known step.
    Step(&'q Step),
    /// What a segment of a query selects.
    Segment(&'q Segment),
    /// Any child: what a filter looks at.
    Child,
    /// Any descendant: what a filter behind `..` looks at.
    Descendant,
}

struct Places<'g> {
    gap: &'g Location,
    /// Whether a filter reads something that the gap touches.
    read: bool,
}

impl Places<'_> {
    /// How the gap touches what the segments select from the start. Follows the filters on the way.
    fn touch<'q>(&mut self, start: &[Leg<'q>], segments: &'q [Segment]) -> Option<Touch> {
        let mut legs = start.to_vec();
        for segment in segments {
            for selector in segment.selectors() {
                if let Selector::Filter(filter) = selector {
                    let mut element = legs.clone();
                    element.push(match segment {
                        Segment::Child(_) => Leg::Child,
                        Segment::Descendant(_) => Leg::Descendant,
                    });
                    self.filter(filter, &element);
                }
            }
            legs.push(Leg::Segment(segment));
        }
        meet(&legs, self.gap)
    }

    fn filter<'q>(&mut self, filter: &'q Filter, element: &[Leg<'q>]) {
        match filter {
            Filter::Or(filters) | Filter::And(filters) => {
                filters.iter().for_each(|filter| self.filter(filter, element));
            }
            Filter::Not(filter) => self.filter(filter, element),
            Filter::Exists(path) => self.existence(path, element),
            Filter::Compare(left, _, right) => {
                self.operand(left, element);
                self.operand(right, element);
            }
            Filter::Matches(subject, regexp) => {
                self.operand(subject, element);
                if let Regexp::Computed(operand, _) = regexp {
                    self.operand(operand, element);
                }
            }
        }
    }

    fn operand<'q>(&mut self, operand: &'q Operand, element: &[Leg<'q>]) {
        match operand {
            Operand::Literal(_) => {}
            Operand::Path(path) | Operand::Value(path) => self.content(path, element),
            Operand::Length(operand) => self.operand(operand, element),
            Operand::Count(path) => self.existence(path, element),
        }
    }

    /// A filter reads whether and how often the path selects something: what is inside does not matter.
    fn existence<'q>(&mut self, path: &'q Path, element: &[Leg<'q>]) {
        let touch = self.inner(path, element);
        self.read |= touch == Some(Touch::Selection);
    }

    /// A filter reads what the path selects.
    fn content<'q>(&mut self, path: &'q Path, element: &[Leg<'q>]) {
        let touch = self.inner(path, element);
        self.read |= touch.is_some();
    }

    fn inner<'q>(&mut self, path: &'q Path, element: &[Leg<'q>]) -> Option<Touch> {
        match path {
            Path::Root(segments) => self.touch(&[], segments),
            Path::Current(segments) => self.touch(element, segments),
        }
    }
}

/// Where the gap is seen from the places that the legs lead to: follows the gap step by step, and keeps
/// for each number of legs whether the steps so far can be these legs.
fn meet(legs: &[Leg<'_>], gap: &Location) -> Option<Touch> {
    let mut reached = vec![false; legs.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    let mut below = false;
    for step in &gap.0 {
        let text = text_of(step);
        below |= reached.last() == Some(&true);
        let mut next = vec![false; legs.len() + 1];
        for (number, leg) in legs.iter().enumerate() {
            if reached[number] {
                next[number] |= leg.is_deep();
                next[number + 1] |= leg.takes(&text);
            }
        }
        reached = next;
    }
    if reached.contains(&true) {
        return Some(Touch::Selection);
    }
    below.then_some(Touch::Below)
}

/// A step as it is in a JSON pointer, where an index and a name made of digits look the same.
fn text_of(step: &Step) -> std::borrow::Cow<'_, str> {
    match step {
        Step::Name(name) => name.into(),
        Step::Index(index) => index.to_string().into(),
    }
}

impl Leg<'_> {
    /// Whether any number of steps may come before the one that the leg takes.
    fn is_deep(&self) -> bool {
        matches!(self, Self::Descendant | Self::Segment(Segment::Descendant(_)))
    }

    fn takes(&self, step: &str) -> bool {
        match self {
            Self::Step(known) => text_of(known) == step,
            Self::Segment(segment) => segment.selectors().iter().any(|selector| selector.takes(step)),
            Self::Child | Self::Descendant => true,
        }
    }
}

impl Selector {
    fn takes(&self, step: &str) -> bool {
        let is_index = || step.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Name(name) => name == step,
            Self::Index(index @ 0..) => index.to_string() == step,
            // Which one a negative index is depends on the length of the list.
            Self::Index(_) => is_index(),
            Self::Slice(_) => is_index(),
            Self::Wildcard | Self::Filter(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Query;
    use super::*;

    fn touch(query: &str, gap: &str) -> Option<Touch> {
        let base = Location(vec![Step::Name("list".into()), Step::Index(1)]);
        Query::parse_relative(query).unwrap().touches(&base, &Location::from_pointer(gap).unwrap())
    }

    #[test]
    fn a_gap_at_or_above_the_value_hides_it_and_one_inside_cuts_it() {
        assert_eq!(touch("$.docker.config", "/docker/config"), Some(Touch::Selection));
        assert_eq!(touch("$.docker.config", "/docker"), Some(Touch::Selection));
        assert_eq!(touch("$.docker.config", ""), Some(Touch::Selection));
        assert_eq!(touch("$.docker.config", "/docker/config/hosts"), Some(Touch::Below));
        assert_eq!(touch("$.docker.config", "/docker/info"), None);
        assert_eq!(touch("$.docker.config", "/dockers"), None);
        assert_eq!(touch("$", "/anything"), Some(Touch::Below));
    }

    #[test]
    fn each_selector_meets_the_steps_that_it_might_take() {
        assert_eq!(touch("$.mounts[2].target", "/mounts/2"), Some(Touch::Selection));
        assert_eq!(touch("$.mounts[2].target", "/mounts/3"), None);
        assert_eq!(touch("$.mounts[-1].target", "/mounts/3"), Some(Touch::Selection));
        assert_eq!(touch("$.mounts[1:].target", "/mounts/3/target"), Some(Touch::Selection));
        assert_eq!(touch("$.mounts[*].target", "/mounts/3/source"), None);
        assert_eq!(touch("$.files.*.mode", "/files/~1etc~1x/mode"), Some(Touch::Selection));
        assert_eq!(touch("$.files['/etc/x', '/y'].mode", "/files/~1y"), Some(Touch::Selection));
        assert_eq!(touch("$.files['/etc/x', '/y'].mode", "/files/~1z"), None);
        assert_eq!(touch("$.uids['0']", "/uids/0"), Some(Touch::Selection), "a name made of digits");
    }

    #[test]
    fn descendants_may_be_anywhere() {
        assert_eq!(touch("$.a..pid", "/a/b/c"), Some(Touch::Selection));
        assert_eq!(touch("$.a..pid", "/b/pid"), None);
        assert_eq!(touch("$..a.b", "/x/y/a/c"), Some(Touch::Selection), "there may be an a below");
    }

    #[test]
    fn what_filters_read_decides_what_is_selected() {
        let query = "$.containers[?@.state.name == 'up'].id";
        assert_eq!(touch(query, "/containers/7/state/name"), Some(Touch::Selection));
        assert_eq!(touch(query, "/containers/7/state"), Some(Touch::Selection));
        assert_eq!(touch(query, "/containers/7/labels"), None);
        assert_eq!(touch(query, "/containers/7/id/x"), Some(Touch::Below));
        assert_eq!(touch("$.a[?@.b == $.limits.c].d", "/limits/c"), Some(Touch::Selection));
        assert_eq!(touch("$.a[?@.b == $.limits.c].d", "/limits/d"), None);
        assert_eq!(touch("$..[?@.kind == 1].d", "/x/y/kind"), Some(Touch::Selection));
        assert_eq!(touch("$.a[?@.b[?match(@.c, $.d)]]", "/d"), Some(Touch::Selection));
        assert_eq!(touch("$.a[?@.b[?match(@.c, 'x')]].e", "/a/0/b/0/c"), Some(Touch::Selection));
        assert_eq!(touch("$.a[?@.b[?match(@.c, 'x')]].e", "/a/0/b/0/d"), None);
    }

    #[test]
    fn what_is_inside_a_value_does_not_matter_to_whether_it_is_there() {
        assert_eq!(touch("$.a[?@.labels].id", "/a/0/labels/x"), None);
        assert_eq!(touch("$.a[?count(@.labels.*) > 1].id", "/a/0/labels/x/y"), None);
        assert_eq!(touch("$.a[?count(@.labels.*) > 1].id", "/a/0/labels/x"), Some(Touch::Selection));
        assert_eq!(touch("$.a[?length(@.labels) > 1].id", "/a/0/labels/x"), Some(Touch::Selection));
        assert_eq!(touch("$.a[?value(@.labels) == 1].id", "/a/0/labels/x"), Some(Touch::Selection));
    }

    #[test]
    fn a_relative_query_reads_below_its_element() {
        assert_eq!(touch("@.name", "/list/1/name"), Some(Touch::Selection));
        assert_eq!(touch("@.name", "/list"), Some(Touch::Selection));
        assert_eq!(touch("@.name", "/list/0/name"), None);
        assert_eq!(touch("@", "/list/1/name"), Some(Touch::Below));
        assert_eq!(touch("@.x[?@.y == $.z]", "/list/1/x/0/y"), Some(Touch::Selection));
        assert_eq!(touch("@.x[?@.y == $.z]", "/z"), Some(Touch::Selection));
        assert_eq!(touch("@.x[?@.y]", "/list/0/x/0/y"), None);
    }
}
