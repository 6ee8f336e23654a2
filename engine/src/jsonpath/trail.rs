//! Where the nodes of an evaluation are: remembered only for those who ask.

use serde_json::Value;

use super::budget::Budget;
use super::error::BudgetExceeded;
use crate::snapshot::{Location, Step};

/// A value that a query has come to, and its place as the trail knows it.
pub(super) struct Node<'v, P> {
    pub(super) value: &'v Value,
    pub(super) place: P,
}

/// Remembers the places of nodes.
pub(super) trait Trail<'v> {
    /// Stands for the place of one node.
    type Place: Copy;

    /// The place of a member of the node at `parent`.
    fn name(&mut self, parent: Self::Place, name: &'v str) -> Self::Place;

    /// The place of an element of the node at `parent`.
    fn index(&mut self, parent: Self::Place, index: usize) -> Self::Place;
}

/// Remembers nothing: for values alone, and within filters.
pub(super) struct Untracked;

impl<'v> Trail<'v> for Untracked {
    type Place = ();

    fn name(&mut self, (): (), _: &'v str) {}

    fn index(&mut self, (): (), _: usize) {}
}

/// Remembers each node as one step from an earlier one. They are entries of one list, and not linked to
/// each other: freeing a chain as deep as the document would overflow the stack.
#[derive(Default)]
pub(super) struct Tracked<'v> {
    steps: Vec<(Option<usize>, BorrowedStep<'v>)>,
}

enum BorrowedStep<'v> {
    Name(&'v str),
    Index(usize),
}

impl<'v> Trail<'v> for Tracked<'v> {
    /// The entry that leads to the node; `None` is the node where the query starts.
    type Place = Option<usize>;

    fn name(&mut self, parent: Option<usize>, name: &'v str) -> Option<usize> {
        self.push(parent, BorrowedStep::Name(name))
    }

    fn index(&mut self, parent: Option<usize>, index: usize) -> Option<usize> {
        self.push(parent, BorrowedStep::Index(index))
    }
}

impl<'v> Tracked<'v> {
    fn push(&mut self, parent: Option<usize>, step: BorrowedStep<'v>) -> Option<usize> {
        self.steps.push((parent, step));
        Some(self.steps.len() - 1)
    }

    /// The location of a place, from the root of the document when `base` is the location of the node
    /// where the query started.
    ///
    /// # Errors
    /// When the budget has no step left for each of its steps.
    pub(super) fn location(
        &self,
        base: &Location,
        place: Option<usize>,
        budget: &mut Budget,
    ) -> Result<Location, BudgetExceeded> {
        let mut steps = Vec::new();
        let mut next = place;
        while let Some((parent, step)) = next.and_then(|entry| self.steps.get(entry)) {
            steps.push(match step {
                BorrowedStep::Name(name) => {
                    budget.spend_text(name.len())?;
                    Step::Name((*name).to_owned())
                }
                BorrowedStep::Index(index) => {
                    budget.spend(1)?;
                    Step::Index(*index)
                }
            });
            next = *parent;
        }
        steps.extend(base.0.iter().rev().cloned());
        steps.reverse();
        Ok(Location(steps))
    }
}
