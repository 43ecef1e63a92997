//! `diff` compares two versions of the policies for the rooms of the portal or of a list.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use roomwright::simulator::RoomType;
use serde_json::Value;

use crate::cli::{run, shown};
use crate::process_harness::Site;

const OLD: &str = r#"version: 1
templates:
  client:
    folders: ["Correspondence {client}"]
    grants: [{ group: HR, role: viewer }]
policies:
  - name: clients
    match: { title: "Client - {client}", creator_group: Managers }
    template: client
"#;
const ROOMS: &str = r#"
- { title: Client - ACME, type: custom, creator: anna@example.org, creator_groups: [Managers] }
- { title: Client - Müller, type: custom, creator_name: Anna, creator_groups: [managers], date: 2026-07-01 }
- { title: Client - Late, type: custom }
- { title: Lunch, type: collaboration, tags: [food] }
"#;

fn new() -> String {
    OLD.replace("role: viewer", "role: editor")
        .replace("[\"Corr", "[Drafts, \"Corr")
}

/// A directory with the new policies and a list of rooms.
fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("policies/rooms.yaml", new()),
        ("before/rooms.yaml", OLD.to_owned()),
        ("rooms.yaml", ROOMS.to_owned()),
    ] {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn diff(directory: &Path, arguments: &[&str]) -> String {
    let all = [&["diff", "--rooms", "rooms.yaml"], arguments].concat();
    shown(&run(directory, &all))
}

#[test]
fn a_folder_with_the_other_version_is_compared_over_a_list() {
    let directory = directory();
    let directory = directory.path();
    assert_snapshot!(diff(directory, &["before"]), @"
    exit 2
    ## 2 of 4 rooms change

    ### 2 rooms: `Client - ACME`, `Client - Müller`

    - group `HR` **gains**: Viewer → Editor
    - folder `Drafts`
    ");
    assert_snapshot!(diff(directory, &["policies"]), @"
    exit 0
    ## No room changes

    4 rooms compared.
    ");
    let json = run(
        directory,
        &[
            "diff",
            "--rooms",
            "rooms.yaml",
            "before",
            "--format",
            "json",
        ],
    );
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["changed"], 2);
    assert_eq!(json["groups"][0]["rooms"][0]["title"], "Client - ACME");
}

#[test]
fn a_group_or_tag_that_no_listed_room_has_is_undecided() {
    let directory = directory();
    let directory = directory.path();
    let more = [
        "{ name: odd, match: { title: 'Client - L*', creator_group: [Nope, Everyone] }",
        "{ name: food, match: { type: collaboration, tagged: [food, nope] }",
        "{ name: other, match: { type: collaboration, tagged: nope }",
    ];
    let more = more.map(|policy| format!("  - {policy}, template: {{ folders: [A] }} }}\n"));
    let asking = OLD.to_owned() + &more.concat();
    std::fs::write(directory.join("policies/rooms.yaml"), asking).unwrap();
    assert_snapshot!(diff(directory, &["before"]), @"
    exit 2
    ## 2 of 4 rooms change

    ### `Client - Late`

    - **undecided**: no creator in the list is in the group `Nope`, so it is unknown whether the portal has it; if not, the room is refused

    ### `Lunch`

    - policy `food` applies
    - **undecided**: no room of the list has the tag `nope`, so it is unknown whether the portal has it; if not, the room is refused
    - folder `A`
    ");
    // Both versions depend on it, so it makes no difference between them.
    assert_snapshot!(diff(directory, &["policies"]), @"
    exit 0
    ## No room changes

    4 rooms compared.
    ");
}

#[test]
fn what_cannot_be_compared_says_where_and_what_to_do() {
    let directory = directory();
    let directory = directory.path();
    std::fs::write(
        directory.join("rooms.yaml"),
        "- { title: x, type: costum }\n- { titel: y }\n",
    )
    .unwrap();
    assert_snapshot!(diff(directory, &["before"]), @"
    exit 3
    error[unknown-type]: `costum` is not a room type; did you mean `custom`?
     --> rooms.yaml:1:21
      |
    1 | - { title: x, type: costum }
      |                     ^^^^^^
      |
      = help: available: form-filling, collaboration, custom, public, vdr

    error[unknown-key]: unknown key `titel`; did you mean `title`? (known here: room, title, type, creator, creator_name, creator_groups, tags, date)
     --> rooms.yaml:2:5
      |
    2 | - { titel: y }
      |     ^^^^^
    ");
    let broken = OLD.replace("template: client\n", "template: clint\n");
    std::fs::write(directory.join("before/rooms.yaml"), broken).unwrap();
    assert_snapshot!(diff(directory, &["before"]), @"
    exit 3
    error[unknown-template]: there is no template `clint`; did you mean `client`?
     --> before/rooms.yaml:9:15
      |
    9 |     template: clint
      |               ^^^^^
      |
      = help: available: client
    ");
    assert_snapshot!(shown(&run(directory, &["diff", "policies"])), @"
    exit 3
    error: there are no rooms to compare: name a list with `--rooms FILE`, or set the portal: no portal: set DOCSPACE_API_HOST, such as `https://docspace.example.com`, or `docspace.host` in roomwright.yaml
    no API key: set DOCSPACE_API_KEY or DOCSPACE_API_KEY_FILE, or `docspace.api_key_file` in roomwright.yaml
    ");
}

/// Runs git without personal settings.
fn git(directory: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(directory).args(arguments).env_clear();
    git.env("PATH", "/usr/bin:/bin")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{role}_NAME"), "Anna")
            .env(format!("GIT_{role}_EMAIL"), "anna@example.org");
    }
    let output = git.output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
}

/// Runs `diff` with or without git in the path.
fn with_git(directory: &Path, base: &str, path: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomwright"));
    command.current_dir(directory).env_clear().env("PATH", path);
    command.args(["diff", base, "--rooms", "rooms.yaml"]);
    shown(&command.output().unwrap())
}

#[test]
fn a_revision_of_git_is_the_other_version() {
    const PATH: &str = "/usr/bin:/bin";
    let directory = directory();
    let directory = directory.path();
    assert_snapshot!(with_git(directory, "main", PATH), @"
    exit 3
    error: `policies` is not in a git repository: name a folder with the other version of the policies
    ");
    let policies = directory.join("policies");
    git(directory, &["init", "--quiet", "--initial-branch", "main"]);
    git(directory, &["add", "rooms.yaml"]);
    git(directory, &["commit", "--quiet", "--message", "rooms"]);
    git(directory, &["tag", "empty"]);
    std::fs::write(policies.join("rooms.yaml"), OLD).unwrap();
    // Entries that are ignored in a directory are ignored in git, too.
    std::fs::write(policies.join("notes.md"), "no policy").unwrap();
    std::fs::create_dir(policies.join(".old")).unwrap();
    std::fs::write(policies.join(".old/x.yaml"), "no: policy").unwrap();
    std::os::unix::fs::symlink("rooms.yaml", policies.join("link.yaml")).unwrap();
    std::fs::write(policies.join("ü n.yaml"), "version: 1\n").unwrap();
    git(directory, &["add", "--all"]);
    git(directory, &["commit", "--quiet", "--message", "old"]);
    std::fs::remove_file(policies.join("link.yaml")).unwrap();
    std::fs::write(policies.join("rooms.yaml"), new()).unwrap();
    let of_folder = diff(directory, &["before"]);
    assert_eq!(with_git(directory, "main", PATH), of_folder);
    assert_eq!(with_git(directory, "HEAD~0", PATH), of_folder);
    // The directory did not exist yet.
    assert_snapshot!(with_git(directory, "empty", PATH), @"
    exit 2
    ## 2 of 4 rooms change

    ### 2 rooms: `Client - ACME`, `Client - Müller`

    - policy `clients` applies
    - group `HR` **gains** Editor
    - folder `Correspondence {client}`
    - folder `Drafts`
    ");
    assert_snapshot!(with_git(directory, "no-such-branch", PATH), @"
    exit 3
    error: `no-such-branch` is neither a folder nor a revision that git knows here
    ");
    assert_snapshot!(with_git(directory, "--output=x", PATH), @"
    exit 64
    error: unexpected argument '--output' found

      tip: to pass '--output' as a value, use '-- --output'

    Usage: roomwright diff [OPTIONS] <BASE>

    For more information, try '--help'.
    ");
    assert_snapshot!(with_git(directory, "main", "/nowhere"), @"
    exit 3
    error: `git` is not installed: install it, or name a folder with the other version of the policies
    ");
    // In a subdirectory, and with an invalid file, whose place names the revision.
    std::fs::write(policies.join("rooms.yaml"), "version: 1\npolicies: 7\n").unwrap();
    git(
        directory,
        &["commit", "--quiet", "--all", "--message", "broken"],
    );
    std::fs::write(policies.join("rooms.yaml"), new()).unwrap();
    assert_snapshot!(with_git(directory, "main", PATH), @"
    exit 3
    error[wrong-type]: expected a list, found `7`
     --> main:policies/rooms.yaml:2:11
      |
    2 | policies: 7
      |           ^
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rooms_of_the_portal_are_compared_and_saved_for_another_time() {
    let site = Site::new(&new()).await;
    let (portal, cast) = (&site.portal, &site.cast);
    portal.add_group("Managers", &[&cast.boss]);
    for title in ["Client - ACME", "Client - Müller", "Lunch"] {
        let room = portal.create_room(&cast.boss, RoomType::Custom, title);
        portal.add_tag(&cast.boss, &room, "a");
    }
    portal.create_room(&cast.me, RoomType::Custom, "Client - Other");
    let before = site.directory.path().join("before");
    std::fs::create_dir(&before).unwrap();
    std::fs::write(before.join("rooms.yaml"), OLD).unwrap();
    let diff = |more: &[&str]| site.run(&[&["diff", "before", "--log", "off"], more].concat());
    let (code, live) = diff(&["--save-rooms", "rooms.json"]);
    assert_snapshot!(live, @"
    ## 2 of 4 rooms change

    ### 2 rooms: `Client - ACME`, `Client - Müller`

    - group `HR` **gains**: Viewer → Editor
    - folder `Drafts`
    ");
    assert_eq!(code, Some(2));
    let (code, saved) = diff(&["--rooms", "rooms.json"]);
    assert_eq!((code, saved), (Some(2), live));
    assert!(portal.writes().is_empty());
    site.portal.stop();
}

#[test]
fn a_list_without_rooms_is_an_error_and_not_a_change_without_effect() {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in [("a", "version: 1\n"), ("policies", "version: 1\n")] {
        std::fs::create_dir(directory.path().join(name)).unwrap();
        std::fs::write(directory.path().join(name).join("a.yaml"), text).unwrap();
    }
    for list in ["[]\n", "# nothing\n"] {
        std::fs::write(directory.path().join("rooms.yaml"), list).unwrap();
        let said = shown(&run(
            directory.path(),
            &["diff", "a", "--rooms", "rooms.yaml"],
        ));
        assert!(said.starts_with("exit 1\n"), "{said}");
        assert!(
            said.contains("`rooms.yaml` has no rooms to compare"),
            "{said}"
        );
    }
}
