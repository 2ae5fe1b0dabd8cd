//! `environ_*` and `args_*`: what the image holds and what the host gives, as one.

use vfs_image::{Bytes, Image, Str};

use super::{Vfs, World};
use crate::errno::{Errno, Result};
use crate::host::Host;
use crate::program::Program;

/// Number of texts, and bytes of them all with a NUL after each.
type Sizes = (u32, u32);

/// Where in the program's memory the next pointer goes, and the text behind it.
type Room = (u32, u32);

impl<W: World> Vfs<W> {
    /// `environ_sizes_get`: number of variables and bytes of their text.
    ///
    /// # Errors
    /// What the host answers; `ENOMEM` when there is no room to look at its variables.
    pub fn environ_sizes_get(&mut self, count: u32, size: u32) -> Result<()> {
        let Some(image) = &self.image else {
            return self.host.environ_sizes_get(count, size);
        };
        let mut host = (0, 0);
        if !image.environment_fixed() {
            host = sizes(&self.program, |count, size| {
                self.host.environ_sizes_get(count, size)
            })?;
        }
        let (host_count, host_size) = host;
        let own = if host_count == 0 {
            merge(&self.program, image, (0, 0), None)?
        } else {
            // Which variables the host sets too is in its text alone: it is read where the program
            // has something else, which is put back.
            let needed = u64::from(host_count) * 4 + u64::from(host_size);
            if needed > self.program.size() {
                return Err(Errno::NOMEM);
            }
            let needed = needed as usize;
            let saved = match self.path.get_mut(..needed) {
                Some(saved) => saved,
                None => self.table.spare(needed).ok_or(Errno::NOMEM)?,
            };
            let at = self.program.lend(saved).ok_or(Errno::NOMEM)?;
            let own = match self.host.environ_get(at, at + host_count * 4) {
                Ok(()) => merge(&self.program, image, (at, host_count), None),
                Err(errno) => Err(errno),
            };
            self.program.give_back(saved);
            saved.fill(0);
            own?
        };
        self.answer_sizes((count, size), host, own)
    }

    /// `environ_get`: the host's variables, then those it does not set.
    ///
    /// # Errors
    /// What the host answers.
    pub fn environ_get(&mut self, pointers: u32, text: u32) -> Result<()> {
        let Some(image) = &self.image else {
            return self.host.environ_get(pointers, text);
        };
        let (mut count, mut size) = (0, 0);
        if !image.environment_fixed() {
            (count, size) = sizes(&self.program, |count, size| {
                self.host.environ_sizes_get(count, size)
            })?;
            self.program.check(pointers, u64::from(count) * 4);
            self.program.check(text, size.into());
            self.host.environ_get(pointers, text)?;
        }
        let room = (pointers.wrapping_add(count * 4), text.wrapping_add(size));
        merge(&self.program, image, (pointers, count), Some(room))?;
        Ok(())
    }

    /// `args_sizes_get`: number of arguments and bytes of their text.
    ///
    /// # Errors
    /// What the host answers.
    pub fn args_sizes_get(&mut self, count: u32, size: u32) -> Result<()> {
        let host = sizes(&self.program, |count, size| {
            self.host.args_sizes_get(count, size)
        })?;
        let own = match &self.image {
            Some(image) if host.0 < 2 => defaults(&self.program, image, host.0, None)?,
            _ => (0, 0),
        };
        self.answer_sizes((count, size), host, own)
    }

    /// `args_get`: the host's arguments when it passes any, else the defaults.
    ///
    /// # Errors
    /// What the host answers.
    pub fn args_get(&mut self, pointers: u32, text: u32) -> Result<()> {
        let (count, size) = sizes(&self.program, |count, size| {
            self.host.args_sizes_get(count, size)
        })?;
        self.host.args_get(pointers, text)?;
        if let Some(image) = &self.image
            && count < 2
        {
            let room = (pointers.wrapping_add(count * 4), text.wrapping_add(size));
            defaults(&self.program, image, count, Some(room))?;
        }
        Ok(())
    }

    /// Stores the sum of what the host has and what is added.
    fn answer_sizes(&self, to: (u32, u32), host: Sizes, own: Sizes) -> Result<()> {
        let count = host.0.checked_add(own.0).ok_or(Errno::OVERFLOW)?;
        let size = host.1.checked_add(own.1).ok_or(Errno::OVERFLOW)?;
        self.program.answer32(to.0, count);
        self.program.answer32(to.1, size);
        Ok(())
    }
}

/// What the host answers to one of the calls for sizes, which wants a place in the program's memory.
fn sizes<P: Program>(program: &P, ask: impl FnOnce(u32, u32) -> Result<()>) -> Result<Sizes> {
    let at = program.borrowed();
    program.check(at, 8);
    let saved = program.load64(at);
    let result = ask(at, at + 4);
    let answer = program.load64(at);
    program.store64(at, saved);
    result?;
    Ok((answer as u32, (answer >> 32) as u32))
}

/// The variables that are not among the host's, which are at so many pointers; puts them down when there is room.
fn merge<B: Bytes>(
    program: &impl Program,
    image: &Image<B>,
    (pointers, host_count): (u32, u32),
    mut room: Option<Room>,
) -> Result<Sizes> {
    let (mut count, mut size) = (0, 0);
    for index in 0..image.variable_count() {
        let variable = image.variable(index)?;
        let mut is_set = false;
        for index in 0..host_count {
            let text = program.load32(pointers.wrapping_add(index * 4));
            is_set = is_set || same_name(program, image, text, variable)?;
        }
        if !is_set {
            put(program, variable, &mut room);
            count += 1;
            size += variable.len() + 1;
        }
    }
    Ok((count, size))
}

/// The default arguments for a host that passes so many, one at most; puts them down when there is room.
fn defaults<B: Bytes>(
    program: &impl Program,
    image: &Image<B>,
    host_count: u32,
    mut room: Option<Room>,
) -> Result<Sizes> {
    let (mut count, mut size) = (0, 0);
    // The host's first argument is the program's name, as is the first here.
    for index in host_count..image.argument_count() {
        let argument = image.argument(index)?;
        put(program, argument, &mut room);
        count += 1;
        size += argument.len() + 1;
    }
    Ok((count, size))
}

/// Puts a text of the image down, with a NUL after it.
fn put(program: &impl Program, text: Str, room: &mut Option<Room>) {
    if let Some((pointers, at)) = room {
        let len = text.len();
        program.check(*at, u64::from(len) + 1);
        program.copy_image(*at, text.offset(), len);
        program.copy_out(*at + len, &[0]);
        program.answer32(*pointers, *at);
        *pointers = pointers.wrapping_add(4);
        *at = at.wrapping_add(len + 1);
    }
}

/// Whether the text at `at` sets the same variable as one of the image, `NAME=VALUE`.
fn same_name<B: Bytes>(
    program: &impl Program,
    image: &Image<B>,
    at: u32,
    variable: Str,
) -> Result<bool> {
    let (mut host, mut own) = ([0], [0]);
    for index in 0..variable.len() {
        // The text ends with a NUL, which no variable of the image has, so this stops there at the latest.
        let at = at.wrapping_add(index);
        // A program that let the texts overwrite the pointers has no such variable.
        if u64::from(at) >= program.size() {
            return Ok(false);
        }
        program.copy_in(&mut host, at);
        image.bytes().read(variable.offset() + index, &mut own)?;
        if host != own {
            return Ok(false);
        }
        if own == *b"=" {
            return Ok(true);
        }
    }
    Ok(false)
}
