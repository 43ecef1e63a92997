//! Which policies match, which value wins, and what the portal knows.

use std::collections::BTreeSet;

use roomwright::bind::{Bound, GroupEntry, Snapshot, bind};
use roomwright::policy::{Candidate, PolicySet};
use roomwright::resolve::Resolution;
use roomwright::room::{Facts, GroupId, RoomType, fold};

use super::{check, facts, grants, paths, problems, resolved};

const TEMPLATES: &str = "version: 1\ntemplates:\n  t: { folders: [A] }\n";

fn matches(part: &str, facts: &Facts) -> bool {
    let text = format!("{TEMPLATES}policies:\n  - {{ name: p, match: {part}, template: t }}\n");
    let (set, problems) = check(&[&text]);
    let set: PolicySet = set.unwrap_or_else(|| panic!("{problems}"));
    !set.matching(&Candidate::new(facts)).is_empty()
}

#[test]
fn a_creator_is_matched_by_address_or_id_and_by_other_facts_if_a_policy_uses_them() {
    let mut room = facts("x", RoomType::Custom);
    room.creator.id = "66faa6e4-f133-11ea-b126-00ffeec8b4ef".to_owned();
    room.creator.groups = BTreeSet::from([fold("Straßenbau")]);
    room.tags = vec!["Résumé".to_owned()];
    for (part, fits) in [
        ("creator: '*@LEGAL.example.org'", true),
        ("creator: ' *@legal.example.org '", true),
        ("creator: '*Anna*'", true),
        ("creator: 'Anna?Berg*'", false),
        ("creator: 66FAA6E4-F133-11EA-B126-00FFEEC8B4EF", true),
        ("creator: '66faa6e4*'", false),
        (
            "creator: [bertha@example.org, 66faa6e4-f133-11ea-b126-00ffeec8b4ef]",
            true,
        ),
        ("creator_name: Anna *", true),
        ("creator_name: anna@*", false),
        ("creator_group: STRASSENBAU", true),
        ("creator_group: [HR, straßenbau]", true),
        ("creator_group: HR", false),
        ("tagged: resume", true),
        ("tagged: [a, RESUME]", true),
        ("tagged: résumés", false),
        ("tagged: resume, creator_group: HR", false),
        (
            "type: custom, except: { creator_group: straßenbau, tagged: other }",
            true,
        ),
        (
            "type: custom, except: { creator_group: straßenbau, except: { tagged: resume } }",
            true,
        ),
        (
            "type: custom, except: { creator_group: straßenbau, except: { tagged: other } }",
            false,
        ),
        ("type: Custom room", true),
        ("type: [Virtual Data Room, VDR]", false),
    ] {
        assert_eq!(matches(&format!("{{ {part} }}"), &room), fits, "{part}");
    }
}

#[test]
fn an_unknown_group_makes_a_policy_undecided_unless_another_condition_decides() {
    let mut room = facts("Team X", RoomType::Custom);
    let reason = "the portal has no group `Legl`".to_owned();
    room.unresolved.groups.insert(fold("Legl"), reason);
    room.creator.groups = BTreeSet::from(["hr".to_owned()]);
    for (part, undecided) in [
        ("creator_group: LEGL", true),
        ("creator_group: [Legl, HR]", false),
        ("creator_group: [Legl, IT]", true),
        ("creator_group: Legl, title: 'Client *'", false),
        ("title: 'Team *', except: { creator_group: Legl }", true),
        (
            "title: 'Team *', except: { creator_group: Legl, type: vdr }",
            false,
        ),
        ("title: 'Client *', except: { creator_group: Legl }", false),
    ] {
        let text =
            format!("{TEMPLATES}policies:\n  - {{ name: p, match: {{ {part} }}, template: t }}\n");
        let resolution = resolved(&[&text], &room);
        assert_eq!(resolution.undecided.len(), usize::from(undecided), "{part}");
        if undecided {
            assert!(resolution.matched.is_empty(), "{part}");
            assert_eq!(
                resolution.undecided[0].to_string(),
                "it is unknown whether the policy `p` (a.yaml:5:13) matches: the portal has no group `Legl`"
            );
        }
    }
}

#[test]
fn a_final_policy_overrides_lower_ones_but_not_equal_ones() {
    let three = |final_mode: &str, low_match: &str| {
        format!(
            "version: 1\ntemplates:\n  t: {{ folders: [T] }}\n  u: {{ folders: [U] }}\n  v: {{ folders: [V] }}\npolicies:\n  - {{ name: high, match: {{ title: 'Team *' }}, template: t, priority: 5, final: true{final_mode} }}\n  - {{ name: equal, match: all, template: u, priority: 5 }}\n  - {{ name: low, match: {low_match}, template: v }}\n"
        )
    };
    let folders = |resolution: &Resolution| paths(&resolution.desired);
    let room = facts("Team X", RoomType::Custom);
    let resolution = resolved(&[&three("", "all")], &room);
    assert_eq!(folders(&resolution), ["U", "T"]);
    assert_eq!(resolution.stopped.len(), 1);
    assert_eq!(resolution.stopped[0].by, "high");
    let other = resolved(&[&three("", "all")], &facts("x", RoomType::Custom));
    assert_eq!(folders(&other), ["U", "V"]);
    // An observing policy does not override anything that is written.
    let observing = resolved(&[&three(", mode: observe", "all")], &room);
    assert_eq!(folders(&observing), ["U", "V"]);
    let would_be = observing.would_be.unwrap();
    assert_eq!(would_be.folders.len(), 2);
    // The groups of an overridden policy make no difference.
    let mut room = room;
    let unresolved = &mut room.unresolved.groups;
    unresolved.insert("legl".to_owned(), "no such group".to_owned());
    let undecided = resolved(&[&three("", "{ creator_group: Legl }")], &room);
    assert_eq!(folders(&undecided), ["U", "T"]);
    assert!(undecided.undecided.is_empty());
}

#[test]
fn a_policy_must_not_match_on_a_tag_that_a_policy_sets() {
    let with = |tag: &str| {
        problems(&format!(
            "version: 1\ntemplates:\n  t: {{ settings: {{ tags: [Done] }} }}\npolicies:\n  - {{ name: p, match: {{ tagged: [x, {tag}] }}, template: t }}\n"
        ))
    };
    assert!(
        with("dóne ").contains("error[own-tag]"),
        "{}",
        with("dóne ")
    );
    assert_eq!(with("other"), "");
}

#[test]
fn all_titles_of_a_list_capture_the_same_names() {
    let with = |titles: &str| {
        problems(&format!(
            "version: 1\ntemplates:\n  t: {{ folders: ['{{client}}'] }}\npolicies:\n  - {{ name: p, match: {{ title: {titles} }}, template: t }}\n"
        ))
    };
    let same = "['Client - {client}', '{client=ACME*} (client)']";
    assert_eq!(with(same), "");
    for titles in [
        "['Client {client}', 'Client *']",
        "['Client {client}', '{client} {year}']",
        "['*', '{client}']",
    ] {
        assert!(with(titles).contains("error[captures-differ]"), "{titles}");
    }
    let text = format!(
        "version: 1\ntemplates:\n  t: {{ folders: ['{{client}}'] }}\npolicies:\n  - {{ name: p, match: {{ title: {same} }}, template: t }}\n"
    );
    let resolution = resolved(&[&text], &facts("ACME AG (client)", RoomType::Custom));
    assert_eq!(resolution.desired.folders[0].value.0, ["ACME AG"]);
}

#[test]
fn except_excludes_rooms_that_meet_all_its_conditions() {
    let room = facts("Team Apollo", RoomType::Custom);
    for (except, left) in [
        ("{ title: 'Team *' }", false),
        ("{ title: 'Team *', type: vdr }", true),
        ("{ type: vdr }", true),
        ("{ type: c* }", false),
        ("{ type: c*, except: { creator: 'anna@*' } }", true),
    ] {
        let part = format!("{{ title: '*', except: {except} }}");
        assert_eq!(matches(&part, &room), left, "{except}");
    }
}

#[test]
fn a_capture_overrides_the_policys_variables_and_those_override_the_templates() {
    let text = |policy: &str| {
        format!(
            "version: 1\ntemplates:\n  t: {{ folders: ['{{a}} {{b}} {{c}}'], vars: {{ a: t, b: t, c: t }} }}\npolicies:\n  - {{ name: p, match: {{ title: 'Team {{a}}' }}, template: t, vars: {{ {policy} }} }}\n"
        )
    };
    let room = facts("Team X", RoomType::Custom);
    let resolution = resolved(&[&text("b: p")], &room);
    assert_eq!(resolution.desired.folders[0].value.0, ["X p t"]);
    assert!(problems(&text("a: p")).contains("both a capture and a variable"));
}

#[test]
fn none_in_a_child_wins_in_any_spelling_of_the_group() {
    let text = "version: 1\ntemplates:\n  base: { grants: [{ group: HR, role: editor }] }\n  child: { extends: base, vars: { who: hr }, grants: [{ group: '{who}', role: none }] }\npolicies:\n  - { name: p, match: { type: custom }, template: child }\n";
    let resolution = resolved(&[text], &facts("x", RoomType::Custom));
    assert_eq!(grants(&resolution), Vec::<String>::new());
    let not_made = resolution.desired.not_made();
    assert_eq!(not_made.len(), 1);
    assert_eq!(not_made[0].1[0].template, "child");
}

#[test]
fn none_cancels_grants_of_lower_policies_but_a_role_that_means_none_does_not() {
    let with = |role: &str, priority: i32| {
        let text = format!(
            "version: 1\nroles: {{ Reader: {{ default: viewer, custom: none }} }}\ntemplates:\n  wide: {{ grants: [{{ group: HR, role: editor }}] }}\n  narrow: {{ grants: [{{ group: hr, role: {role} }}] }}\npolicies:\n  - {{ name: p, match: {{ type: custom }}, template: wide }}\n  - {{ name: q, match: {{ type: custom }}, template: narrow, priority: {priority} }}\n"
        );
        resolved(&[&text], &facts("x", RoomType::Custom))
    };
    assert_eq!(grants(&with("none", 1)), Vec::<String>::new());
    assert_eq!(with("none", 1).desired.not_made()[0].1[0].policy, "q");
    assert_eq!(grants(&with("none", -1)), ["HR: editor"]);
    assert_eq!(
        grants(&with("none", 0)),
        ["conflict about the role of `HR`"]
    );
    for priority in [-1, 0, 1] {
        assert_eq!(grants(&with("Reader", priority)), ["HR: editor"]);
    }
}

#[test]
fn a_mistake_in_a_shared_file_is_one_problem_and_not_one_in_every_file() {
    let user = "version: 1\ntemplates:\n  t: { extends: base, grants: [{ group: HR, role: Reader }], folders: ['{shared}'] }\npolicies:\n  - { name: p, match: { type: custom }, template: t }\n  - { name: q, match: { type: custom }, template: other }\n";
    for broken in [
        "version: 1\nroles: { Reader: viewer\n",
        "version: 1\nroels: { Reader: viewer }\ntemplates: { base: {}, other: {} }\n",
        "version: 1\nroles: { Reader: viewer }\ntemplates: { base: {}, other: [] }\n",
    ] {
        let (set, reported) = check(&[broken, user]);
        assert!(set.is_none());
        assert_eq!(reported.matches("error[").count(), 1, "{reported}");
    }
    // A mistake in the policies hides no names.
    let (_, reported) = check(&["version: 1\npolicies: [x]\n", user]);
    assert!(reported.contains("no template `base`"), "{reported}");
}

#[test]
fn problems_that_only_follow_from_an_unreadable_part_are_not_reported() {
    let head = "version: 1\ntemplates:\n  t: { grants: [{ gruop: HR, role: viewer }] }\n";
    let reported = problems(&format!(
        "{head}policies:\n  - {{ name: p, match: {{ titel: x }}, template: t }}\n  - {{ name: q, match: {{ title: [[x]] }}, template: t }}\n"
    ));
    assert_eq!(reported.matches("error[").count(), 3, "{reported}");
    assert!(
        !reported.contains("to whom") && !reported.contains("empty"),
        "{reported}"
    );
}

#[test]
fn a_role_with_an_invalid_meaning_is_not_an_unknown_role() {
    let reported = problems(
        "version: 1\nroles: { Reader: veiwer }\ntemplates:\n  t: { grants: [{ group: HR, role: reader }] }\npolicies:\n  - { name: p, match: all, template: t }\n",
    );
    assert_eq!(reported.matches("error[").count(), 1, "{reported}");
    assert!(reported.contains("did you mean `viewer`"), "{reported}");
}

fn policies(list: &[(&str, &str)]) -> String {
    let policies: String = list
        .iter()
        .enumerate()
        .map(|(n, (part, template))| {
            format!("  - {{ name: p{n}, match: {part}, template: {template} }}\n")
        })
        .collect();
    format!(
        "version: 1\ntemplates:\n  one: {{ grants: [{{ group: HR, role: viewer }}, {{ group: IT, role: viewer }}] }}\n  two: {{ grants: [{{ group: hr, role: editor }}, {{ group: IT, role: editor }}] }}\npolicies:\n{policies}"
    )
}

#[test]
fn every_pair_of_policies_that_can_disagree_is_reported_once_with_all_subjects() {
    let custom = "{ type: custom }";
    let reported = problems(&policies(&[
        (custom, "one"),
        (custom, "one"),
        (custom, "two"),
    ]));
    assert_eq!(reported.matches("[conflict]").count(), 2, "{reported}");
    for pair in ["`p0` and `p2`", "`p1` and `p2`"] {
        assert!(reported.contains(pair), "{reported}");
    }
    assert!(
        reported.contains("`HR`: ") && reported.contains("`IT`: "),
        "{reported}"
    );
}

#[test]
fn creators_with_different_addresses_are_different_people() {
    let with = |one: &str, two: &str| {
        let part = |creator| format!("{{ type: custom, creator: {creator} }}");
        problems(&policies(&[(&part(one), "one"), (&part(two), "two")]))
    };
    assert_eq!(with("'*@legal.example.org'", "'*@sales.example.org'"), "");
    assert!(with("'*@legal.example.org'", "'anna@*'").contains("[conflict]"));
    let id = "66faa6e4-f133-11ea-b126-00ffeec8b4ef";
    assert!(with("'*@legal.example.org'", id).contains("[conflict]"));
}

#[test]
fn a_role_that_some_types_do_not_have_is_reported_once_and_not_for_excluded_types() {
    let with = |part: &str| {
        problems(&format!(
            "version: 1\ntemplates:\n  t: {{ grants: [{{ group: HR, role: viewer }}] }}\npolicies:\n  - {{ name: p, match: {part}, template: t }}\n"
        ))
    };
    let reported = with("all");
    assert_eq!(reported.matches("warning[").count(), 1, "{reported}");
    assert!(
        reported.contains("Public") && reported.contains("Form filling"),
        "{reported}"
    );
    assert_eq!(
        with("{ title: '*', except: { type: [public, form-filling] } }"),
        ""
    );
    let narrower = "{ title: '*', except: { type: [public, form-filling], title: x } }";
    assert!(with(narrower).contains("impossible-role"));
}

fn group(id: &str, name: &str) -> GroupEntry {
    GroupEntry {
        id: GroupId::new(id),
        name: name.to_owned(),
    }
}

fn bound(files: &[&str], directory: &Snapshot) -> Bound {
    let resolution = resolved(files, &facts("x", RoomType::Custom));
    bind(&resolution.desired, RoomType::Custom, directory)
}

fn two(first: &str, second: &str, priority: i32) -> String {
    format!(
        "version: 1\ntemplates:\n  one: {{ grants: [{{ group: HR, role: viewer{first} }}] }}\n  two: {{ grants: [{{ group: hr, role: editor{second} }}] }}\npolicies:\n  - {{ name: p, match: {{ type: custom }}, template: one, priority: {priority} }}\n  - {{ name: q, match: {{ type: custom }}, template: two }}\n"
    )
}

#[test]
fn the_winning_grant_also_decides_about_a_missing_name() {
    let nobody = Snapshot::default();
    let skip = ", on_missing: skip";
    for (text, missing, left_out) in [
        (two(skip, "", 1), 0, 1),
        (two("", skip, 1), 1, 0),
        (two(skip, "", -1), 1, 0),
        (two(skip, skip, 0), 0, 1),
        (two(skip, "", 0), 1, 0),
    ] {
        let bound = bound(&[&text], &nobody);
        let counts = (bound.shortfalls.len(), bound.left_out.len());
        assert_eq!(counts, (missing, left_out), "{text}");
        assert!(bound.conflicts.is_empty() && bound.grants.is_empty());
    }
}

#[test]
fn groups_of_the_same_name_are_reported_with_their_ids_and_an_id_means_one() {
    let mut directory = Snapshot::default();
    let both = vec![group("g1", "HR"), group("g2", "HR")];
    directory.add_group("HR", both);
    directory.add_group("g2", vec![group("g2", "HR")]);
    let text = two("", "", 1);
    let ambiguous = bound(&[&text], &directory);
    assert!(ambiguous.grants.is_empty());
    assert_eq!(ambiguous.shortfalls.len(), 1);
    let reason = &ambiguous.shortfalls[0].reason;
    assert!(reason.contains("g1, g2"), "{reason}");
    let by_id = bound(
        &[&text
            .replace("group: HR", "group: g2")
            .replace("group: hr", "group: G2")],
        &directory,
    );
    assert_eq!(by_id.grants.len(), 1);
    assert!(by_id.shortfalls.is_empty());
}
