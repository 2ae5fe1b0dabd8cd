//! `poll_oneoff` over any mix of descriptors.

use super::{Vfs, World};
use crate::errno::{Errno, Result};
use crate::fd::Entry;
use crate::host::Host;
use crate::program::Program;

/// Bytes of a witx `subscription`: userdata, tag at 8, descriptor or clock at 16.
const SUBSCRIPTION: u32 = 48;

/// The same in snapshot 0, where a clock has an identifier of 64 bits before all else.
const OLD_SUBSCRIPTION: u32 = 56;

/// Bytes of a witx `event`: userdata, error at 8, type at 10, bytes at 16, flags at 24.
const EVENT: u32 = 32;

/// Two subscriptions, their events, and how many of those there are.
const REQUEST: usize = (2 * OLD_SUBSCRIPTION + 2 * EVENT + 4) as usize;

/// The tag of a subscription to a clock.
const CLOCK: u32 = 0;

/// The tag of a subscription to writing.
const FD_WRITE: u32 = 2;

/// The flag of a clock whose timeout is a time, and not how long to wait.
const ABSOLUTE: u32 = 1;

impl<W: World> Vfs<W> {
    /// `poll_oneoff`: what is embedded is always ready, and a closed descriptor has an error to tell.
    ///
    /// When there is either, nobody waits: the host is asked for each of its own
    /// whether it is ready now, and clocks that ring at once do. Otherwise the host waits, and sees its own
    /// numbers in the subscriptions meanwhile.
    ///
    /// # Errors
    /// What the host answers.
    pub fn poll_oneoff(
        &mut self,
        subscriptions: u32,
        events: u32,
        count: u32,
        out: u32,
    ) -> Result<()> {
        let size = self.subscription_size();
        self.program
            .check(subscriptions, u64::from(count) * u64::from(size));
        self.program
            .check(events, u64::from(count) * u64::from(EVENT));
        self.program.check(out, 4);
        let mut ready = 0;
        for index in 0..count {
            let subscription = subscriptions + index * size;
            let tag = self.tag(subscription);
            if tag == CLOCK {
                continue;
            }
            if tag > FD_WRITE {
                return Err(Errno::INVAL);
            }
            let fd = self.program.load32(subscription + 16);
            if let Some(state) = self.readiness(fd) {
                self.tell(subscription, events + ready * EVENT, state);
                ready += 1;
            }
        }
        if ready > 0 {
            for index in 0..count {
                let subscription = subscriptions + index * size;
                let event = events + ready * EVENT;
                ready += u32::from(self.ready_now(subscription, event));
            }
            self.program.store32(out, ready);
            return Ok(());
        }
        self.translate(subscriptions, count, true);
        let result = self.host.poll_oneoff(subscriptions, events, count, out);
        self.translate(subscriptions, count, false);
        result
    }

    /// Bytes of a witx `subscription`.
    #[inline(always)]
    fn subscription_size(&self) -> u32 {
        if self.program.snapshot() == 0 {
            OLD_SUBSCRIPTION
        } else {
            SUBSCRIPTION
        }
    }

    /// What a subscription is to.
    #[inline(never)]
    fn tag(&self, subscription: u32) -> u32 {
        self.program.load32(subscription + 8) & 0xff
    }

    /// Puts an event down: error and bytes, and no flags, of which the only one is that the other end hung up.
    fn tell(&self, subscription: u32, event: u32, (errno, bytes): (u32, u64)) {
        let userdata = self.program.load64(subscription);
        let tag = self.tag(subscription);
        self.program.store64(event, userdata);
        self.program
            .store64(event + 8, u64::from(errno | tag << 16));
        self.program.store64(event + 16, bytes);
        self.program.store64(event + 24, 0);
    }

    /// Whether a clock rings at once: it has no time to wait for, or the time has come.
    fn rings(&self, subscription: u32) -> bool {
        let mut clock = subscription + 16;
        if self.program.snapshot() == 0 {
            clock += 8;
        }
        let timeout = self.program.load64(clock + 8);
        if self.program.load32(clock + 24) & ABSOLUTE == 0 {
            return timeout == 0;
        }
        let clock = self.program.load32(clock);
        let at = self.program.borrowed();
        let saved = self.program.load64(at);
        let told = self.host.clock_time_get(clock, 0, at);
        let now = self.program.load64(at);
        self.program.store64(at, saved);
        told.is_ok() && now >= timeout
    }

    /// Error and bytes of the event of a descriptor, unless it is the host's to say.
    ///
    /// A file is always ready, at its end too (POSIX, `poll`).
    fn readiness(&mut self, fd: u32) -> Option<(u32, u64)> {
        match self.table.entry(fd) {
            Some(Entry::Host(_)) => None,
            Some(Entry::File(file)) => {
                let left = super::file::size::<W>(&self.ram, file).saturating_sub(file.position);
                Some((0, left))
            }
            _ => Some((Errno::answer(Err(Errno::BADF)), 0)),
        }
    }

    /// Asks the host about one of its descriptors without waiting; true when it put down an event.
    ///
    /// A clock that rings at once is asked beside it.
    fn ready_now(&mut self, subscription: u32, event: u32) -> bool {
        let tag = self.tag(subscription);
        if tag == CLOCK {
            let rings = self.rings(subscription);
            if rings {
                self.tell(subscription, event, (0, 0));
            }
            return rings;
        }
        let fd = self.program.load32(subscription + 16);
        let Some(&mut Entry::Host(fd)) = self.table.entry(fd) else {
            return false;
        };
        let size = self.subscription_size();
        // The program has a page at least, as the subscription is in it. Zeros are
        // a clock without a timeout, and two events of clocks.
        let (saved, request) = self.path.split_at_mut(REQUEST);
        let request = request.get_mut(..REQUEST).unwrap_or_default();
        request.fill(0);
        let asked = request.get_mut(..size as usize).unwrap_or_default();
        self.program.copy_in(asked, subscription);
        let at = self.program.borrowed();
        self.program.copy_in(saved, at);
        self.program.copy_out(at, request);
        self.program.store32(at + 16, fd);
        // No answer leaves the events as they are.
        let events = at + 2 * size;
        let _ = self.host.poll_oneoff(at, events, 2, events + 2 * EVENT);
        self.program.copy_in(request, at);
        self.program.copy_out(at, saved);
        let events = request.get(2 * size as usize..).unwrap_or_default();
        for told in events.as_chunks::<{ EVENT as usize }>().0 {
            if u32::from(told[10]) == tag {
                self.program.copy_out(event, told);
                return true;
            }
        }
        false
    }

    /// Replaces the descriptors of subscriptions by the host's, or those by the program's again.
    ///
    /// No two numbers stand for one of the host's, so the way back is clear.
    #[inline(never)]
    fn translate(&mut self, subscriptions: u32, count: u32, to_host: bool) {
        for index in 0..count {
            let subscription = subscriptions + index * self.subscription_size();
            if self.tag(subscription) != CLOCK {
                let fd = self.program.load32(subscription + 16);
                let fd = match self.table.entry(fd) {
                    Some(&mut Entry::Host(fd)) if to_host => fd,
                    _ => self.table.of_host(fd).unwrap_or(fd),
                };
                self.program.store32(subscription + 16, fd);
            }
        }
    }
}
