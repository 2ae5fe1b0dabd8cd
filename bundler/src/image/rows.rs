//! An image as a list of paths, which holds little of them: [`Rows`].

use std::cmp::Ordering;
use std::collections::BTreeMap;

use vfs_image::{Image, NodeId, NodeKind};

use super::check::{ImageFlaw, corrupt, open};
use super::head::Head;
use super::names::Names;
use super::print::{Place, ROOT, Row, RowKind, is_named, join, preopen, target_of, walk};
use crate::path::first_difference;

/// Every name in an image, sorted as the entries of a plan are: by path bytes, `.` before all others.
///
/// Of a name it holds where in the image it is, and of a directory the path: a [`Row`] is made when it is asked for.
#[derive(Debug)]
pub struct Rows<'a> {
    image: Image<Head<'a>>,
    names: Names<'a>,
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
        let names = Names::of(&image)?;
        let mut rows = Self {
            directories: Vec::new(),
            places: Vec::with_capacity(image.dirent_count() as usize + 1),
            links: BTreeMap::new(),
            image,
            names,
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
            dirent => join(directory, self.names.get(dirent)),
        }
    }

    fn compare(&self, a: Place, b: Place) -> Ordering {
        if a.directory == b.directory && a.dirent != ROOT && b.dirent != ROOT {
            return self.names.get(a.dirent).cmp(self.names.get(b.dirent));
        }
        let (a, b) = first_difference(self.parts(a), self.parts(b));
        a.cmp(&b)
    }

    /// What the path of a place is put together from, as it is sorted: see [`GuestPath`](crate::path::GuestPath).
    fn parts(&self, place: Place) -> [&str; 3] {
        let directory = &*self.directories[place.directory as usize];
        let name = match place.dirent {
            ROOT => "",
            dirent => self.names.get(dirent),
        };
        let (directory, slash) = match directory {
            "." => ("", ""),
            "/" => ("/", ""),
            _ if place.dirent == ROOT => (directory, ""),
            _ => (directory, "/"),
        };
        [directory, slash, name]
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
