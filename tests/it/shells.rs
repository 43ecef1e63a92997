//! Completions, manual pages, help, and the level of the log.

use std::process::Command;

use insta::assert_snapshot;
use roomwright::delivery::Delivery;
use roomwright::room::RoomId;
use roomwright::store::{OpenMode, Store};

use crate::cli::{run, shown};

const BINARY: &str = env!("CARGO_BIN_EXE_roomwright");

fn said(arguments: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let output = run(directory.path(), arguments);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes_a_command_an_option_and_a_value() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("roomwright.bash");
    std::fs::write(&script, said(&["completions", "bash"])).unwrap();
    let completed = |words: &[&str]| {
        let last = words.len() - 1;
        let before = words[last - 1];
        let line = format!(
            "source '{}'; COMP_WORDS=({}); COMP_CWORD={last}; _roomwright roomwright '{}' '{before}'; echo \"${{COMPREPLY[*]}}\"",
            script.display(),
            words.join(" "),
            words[last],
        );
        let output = Command::new("bash").args(["-c", &line]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed(&["roomwright", "heal"]), "healthcheck");
    assert_eq!(completed(&["roomwright", "serve", "--obs"]), "--observe");
    assert_eq!(
        completed(&["roomwright", "validate", "--log-format", "js"]),
        "json"
    );
}

#[test]
fn every_shell_has_a_script_that_knows_all_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = said(&["completions", shell]);
        for command in ["init", "apply", "healthcheck", "deliveries", "completions"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn a_manual_page_for_each_command_is_written_and_the_main_one_printed() {
    let page = said(&["man"]);
    for text in [
        ".TH roomwright 1",
        "DOCSPACE_API_HOST",
        "EXIT STATUS",
        ".SH ENVIRONMENT",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    let directory = tempfile::tempdir().unwrap();
    let output = run(directory.path(), &["man", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    for name in ["", "-serve", "-apply", "-deliveries-retry"] {
        let page = directory.path().join(format!("roomwright{name}.1"));
        assert!(page.exists(), "{}", page.display());
    }
    assert_snapshot!(shown(&run(directory.path(), &["man", "nowhere"])), @"
    exit 1
    error: cannot write into `nowhere`: No such file or directory (os error 2)
    ");
}

#[test]
fn help_names_the_exit_codes_and_the_environment_and_short_help_does_not() {
    let help = said(&["--help"]);
    for text in ["Exit codes:", "  64  ", "Environment:", "NO_COLOR", "PORT"] {
        assert!(help.contains(text), "{text}\n{help}");
    }
    assert!(!said(&["-h"]).contains("Exit codes:"));
}

/// A service that warns about its missing secret and does not find its portal.
const WARNING: &str = "serve --insecure-skip-signature";

/// Its output in a pipe or in a terminal.
fn warned(flags: &str, terminal: bool, environment: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let line = format!("{BINARY} {flags} {WARNING}");
    let words: &[&str] = match terminal {
        true => &["script", "-qec", &line, "/dev/null"],
        false => &["bash", "-c", &line],
    };
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .current_dir(directory.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TERM", "xterm")
        .envs(environment.iter().copied());
    shown(&command.output().unwrap())
}

#[test]
fn the_log_has_colours_only_on_a_terminal_and_only_if_they_are_wanted() {
    assert!(warned("", true, &[]).contains("\u{1b}["));
    for plain in [
        warned("", true, &[("NO_COLOR", "1")]),
        warned("", false, &[]),
    ] {
        assert!(plain.contains("WARN signatures"), "{plain}");
        assert!(!plain.contains('\u{1b}'), "{plain}");
    }
}

#[test]
fn quiet_logs_warnings_and_twice_only_errors() {
    for (flags, is_logged) in [("", true), ("-v", true), ("-q", true), ("-qq", false)] {
        let printed = warned(flags, false, &[]);
        assert_eq!(printed.contains("WARN signatures"), is_logged, "{printed}");
        assert!(printed.contains("error: no portal"), "{printed}");
    }
}

#[test]
fn a_filter_and_a_level_exclude_each_other() {
    let directory = tempfile::tempdir().unwrap();
    for [one, other] in [["-q", "-v"], ["-v", "--log=info"], ["-q", "--log=info"]] {
        let printed = shown(&run(directory.path(), &[one, other, "schema"]));
        assert!(printed.starts_with("exit 64\n"), "{printed}");
        assert!(printed.contains("cannot be used with"), "{printed}");
    }
}

#[tokio::test]
async fn rows_of_lists_are_cut_to_the_terminal_and_complete_in_a_pipe() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("roomwright.db");
    let url = format!("sqlite:{}", file.display());
    let store = Store::open(&url, OpenMode::Create).await.unwrap();
    let delivery = Delivery {
        id: 1042,
        trigger: "room.created".to_owned(),
        room: Some(RoomId::new("57")),
        title: "Client – ACME – 2026".to_owned(),
        received_at: crate::world::now(),
    };
    store.accept(&delivery, "{}").await.unwrap();
    store.close().await;
    let whole = shown(&run(directory.path(), &["deliveries", "list"]));
    assert!(whole.contains("Client – ACME – 2026"), "{whole}");
    let line = format!("stty rows 24 cols 50; {BINARY} deliveries list");
    let terminal = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(directory.path())
        .output();
    let cut = shown(&terminal.unwrap()).replace('\r', "");
    let (cut, whole) = (cut.lines().nth(1).unwrap(), whole.lines().nth(1).unwrap());
    assert!(cut.ends_with('…') && cut.chars().count() <= 50, "{cut}");
    assert!(
        whole.starts_with(cut.trim_end_matches('…')),
        "{cut}\n{whole}"
    );
}
