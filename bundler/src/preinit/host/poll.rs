//! Waiting: streams are ready at once, and time passes as fast as it is waited for.

use super::{Answer, BADF, FAULT, Host, INVAL, Memory, SUCCESS, Stop};
use crate::manifest::PreinitClock;

const CLOCK: u8 = 0;
const ABSOLUTE: u32 = 1;
/// Bytes of an event; in both layouts.
const EVENT: usize = 32;

/// One subscription, as far as it counts.
struct Subscription {
    userdata: u64,
    kind: u8,
    /// A clock's timeout, or the descriptor.
    value: u64,
    absolute: bool,
}

impl Host {
    /// `poll_oneoff`
    pub(super) fn poll(
        &mut self,
        from: u32,
        to: u32,
        count: u32,
        out: u32,
        memory: &mut Memory<'_>,
    ) -> Answer {
        if count == 0 {
            return Ok(INVAL);
        }
        let mut subscriptions = Vec::new();
        for index in 0..count {
            match self.subscription(from, index, memory) {
                Some(subscription) => subscriptions.push(subscription),
                None => return Ok(FAULT),
            }
        }
        let streams = subscriptions.iter().any(|one| one.kind != CLOCK);
        if !streams && self.clock == PreinitClock::Trap {
            return Err(Stop::Clock("poll_oneoff"));
        }
        // With a stream among them nobody waits; else the first timeout ends the wait, and all that end with it.
        let elapsed = self.elapsed_ns;
        let left = |one: &Subscription| match one.absolute {
            true => one.value.saturating_sub(elapsed),
            false => one.value,
        };
        let clocks = subscriptions.iter().filter(|one| one.kind == CLOCK);
        let wait = clocks.map(left).min().filter(|_| !streams).unwrap_or(0);
        self.elapsed_ns = self.elapsed_ns.saturating_add(wait);
        let mut events = Vec::new();
        for one in &subscriptions {
            let mut event = [0; EVENT];
            event[..8].copy_from_slice(&one.userdata.to_le_bytes());
            event[10] = one.kind;
            if one.kind == CLOCK {
                if left(one) > wait {
                    continue;
                }
            } else if one.value > 2 {
                event[8..10].copy_from_slice(&BADF.to_le_bytes());
            }
            events.extend_from_slice(&event);
        }
        match memory.put(to, &events)? {
            SUCCESS => memory.put(out, &((events.len() / EVENT) as u32).to_le_bytes()),
            errno => Ok(errno),
        }
    }

    fn subscription(&self, from: u32, index: u32, memory: &mut Memory<'_>) -> Option<Subscription> {
        // The older layout has one more number of 8 bytes in a clock's part.
        let (size, timeout, flags) = if self.unstable {
            (56, 32, 48)
        } else {
            (48, 24, 40)
        };
        let at = from.checked_add(index.checked_mul(size)?)?;
        let userdata = memory.load64(at)?;
        at.checked_add(size)?;
        let kind = memory.slice(at + 8, 1)?[0];
        let value = match kind {
            CLOCK => memory.load64(at + timeout)?,
            _ => memory.load32(at + 16)?.into(),
        };
        let absolute = kind == CLOCK && memory.load32(at + flags)? & ABSOLUTE != 0;
        Some(Subscription {
            userdata,
            kind,
            value,
            absolute,
        })
    }
}
