//! Running a query: from segment to segment, each turning the list of nodes into the next.
//!
//! Nothing here recurses with the depth of the document; filters recurse with the depth of the query,
//! which its parser bounds.

use serde_json::Value;

use super::ast::{Path, Segment, Selector, Slice};
use super::budget::Budget;
use super::error::BudgetExceeded;
use super::filter::RecentRegex;
use super::trail::{Node, Trail, Untracked};

/// One evaluation over one document.
pub(super) struct Evaluation<'v> {
    pub(super) root: &'v Value,
    pub(super) budget: Budget,
    pub(super) recent_regex: RecentRegex,
}

impl<'v> Evaluation<'v> {
    pub(super) fn new(root: &'v Value, budget: Budget) -> Self {
        Self { root, budget, recent_regex: RecentRegex::default() }
    }

    /// The nodes that the segments select from the start, in the order of RFC 9535.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(super) fn nodes<T: Trail<'v>>(
        &mut self,
        segments: &[Segment],
        start: Node<'v, T::Place>,
        trail: &mut T,
    ) -> Result<Vec<Node<'v, T::Place>>, BudgetExceeded> {
        // Most queries begin, and many end, with plain names: these need no lists.
        let Some((node, rest)) = walk(segments, start, trail) else { return Ok(Vec::new()) };
        let mut nodes = vec![node];
        for segment in rest {
            let mut selected = Vec::new();
            for node in nodes {
                match segment {
                    Segment::Child(selectors) => self.children(selectors, &node, trail, &mut selected)?,
                    Segment::Descendant(selectors) => {
                        self.descendants(selectors, node, trail, &mut selected)?;
                    }
                }
            }
            nodes = selected;
        }
        Ok(nodes)
    }

    /// The values that a path within a filter selects.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(super) fn values(
        &mut self,
        path: &Path,
        current: &'v Value,
    ) -> Result<Vec<Node<'v, ()>>, BudgetExceeded> {
        let start = Node { value: self.start(path, current), place: () };
        self.nodes(path.segments(), start, &mut Untracked)
    }

    /// The value that a singular path within a filter selects.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(super) fn value(
        &mut self,
        path: &Path,
        current: &'v Value,
    ) -> Result<Option<&'v Value>, BudgetExceeded> {
        self.budget.spend(path.segments().len())?;
        let start = Node { value: self.start(path, current), place: () };
        Ok(walk(path.segments(), start, &mut Untracked)
            .filter(|(_, rest)| rest.is_empty())
            .map(|(node, _)| node.value))
    }

    fn start(&self, path: &Path, current: &'v Value) -> &'v Value {
        match path {
            Path::Root(_) => self.root,
            Path::Current(_) => current,
        }
    }

    fn children<T: Trail<'v>>(
        &mut self,
        selectors: &[Selector],
        node: &Node<'v, T::Place>,
        trail: &mut T,
        selected: &mut Vec<Node<'v, T::Place>>,
    ) -> Result<(), BudgetExceeded> {
        for selector in selectors {
            self.budget.spend(1)?;
            match selector {
                Selector::Name(_) | Selector::Index(_) => selected.extend(child(selector, node, trail)),
                Selector::Wildcard => self.all(node, trail, selected)?,
                Selector::Slice(slice) => self.slice(*slice, node, trail, selected)?,
                Selector::Filter(filter) => {
                    let mut candidates = Vec::new();
                    self.all(node, trail, &mut candidates)?;
                    for candidate in candidates {
                        if self.holds(filter, candidate.value)? {
                            selected.push(candidate);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// What the selectors select from the node and all below it, each before its own children.
    fn descendants<T: Trail<'v>>(
        &mut self,
        selectors: &[Selector],
        node: Node<'v, T::Place>,
        trail: &mut T,
        selected: &mut Vec<Node<'v, T::Place>>,
    ) -> Result<(), BudgetExceeded> {
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            self.children(selectors, &node, trail, selected)?;
            let first = waiting.len();
            self.all(&node, trail, &mut waiting)?;
            if let Some(children) = waiting.get_mut(first..) {
                children.reverse();
            }
        }
        Ok(())
    }

    /// All children, in order.
    fn all<T: Trail<'v>>(
        &mut self,
        node: &Node<'v, T::Place>,
        trail: &mut T,
        selected: &mut Vec<Node<'v, T::Place>>,
    ) -> Result<(), BudgetExceeded> {
        match node.value {
            Value::Array(elements) => {
                self.budget.spend(elements.len())?;
                selected.extend(
                    elements
                        .iter()
                        .enumerate()
                        .map(|(index, value)| Node { value, place: trail.index(node.place, index) }),
                );
            }
            Value::Object(members) => {
                self.budget.spend(members.len())?;
                selected.extend(
                    members.iter().map(|(name, value)| Node { value, place: trail.name(node.place, name) }),
                );
            }
            _ => {}
        }
        Ok(())
    }

    fn slice<T: Trail<'v>>(
        &mut self,
        slice: Slice,
        node: &Node<'v, T::Place>,
        trail: &mut T,
        selected: &mut Vec<Node<'v, T::Place>>,
    ) -> Result<(), BudgetExceeded> {
        let Value::Array(elements) = node.value else { return Ok(()) };
        for index in slice.indices(elements.len()) {
            self.budget.spend(1)?;
            if let Some(value) = elements.get(index) {
                selected.push(Node { value, place: trail.index(node.place, index) });
            }
        }
        Ok(())
    }
}

/// Follows names and indices as far as they lead, to the first segment that may select several. `None`
/// when there is no such member or element.
fn walk<'q, 'v, T: Trail<'v>>(
    segments: &'q [Segment],
    start: Node<'v, T::Place>,
    trail: &mut T,
) -> Option<(Node<'v, T::Place>, &'q [Segment])> {
    let mut node = start;
    let mut rest = segments;
    while let [segment, tail @ ..] = rest {
        let Some(selector) = segment.single() else { break };
        node = child(selector, &node, trail)?;
        rest = tail;
    }
    Some((node, rest))
}

/// The one child that a name or an index selects.
fn child<'v, T: Trail<'v>>(
    selector: &Selector,
    node: &Node<'v, T::Place>,
    trail: &mut T,
) -> Option<Node<'v, T::Place>> {
    match (selector, node.value) {
        (Selector::Name(name), Value::Object(members)) => {
            let (name, value) = members.get_key_value(name)?;
            Some(Node { value, place: trail.name(node.place, name) })
        }
        (Selector::Index(index), Value::Array(elements)) => {
            let index = if *index < 0 {
                elements.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
            } else {
                usize::try_from(*index).ok()?
            };
            Some(Node { value: elements.get(index)?, place: trail.index(node.place, index) })
        }
        _ => None,
    }
}

impl Slice {
    /// The indices that the slice selects of a list of so many elements (RFC 9535, section 2.3.4.2.2).
    fn indices(self, length: usize) -> impl Iterator<Item = usize> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let from_start = |index: i64| if index < 0 { index.saturating_add(length) } else { index };
        let (first, end) = if self.step >= 0 {
            let bound = |index: i64| from_start(index).clamp(0, length);
            (self.start.map_or(0, bound), self.end.map_or(length, bound))
        } else {
            let bound = |index: i64| from_start(index).clamp(-1, length - 1);
            (self.start.map_or(length - 1, bound), self.end.map_or(-1, bound))
        };
        let inside = move |index: &i64| match self.step {
            0 => false,
            1.. => *index < end,
            _ => *index > end,
        };
        std::iter::successors(Some(first), move |index| index.checked_add(self.step))
            .take_while(inside)
            .filter_map(|index| usize::try_from(index).ok())
    }
}
