//! Renders pages from the templates and texts that it is shipped with: an
//! ordinary `std::fs` program that knows nothing of bundles.

use std::path::Path;
use std::{env, fs, io};

fn render(site: &Path, page: &str) -> io::Result<String> {
    let template = fs::read_to_string(site.join("templates/page.html"))?;
    let text = fs::read_to_string(site.join("content").join(page).with_extension("txt"))?;
    Ok(template.replace("{title}", page).replace("{text}", text.trim_end()))
}

fn pages(site: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(site.join("content"))? {
        let path = entry?.path();
        if let Some(stem) = path.file_stem() {
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn main() -> io::Result<()> {
    let site = Path::new("/site");
    match env::args().nth(1) {
        Some(page) => print!("{}", render(site, &page)?),
        None => pages(site)?.iter().for_each(|page| println!("{page}")),
    }
    Ok(())
}
