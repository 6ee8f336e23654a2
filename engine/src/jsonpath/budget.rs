//! The bound on the work of one evaluation.

use super::error::BudgetExceeded;

/// The steps that one evaluation may take: about one for each value visited or compared. A query over
/// all facts of a large node takes some hundred thousand; all of these steps take well under a second.
pub(super) const STEPS: usize = 5_000_000;

/// What is left of the steps.
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    /// A budget of so many steps.
    pub(super) fn new(steps: usize) -> Self {
        Self { left: steps }
    }

    /// Takes steps away.
    ///
    /// # Errors
    /// When fewer than these are left.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), BudgetExceeded> {
        self.left = self.left.checked_sub(steps).ok_or(BudgetExceeded)?;
        Ok(())
    }

    /// Takes away what going through a text of so many bytes costs.
    ///
    /// # Errors
    /// As [`Budget::spend`].
    pub(super) fn spend_text(&mut self, bytes: usize) -> Result<(), BudgetExceeded> {
        self.spend(1 + bytes / 64)
    }
}
