//! An image as a list of paths, which holds little of them: [`Rows`].

use std::cmp::Ordering;
use std::collections::BTreeMap;

use vfs_image::layout::DirentRecord;
use vfs_image::{Image, NodeId, NodeKind};

use super::check::{ImageFlaw, corrupt, dirents_of, open};
use super::head::Head;
use super::print::{Place, ROOT, Row, RowKind, is_named, join, preopen, target_of, walk};

/// Every name in an image, sorted as the entries of a plan are: by path bytes, `.` before all others.
///
/// Of a name it holds where in the image it is, and of a directory the path: a [`Row`] is made when it is asked for.
#[derive(Debug)]
pub struct Rows<'a> {
    image: Image<Head<'a>>,
    /// Where the image has its dirents.
    dirents: usize,
    /// Where the image has its strings.
    strings: usize,
    /// The paths of the directories, in the order they were met.
    directories: Vec<Box<str>>,
    places: Vec<Place>,
    /// Of each place that has a further name of a file, that with the first.
    links: BTreeMap<u32, u32>,
}

impl<'a> Rows<'a> {
    /// Lists an image.
    pub(super) fn of(head: Head<'a>) -> Result<Self, ImageFlaw> {
        let image = open(head)?;
        let (dirents, strings) = dirents_of(&image)?;
        let mut rows = Self {
            directories: Vec::new(),
            places: Vec::with_capacity(image.dirent_count() as usize + 1),
            links: BTreeMap::new(),
            image,
            dirents,
            strings,
        };
        for index in 0..rows.image.preopen_count() {
            let (name, node) = preopen(&rows.image, index)?;
            // One that has a name is in the tree of another.
            if is_named(&rows.image, node) {
                continue;
            }
            let places = &mut rows.places;
            walk(
                &rows.image,
                name,
                node,
                &mut rows.directories,
                &mut |_, place, _| {
                    places.push(place);
                    Ok::<(), ImageFlaw>(())
                },
            )?;
        }
        let mut places = std::mem::take(&mut rows.places);
        places.sort_by(|a, b| rows.compare(*a, *b));
        let twice = |two: &&[Place]| rows.compare(two[0], two[1]) == Ordering::Equal;
        if let Some(pair) = places.windows(2).find(twice) {
            let path = rows.path(pair[0]);
            return Err(corrupt(format!("`{path}`, which is there twice,")));
        }
        rows.places = places;
        rows.link()?;
        Ok(rows)
    }

    /// Finds the further names of files.
    fn link(&mut self) -> Result<(), ImageFlaw> {
        const NONE: u32 = u32::MAX;
        let mut first = vec![NONE; self.image.node_count() as usize];
        for (at, place) in (0..).zip(&self.places) {
            let node = self.image.node(place.node);
            let node = node.map_err(|_| corrupt(format!("node {}", place.node.get())))?;
            if !matches!(node.kind, NodeKind::File { .. }) {
                continue;
            }
            match &mut first[place.node.get() as usize] {
                first if *first == NONE => *first = at,
                first => {
                    self.links.insert(at, *first);
                }
            }
        }
        Ok(())
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All names, in their order.
    #[must_use]
    pub fn iter(&self) -> RowsIter<'_, 'a> {
        RowsIter {
            rows: self,
            next: 0,
        }
    }

    /// The name with this number.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Row> {
        let place = *self.places.get(number)?;
        let path = self.path(place);
        let node = self.image.node(place.node);
        let node = node.expect("BUG: a node that was read can't be read");
        let kind = match node.kind {
            NodeKind::Directory(_) => RowKind::Directory,
            NodeKind::File { offset } => RowKind::File {
                offset,
                link_to: (self.links.get(&(number as u32)))
                    .map(|first| self.path(self.places[*first as usize])),
            },
            NodeKind::Symlink { target } => RowKind::Symlink {
                target: target_of(&self.image, target),
            },
        };
        Some(Row::of(path, &node, kind))
    }

    /// The path of the directory with this node; `None`: no directory has it.
    #[must_use]
    pub fn directory(&self, node: u32) -> Option<String> {
        let place = self.places.iter().find(|place| place.node.get() == node)?;
        let kind = self.image.node(NodeId::new(node)).ok()?.kind;
        matches!(kind, NodeKind::Directory(_)).then(|| self.path(*place))
    }

    fn path(&self, place: Place) -> String {
        let directory = &self.directories[place.directory as usize];
        match place.dirent {
            ROOT => directory.to_string(),
            dirent => join(directory, self.name(dirent)),
        }
    }

    /// The name of a dirent that the walk has read.
    fn name(&self, dirent: u32) -> &str {
        let bytes = self.image.bytes().bytes();
        let at = self.dirents + dirent as usize * DirentRecord::SIZE;
        let record = bytes[at..].first_chunk().map(DirentRecord::decode);
        let record = record.expect("BUG: a dirent that was read can't be read");
        let start = self.strings + record.name_offset as usize;
        let name = &bytes[start..][..usize::from(record.name_size)];
        std::str::from_utf8(name).expect("BUG: a name that was text is none")
    }

    fn compare(&self, a: Place, b: Place) -> Ordering {
        if a.directory == b.directory && a.dirent != ROOT && b.dirent != ROOT {
            return self.name(a.dirent).cmp(self.name(b.dirent));
        }
        compare(self.parts(a), self.parts(b))
    }

    /// What the path of a place is put together from, as it is sorted: see [`GuestPath`](crate::path::GuestPath).
    fn parts(&self, place: Place) -> [&[u8]; 3] {
        let directory = &*self.directories[place.directory as usize];
        let name = match place.dirent {
            ROOT => "",
            dirent => self.name(dirent),
        };
        let (directory, slash) = match directory {
            "." => ("", ""),
            "/" => ("/", ""),
            _ if place.dirent == ROOT => (directory, ""),
            _ => (directory, "/"),
        };
        [directory, slash, name].map(str::as_bytes)
    }
}

/// Compares texts in parts, as if they were whole.
fn compare(mut a: [&[u8]; 3], mut b: [&[u8]; 3]) -> Ordering {
    let (mut in_a, mut in_b) = (0, 0);
    loop {
        while in_a < 3 && a[in_a].is_empty() {
            in_a += 1;
        }
        while in_b < 3 && b[in_b].is_empty() {
            in_b += 1;
        }
        if in_a == 3 || in_b == 3 {
            // The one that is at its end is a beginning of the other.
            return (in_a < 3).cmp(&(in_b < 3));
        }
        let common = a[in_a].len().min(b[in_b].len());
        let (head_a, tail_a) = a[in_a].split_at(common);
        let (head_b, tail_b) = b[in_b].split_at(common);
        let order = head_a.cmp(head_b);
        if order != Ordering::Equal {
            return order;
        }
        (a[in_a], b[in_b]) = (tail_a, tail_b);
    }
}

/// The names of [`Rows`], in their order.
#[derive(Debug, Clone)]
pub struct RowsIter<'r, 'a> {
    rows: &'r Rows<'a>,
    next: usize,
}

impl Iterator for RowsIter<'_, '_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let row = self.rows.get(self.next)?;
        self.next += 1;
        Some(row)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.rows.len() - self.next;
        (left, Some(left))
    }
}

impl<'r, 'a> IntoIterator for &'r Rows<'a> {
    type Item = Row;
    type IntoIter = RowsIter<'r, 'a>;

    fn into_iter(self) -> RowsIter<'r, 'a> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_compared_as_the_whole() {
        let texts = ["", "/", "/a", "/a-b", "/a/b", "/ab", "a", "a/b/c"];
        let split = |text: &'static str| {
            let ends =
                (0..=text.len()).flat_map(|one| (one..=text.len()).map(move |two| (one, two)));
            ends.map(|(one, two)| [&text[..one], &text[one..two], &text[two..]].map(str::as_bytes))
        };
        for a in texts {
            for b in texts {
                for one in split(a) {
                    for other in split(b) {
                        assert_eq!(compare(one, other), a.cmp(b), "{a} {b}");
                    }
                }
            }
        }
    }
}
