//! The commands that the pages show work as they are written.

use std::fs;
use std::process::Command;

use super::{BINARY, rows};
use crate::cli::shown;
use crate::process_harness::Site;

const README: &str = include_str!("../../../README.md");

/// The lines of the first block of commands under a heading of the README.
fn commands(heading: &str) -> Vec<&'static str> {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    block.lines().collect()
}

/// Runs lines in a shell in which `roomwright` is the tested program.
fn in_shell(mut shell: Command, lines: &[&str]) {
    let function = format!("roomwright() {{ '{BINARY}' \"$@\"; }}");
    let script = format!("set -euo pipefail\n{function}\n{}\n", lines.join("\n"));
    let output = shell.args(["-c", &script]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{script}{}", shown(&output));
}

#[test]
fn the_readmes_first_five_minutes_work_in_an_empty_directory() {
    let directory = tempfile::tempdir().unwrap();
    let lines = commands("Five minutes");
    assert_eq!(lines[0], "cargo install --locked --path .");
    let mut shell = Command::new("bash");
    shell.current_dir(directory.path());
    in_shell(shell, &lines[1..]);
    assert!(directory.path().join("rooms/policies/rooms.yaml").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_roll_out_and_operating_commands_work_and_write_nothing() {
    let policy = "version: 1\ntemplates: { t: { folders: [A] } }\npolicies: [{ name: a, match: { title: Nothing }, template: t }]\n";
    let site = Site::new(policy).await;
    let [doctor, plan, serve] = commands("The roll-out")[..] else {
        panic!("three steps")
    };
    in_shell(site.command("bash"), &[doctor, plan]);
    let observing = serve.split(" #").next().unwrap().trim();
    let line = observing.replacen("roomwright", "exec \"$0\"", 1);
    let service = site.serve_under(&line).await;
    assert_eq!(service.end().await, Some(0));
    let operating = commands("Operating");
    let (serving, others) = operating.split_first().unwrap();
    assert!(serving.starts_with("roomwright serve "), "{serving}");
    in_shell(site.command("bash"), others);
    assert!(site.portal.writes().is_empty());
    site.portal.stop();
}

/// All commands of a page, in order.
fn script(page: &str) -> String {
    let blocks = page.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_page_of_the_first_room_works_line_by_line() {
    let page = fs::read_to_string("docs/first-room.md").unwrap();
    // Free ports: others may use the ports of the page.
    let ports: Vec<String> = [(); 2]
        .map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap())
        .iter()
        .map(|socket| socket.local_addr().unwrap().port().to_string())
        .collect();
    let script = script(&page)
        .replace("127.0.0.1:8092", &format!("127.0.0.1:{}", ports[0]))
        .replace("127.0.0.1:3000", &format!("127.0.0.1:{}", ports[1]));
    let directory = tempfile::tempdir().unwrap();
    let bin = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(BINARY, bin.path().join("roomwright")).unwrap();
    // If the page fails halfway, its processes end with the shell.
    let script =
        format!("set -eo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n{script}");
    let output = Command::new("timeout")
        .args(["60", "bash", "-c", &script])
        .current_dir(directory.path())
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.path().display()))
        .output()
        .unwrap();
    let output_text = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{output_text}");
    assert!(output_text.contains("\n  in sync\n"), "{output_text}");
}

#[test]
fn help_and_pages_name_the_same_exit_codes_and_variables() {
    let output = Command::new(BINARY).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let (codes, environment) = codes.split_once("\n\n").unwrap();
    let said: Vec<&str> = codes
        .lines()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    let page = fs::read_to_string("docs/exit-codes.md").unwrap();
    let (table, _) = page.split_once("\n## ").unwrap();
    let documented: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|cell| cell.parse::<u8>().is_ok())
        .collect();
    assert_eq!(said, documented);
    for (name, _) in rows("variable") {
        assert!(
            environment.contains(name.trim_end_matches("_FILE")),
            "{name}"
        );
    }
}

#[test]
fn the_image_is_built_with_the_oldest_compiler_that_is_supported() {
    let manifest = fs::read_to_string("Cargo.toml").unwrap();
    let line = manifest
        .lines()
        .find(|line| line.starts_with("rust-version"));
    let oldest = line.unwrap().split('"').nth(1).unwrap();
    let image = fs::read_to_string("deploy/Containerfile").unwrap();
    assert!(image.contains(&format!("FROM rust:{oldest}-")));
}

#[test]
fn the_image_is_built_from_all_files_that_the_program_contains() {
    let admitted = fs::read_to_string(".dockerignore").unwrap();
    let mut open = vec![std::path::PathBuf::from("src")];
    let mut outside = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        // The image has neither the demo nor the simulator.
        let is_left_out = |part: &str| path.starts_with(part);
        if ["src/cli/demo", "src/cli/simulator.rs", "src/simulator"]
            .iter()
            .any(|part| is_left_out(part))
        {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        for included in text.split("include_str!(\"").skip(1) {
            let included = included.split('"').next().unwrap();
            let file = path
                .parent()
                .unwrap()
                .join(included)
                .canonicalize()
                .unwrap();
            let here = fs::canonicalize(".").unwrap();
            let file = file.strip_prefix(here).unwrap();
            let folder = file
                .components()
                .next()
                .unwrap()
                .as_os_str()
                .to_str()
                .unwrap();
            outside += usize::from(folder != "src");
            assert!(
                admitted.contains(&format!("!{folder}\n")),
                "{}",
                file.display()
            );
        }
    }
    assert!(outside > 0, "no file outside of src was found");
}
