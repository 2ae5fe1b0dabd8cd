//! From a long sequence that shows a difference to a short one.

use std::prelude::v1::*;

use super::step::Step;

/// Leaves out steps for as long as `differs` still finds a difference in the rest.
pub(super) fn shrink(mut steps: Vec<Step>, differs: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut size = steps.len().div_ceil(2);
    while size > 0 {
        let mut shorter = false;
        let mut at = steps.len();
        while at > 0 {
            let from = at.saturating_sub(size);
            let mut rest = steps.clone();
            rest.drain(from..at);
            if differs(&rest) {
                steps = rest;
                shorter = true;
            }
            at = from.min(steps.len());
        }
        // One by one as long as that helps, because what is left out last may free what came before.
        if !(size == 1 && shorter) {
            size /= 2;
        }
    }
    steps
}

/// The steps as Rust: what a named case is made of.
pub(super) fn print(steps: &[Step]) -> String {
    let mut text = String::from("&[\n");
    for step in steps {
        text.push_str(&std::format!("    {step:?},\n"));
    }
    text.push(']');
    text
}
