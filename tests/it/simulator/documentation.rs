//! docs/simulator.md: every command and every table is checked against the simulator.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::shell::{self, Ran, Shell};
use super::{Running, run};
use crate::cli::shown;

const DOCUMENTATION: &str = include_str!("../../../docs/simulator.md");

/// The listener of the quick start.
async fn listener() -> (Arc<Mutex<Vec<String>>>, String) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let into = heard.clone();
    let receive = move |method: Method, headers: HeaderMap, body: Bytes| async move {
        if method == Method::POST {
            assert!(headers.contains_key("x-docspace-signature-256"));
            let body = String::from_utf8(body.to_vec()).unwrap();
            into.lock().unwrap().push(body);
        }
    };
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let app = Router::new().fallback(receive);
    tokio::spawn(async move { axum::serve(socket, app).await.unwrap() });
    (heard, url)
}

/// Runs all commands of the documentation, with other ports.
async fn all(portal: &Running, hook: &str) -> Vec<Ran> {
    let text = DOCUMENTATION
        .replace("http://127.0.0.1:8092", portal.base())
        .replace("http://127.0.0.1:8130", hook);
    let mut shell = Shell::default();
    let mut ran = Vec::new();
    for line in shell::lines(&text) {
        ran.extend(shell.run(&line).await);
    }
    ran
}

#[tokio::test]
async fn every_documented_command_works_as_written() {
    let portal = Running::start(&["--waits", "0"]);
    let (heard, url) = listener().await;
    let ran = all(&portal, &url).await;
    for Ran {
        call,
        status,
        answer,
    } in &ran
    {
        assert_eq!(*status, 200, "{call}: {answer}");
    }
    // The quick start: the room, its folder, the delivery of the other room.
    let listed = ran.iter().find(|ran| ran.call.ends_with("?filterType=2"));
    assert!(listed.unwrap().answer.contains("Plans"));
    let heard = heard.lock().unwrap().clone();
    let is_of_red = |text: &String| {
        let delivery: Value = serde_json::from_str(text).unwrap();
        delivery["event"]["trigger"] == "room.created" && delivery["payload"]["title"] == "Team Red"
    };
    assert!(heard.iter().any(is_of_red), "{heard:?}");

    // Every call of the control endpoint is documented.
    let overview = ran.iter().find(|ran| ran.call.ends_with("/simulator"));
    let overview: Value = serde_json::from_str(&overview.unwrap().answer).unwrap();
    for call in overview["calls"].as_array().unwrap() {
        let call = call["call"].as_str().unwrap();
        let (method, path) = call.split_once(' ').unwrap();
        let is_shown = ran.iter().any(|ran| {
            let asked = ran.call.replace(portal.base(), "");
            asked
                .split_once(' ')
                .is_some_and(|(shown, at)| shown == method && is_of(path, at))
        });
        assert!(is_shown, "{call} is not in the documentation");
    }
}

/// Whether a path matches this template.
fn is_of(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(part, written)| part.starts_with('{') || part == written)
}

#[tokio::test]
async fn every_documented_fault_can_be_armed_and_no_other_exists() {
    let portal = Running::start(&[]);
    let http = reqwest::Client::new();
    let url = format!("{}/simulator/faults", portal.base());
    let section = DOCUMENTATION.split("| `kind` |").nth(1).unwrap();
    let section = section.split("\n\n").next().unwrap();
    let mut shown = Vec::new();
    for row in section.lines().skip(2) {
        // A row can show more than one spelling.
        let written = row.split('`').skip(1).step_by(2);
        for text in written.filter(|text| serde_json::from_str::<Value>(text).is_ok()) {
            let kind: Value = serde_json::from_str(text).unwrap();
            let name = match &kind {
                Value::String(name) => name.clone(),
                kind => kind.as_object().unwrap().keys().next().unwrap().clone(),
            };
            if matches!(name.as_str(), "next-listing" | "after") {
                continue;
            }
            let body = json!({ "kind": kind }).to_string();
            let got = http.post(&url).body(body).send().await.unwrap();
            assert_eq!(got.status(), 200, "{text}");
            shown.push(name);
        }
    }
    let unknown = http
        .post(&url)
        .body(r#"{"kind": "x"}"#)
        .send()
        .await
        .unwrap();
    let unknown: Value = unknown.json().await.unwrap();
    let error = unknown["error"].as_str().unwrap();
    let mut known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    known.sort_unstable();
    shown.sort_unstable();
    assert_eq!(shown, known);
}

#[test]
fn the_documented_seed_is_valid_and_every_key_is_documented() {
    let directory = tempfile::tempdir().unwrap();
    let seed = directory.path().join("seed.yaml");
    let text = DOCUMENTATION.split("```yaml\n").nth(1).unwrap();
    std::fs::write(&seed, text.split("```").next().unwrap()).unwrap();
    let portal = Running::start(&["--seed", seed.to_str().unwrap()]);
    for name in [
        "user:cleo",
        "group:Legal department",
        "room:contracts",
        "key:anna",
    ] {
        assert!(!portal.first_line["names"][name].is_null(), "{name}");
    }
    let table = DOCUMENTATION.split("## The seed").nth(1).unwrap();
    let table = table.split("## The control endpoint").next().unwrap();
    let wrong = "x: 1\nportal: { x: 1 }\naccounts: { a: { x: 1 } }\ngroups: { g: { x: 1 } }\nkeys: { k: { x: 1 } }\nrooms: { r: { x: 1 } }\n";
    std::fs::write(&seed, wrong).unwrap();
    let report = shown(&run(directory.path(), &["--seed", "seed.yaml"]));
    let known: Vec<&str> = report
        .split("(known here: ")
        .skip(1)
        .flat_map(|known| known.split(')').next().unwrap().split(", "))
        .collect();
    assert!(known.len() > 30, "{report}");
    for key in known {
        assert!(
            table.contains(&format!("`{key}`")),
            "`{key}` is not documented"
        );
    }
}

#[test]
fn every_option_is_documented() {
    let help = run(std::path::Path::new("."), &["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    let options = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"));
    // The README explains the options of every command.
    let of_all = [
        "--help",
        "--version",
        "--config",
        "--log",
        "--log-format",
        "--policies",
        "--quiet...",
        "--store",
        "--verbose...",
    ];
    for option in options.filter(|option| !of_all.contains(option)) {
        assert!(DOCUMENTATION.contains(&format!("| `{option}")), "{option}");
    }
}
