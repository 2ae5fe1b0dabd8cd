//! Finding the interposer in a program.

use memchr::memmem;
use wasmparser::{
    BinaryReader, DataKind, DataSectionReader, ElementItems, ElementKind, ElementSectionReader,
    FunctionBody, Operator,
};

use super::super::error::LinkError;
use super::super::guest::Guest;
use super::super::layout::{DATA, ELEMENT};
use super::Inside;

/// What the mark begins with, before the number of its form; `libvfs/src/wasm/inside.rs` has the same.
const MAGIC: &[u8] = b"\xffwasi-vfs pre-linked form ";

/// What follows, in the only form there is: then the function's place in the table and the image's size, four bytes each.
const FORM: &[u8] = b"1\xff";

/// A number in the body of the function that is to read the image, and in no other.
const NOT_YET: i32 = 0x7666_7331;

const VALID: &str = "validated when the program was read";

/// The interposer in `guest`, if there is one.
///
/// # Errors
/// [`LinkError::PreLinkedForm`] when it is of another release.
pub(super) fn find(guest: &Guest<'_>) -> Result<Option<Inside>, LinkError> {
    let mut other = None;
    // A mark is in one segment, so it is in the section; few programs have one, and many have 10,000 segments.
    let data = guest.section(DATA);
    if data.is_none_or(|data| memmem::find(guest.slice(&data.contents), MAGIC).is_none()) {
        return Ok(None);
    }
    for (at, contents) in active_data(guest) {
        for mark in memmem::find_iter(contents, MAGIC) {
            let rest = &contents[mark + MAGIC.len()..];
            let Some(fields) = rest.strip_prefix(FORM) else {
                other = other.or(rest.first().copied());
                continue;
            };
            let Some((table_index, [_, _, _, _, ..])) = fields.split_first_chunk() else {
                continue;
            };
            // A text that only looks like the mark, say in a program that has the archive among its data, has no
            // such function.
            if let Some(reader) = reader(guest, u32::from_le_bytes(*table_index)) {
                let size_at = at + mark + MAGIC.len() + FORM.len() + 4;
                return Ok(Some(Inside { size_at, reader }));
            }
        }
    }
    match other {
        Some(form) if form.is_ascii_digit() => Err(LinkError::PreLinkedForm {
            form: char::from(form),
        }),
        _ => Ok(None),
    }
}

/// Initial contents of the memory, with where they begin in the file.
fn active_data<'a>(guest: &Guest<'a>) -> Vec<(usize, &'a [u8])> {
    let Some(section) = guest.section(DATA) else {
        return Vec::new();
    };
    let contents = BinaryReader::new(guest.slice(&section.contents), section.contents.start);
    let segments = DataSectionReader::new(contents).expect(VALID);
    let segments = segments.into_iter().map(|segment| segment.expect(VALID));
    let active = segments.filter(|segment| matches!(segment.kind, DataKind::Active { .. }));
    active
        .map(|segment| (segment.range.end - segment.data.len(), segment.data))
        .collect()
}

/// The body of the function at this place of the first table, if that is the one.
fn reader(guest: &Guest<'_>, table_index: u32) -> Option<usize> {
    let function = element(guest, table_index)?;
    let index = (function as usize).checked_sub(guest.imports.len())?;
    let body = guest.bodies.get(index)?;
    let body = FunctionBody::new(BinaryReader::new(
        guest.slice(&body.contents),
        body.contents.start,
    ));
    // Its type follows from what is in it and that the interposer calls it; what is wrong all the same, the last
    // check finds.
    let mut operators = body.get_operators_reader().expect(VALID).into_iter();
    let is_it = operators.any(
        |operator| matches!(operator.expect(VALID), Operator::I32Const { value } if value == NOT_YET),
    );
    is_it.then_some(index)
}

/// The function at this place of the first table.
fn element(guest: &Guest<'_>, table_index: u32) -> Option<u32> {
    let section = guest.section(ELEMENT)?;
    let contents = BinaryReader::new(guest.slice(&section.contents), section.contents.start);
    let elements = ElementSectionReader::new(contents).expect(VALID);
    let elements = elements.into_iter().map(|element| element.expect(VALID));
    elements.fold(None, |found, element| {
        let ElementKind::Active {
            table_index: None | Some(0),
            offset_expr,
        } = element.kind
        else {
            return found;
        };
        let Ok(Operator::I32Const { value }) = offset_expr.get_operators_reader().read() else {
            return found;
        };
        let Some(index) = table_index.checked_sub(value as u32) else {
            return found;
        };
        let function = match element.items {
            ElementItems::Functions(functions) => functions
                .into_iter()
                .nth(index as usize)
                .map(|function| function.expect(VALID)),
            ElementItems::Expressions(_, items) => items
                .into_iter()
                .nth(index as usize)
                .and_then(|item| item.expect(VALID).get_operators_reader().read().ok())
                .and_then(|operator| match operator {
                    Operator::RefFunc { function_index } => Some(function_index),
                    _ => None,
                }),
        };
        // What is written there last is what is there.
        function.or(found)
    })
}
