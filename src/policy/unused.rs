//! What policy files define but nothing uses.

use std::collections::BTreeSet;

use super::file::File;
use super::lint::Checked;
use super::template::Written;
use crate::room::fold;
use crate::yaml::{Problem, Spanned};

pub(super) fn check(
    policies: &[Checked<'_>],
    files: &[File],
    written: &Written<'_>,
    problems: &mut Vec<Problem>,
) {
    templates(policies, written, problems);
    roles(files, written, problems);
    variables(policies, written, problems);
    tables(policies, files, problems);
}

fn unused(name: &Spanned<String>, code: &'static str, message: String) -> Problem {
    Problem::warning(name.span, code, message)
        .with_help("remove it, or look for a spelling mistake where you want to use it")
}

fn templates(policies: &[Checked<'_>], written: &Written<'_>, problems: &mut Vec<Problem>) {
    let named = policies.iter().flat_map(|(_, at)| at.template.names());
    let extended = written
        .all
        .values()
        .flat_map(|(_, template)| template.value.extends());
    let used: BTreeSet<&str> = named
        .chain(extended)
        .map(|name| name.value.trim())
        .collect();
    for name in written.names().filter(|name| !used.contains(name)) {
        if let Some((at, _)) = written.all.get(name) {
            let message = format!("no policy uses the template `{name}`");
            problems.push(Problem::warning(*at, "unused-template", message));
        }
    }
}

fn roles(files: &[File], written: &Written<'_>, problems: &mut Vec<Problem>) {
    let templates = || written.all.values().map(|(_, template)| &template.value);
    let grants = templates().flat_map(|template| &template.grants);
    let guests = templates().flat_map(|template| &template.guests);
    let of_guests = guests.flat_map(|guests| {
        let invite = guests.invite.iter().map(|one| &one.role);
        invite.chain(&guests.highest)
    });
    let used = grants.map(|grant| &grant.role).chain(of_guests);
    let used: BTreeSet<String> = used.map(|role| fold(role.value.trim())).collect();
    let of_files = files.iter().flat_map(|file| file.roles.keys());
    let of_templates = templates().flat_map(|template| template.roles.keys());
    for name in of_files.chain(of_templates) {
        if !used.contains(&fold(name.value.trim())) {
            let message = format!("no grant uses the role `{}`", name.value);
            problems.push(unused(name, "unused-role", message));
        }
    }
}

fn variables(policies: &[Checked<'_>], written: &Written<'_>, problems: &mut Vec<Problem>) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for (policy, at) in policies {
        let own: BTreeSet<&str> = policy
            .spec
            .texts()
            .flat_map(|text| text.variables())
            .collect();
        for name in at
            .vars
            .keys()
            .filter(|name| !own.contains(name.value.as_str()))
        {
            let message = format!(
                "nothing in the template of the policy `{}` uses the variable `{}`",
                policy.name, name.value
            );
            problems.push(unused(name, "unused-variable", message));
        }
        used.extend(own);
    }
    for (_, template) in written.all.values() {
        for name in template
            .vars
            .keys()
            .filter(|name| !used.contains(name.value.as_str()))
        {
            let message = format!("nothing uses the variable `{}`", name.value);
            problems.push(unused(name, "unused-variable", message));
        }
    }
}

fn tables(policies: &[Checked<'_>], files: &[File], problems: &mut Vec<Problem>) {
    let texts = policies.iter().flat_map(|(policy, _)| policy.spec.texts());
    let used: BTreeSet<&str> = texts.flat_map(|text| text.tables()).collect();
    for name in files.iter().flat_map(|file| file.tables.keys()) {
        if !used.contains(name.value.as_str()) {
            let message = format!("nothing looks up a value in the table `{}`", name.value);
            problems.push(unused(name, "unused-table", message));
        }
    }
}
