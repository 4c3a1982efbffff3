//! `retryThrottling`: what holds retries back.

/// How many tokens there can be, and how many a success brings. In thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) struct Throttling {
    pub(in crate::client) max: u32,
    pub(in crate::client) ratio: u32,
}

impl Throttling {
    /// A token.
    pub(in crate::client) const TOKEN: u32 = 1000;

    pub(in crate::client) fn new(max_tokens: u16, token_ratio: f64) -> Self {
        let ratio =
            (token_ratio * f64::from(Self::TOKEN)).clamp(1.0, f64::from(u16::MAX) * f64::from(Self::TOKEN));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was brought in between"
        )]
        let ratio = ratio.round() as u32;
        Self { max: u32::from(max_tokens) * Self::TOKEN, ratio }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_has_three_digits() {
        assert_eq!(Throttling::new(1, 0.0004), Throttling { max: 1000, ratio: 1 });
        assert_eq!(Throttling::new(1000, 0.5006), Throttling { max: 1_000_000, ratio: 501 });
    }
}
