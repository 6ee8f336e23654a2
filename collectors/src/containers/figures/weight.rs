//! From the weight of a control group back to the processors that were requested.
//!
//! The kubelet makes shares of a request: 1024 for each processor. Version 2 has weights from 1 to 10000 in
//! their place, and two formulas make weights of shares: the first, linear, of the kubelet, of runc before
//! 1.3.2 and of crun before 1.23; and a curve of the later ones, by which 1024 shares are the kernel's own
//! default of 100. Both can be in use on one node.

/// The shares of one processor.
const SHARES_OF_A_CORE: f64 = 1024.0;

/// The least shares, which stand for no request.
const LEAST_SHARES: f64 = 2.0;

/// The processors that `shares` stand for.
pub(super) fn cores_of_shares(shares: f64) -> f64 {
    if shares <= LEAST_SHARES { 0.0 } else { shares / SHARES_OF_A_CORE }
}

/// The shares that the linear formula makes `weight` of, `1 + (shares − 2) · 9999 / 262142`.
pub(super) fn shares_by_line(weight: f64) -> f64 {
    (weight - 1.0) * 262_142.0 / 9_999.0 + LEAST_SHARES
}

/// The shares that the curve makes `weight` of, `10^((L² + 125 L) / 612 − 7 / 34)` where L is the logarithm of
/// the shares to the base 2.
pub(super) fn shares_by_curve(weight: f64) -> f64 {
    if weight <= 1.0 {
        return LEAST_SHARES;
    }
    let (a, b, c) = (1.0 / 612.0, 125.0 / 612.0, -(7.0 / 34.0 + weight.log10()));
    let logarithm = ((b * b - 4.0 * a * c).sqrt() - b) / (2.0 * a);
    logarithm.exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thousandths of a processor, their shares, and the weights that the kubelet's and runc's code give.
    const TABLE: [(f64, f64, f64, f64); 9] = [
        (0.0, 2.0, 1.0, 1.0),
        (100.0, 102.0, 4.0, 17.0),
        (250.0, 256.0, 10.0, 35.0),
        (500.0, 512.0, 20.0, 59.0),
        (1000.0, 1024.0, 39.0, 100.0),
        (2000.0, 2048.0, 79.0, 174.0),
        (4000.0, 4096.0, 157.0, 303.0),
        (8000.0, 8192.0, 313.0, 532.0),
        (64000.0, 65536.0, 2500.0, 3023.0),
    ];

    #[test]
    fn both_formulas_lead_back_to_the_shares_as_far_as_whole_weights_let_them() {
        for (millis, shares, line, curve) in TABLE {
            // A whole weight stands for all shares that round to it.
            let is_near = |found: f64, step: f64| (found - shares).abs() <= step;
            assert!(is_near(shares_by_line(line), 262_142.0 / 9_999.0), "{shares}: {}", shares_by_line(line));
            let step = shares_by_curve(curve) - shares_by_curve(curve - 1.0);
            assert!(is_near(shares_by_curve(curve), step.max(1.0)), "{shares}: {}", shares_by_curve(curve));
            assert!((cores_of_shares(shares) * 1000.0 - millis).abs() < 5.0, "{millis}");
        }
    }

    #[test]
    fn the_kernels_default_weight_is_one_core_by_the_curve() {
        assert_eq!(cores_of_shares(shares_by_curve(100.0)).round(), 1.0);
        assert!((cores_of_shares(shares_by_line(39.0)) - 0.975).abs() < 0.01);
    }

    #[test]
    fn no_weight_makes_no_number() {
        for weight in [0.0, 1.0, 10_000.0, 1e300] {
            assert!(shares_by_curve(weight).is_finite() && shares_by_line(weight).is_finite());
        }
    }
}
