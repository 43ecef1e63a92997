//! Every link leads somewhere, and each page is in the table of contents.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Every Markdown file of the repository.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut open = vec![PathBuf::from(".")];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                // Build output, and what does not belong to the repository.
                if !matches!(name.as_str(), "target" | ".git" | "dist" | "found") {
                    open.push(path);
                }
            } else if name.ends_with(".md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 8, "{pages:?}");
    pages
}

/// The text without code, in which brackets have other meanings.
fn prose(text: &str) -> String {
    let mut prose = String::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let outside = line.split('`').step_by(2);
            prose.push_str(&outside.collect::<Vec<_>>().join(" "));
            prose.push('\n');
        }
    }
    prose
}

fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let starts = prose.match_indices("](");
    let link = |at: usize| prose[at + 2..].split(')').next().unwrap().to_owned();
    starts
        .map(|(at, _)| link(at))
        .filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        .collect()
}

/// The anchors of the headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut in_block = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        in_block ^= line.starts_with("```");
        if !in_block && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            anchors.insert(kept.collect::<String>().replace(' ', "-"));
        }
    }
    anchors
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => page.clone(),
                // The module map is also the first page of the API documentation, and links to items.
                path if path.starts_with("crate::") => continue,
                path => page.parent().unwrap().join(path),
            };
            let found = target.exists()
                && (anchor.is_empty()
                    || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor));
            if !found {
                broken.push(format!("{} → {link}", page.display()));
            }
            checked += 1;
        }
    }
    assert_eq!(broken, Vec::<String>::new());
    assert!(checked > 20, "{checked}");
}

#[test]
fn the_table_of_contents_has_every_page_of_the_documentation() {
    let summary = fs::read_to_string("docs/SUMMARY.md").unwrap();
    let linked: BTreeSet<String> = links(&summary).into_iter().collect();
    for entry in fs::read_dir("docs").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_page = name.ends_with(".md") && name != "SUMMARY.md";
        assert!(
            !is_page || linked.contains(&name),
            "the table of contents does not have {name}"
        );
    }
}

#[test]
fn links_and_anchors_are_found_outside_code() {
    assert_eq!(
        links("[a](b.md) `[c](d.md)` [e](https://f)\n```\n[g](h)\n```\n"),
        ["b.md"]
    );
    assert_eq!(
        anchors("# What *adopting* a room means\n## `x`: y!\n"),
        BTreeSet::from(["what-adopting-a-room-means".to_owned(), "x-y".to_owned()])
    );
}
