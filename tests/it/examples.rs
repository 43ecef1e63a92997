//! Every folder of `examples/` with policies: their rooms, and what `explain` says of them. The documentation cannot lie.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use roomwright::yaml::{Sources, parse, to_json};

#[test]
fn every_example_explains_its_rooms_as_written() {
    let mut seen = 0;
    for entry in std::fs::read_dir("examples").unwrap() {
        let directory = entry.unwrap().path();
        // Seeds of the simulated portal and alert rules are no policies.
        if ["simulator", "alerts"]
            .iter()
            .any(|name| directory.ends_with(name))
        {
            continue;
        }
        let expected = directory.join("explain.txt");
        let shown = explained(&directory);
        let written = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(shown, written, "{}", expected.display());
        seen += 1;
    }
    assert!(seen >= 3);
}

fn explained(directory: &Path) -> String {
    let mut sources = Sources::default();
    let id = sources.add(
        "rooms.yaml",
        std::fs::read_to_string(directory.join("rooms.yaml")).unwrap(),
    );
    let mut problems = Vec::new();
    let rooms = to_json(&parse(&sources, id, &mut problems).unwrap());
    assert_eq!(problems, []);
    let mut shown = String::new();
    for room in rooms.as_array().unwrap() {
        let text = |key: &str| room[key].as_str().unwrap().to_owned();
        let output = Command::new(env!("CARGO_BIN_EXE_roomwright"))
            .current_dir(directory)
            .env_clear()
            .args([
                "explain",
                "--policies",
                "policies.yaml",
                "--title",
                &text("title"),
                "--type",
                &text("type"),
            ])
            .args(["--creator", &text("creator"), "--date", &text("date")])
            .output()
            .unwrap();
        writeln!(
            shown,
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
        .unwrap();
    }
    shown
}
