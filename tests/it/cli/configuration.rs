//! Flags override the environment, which overrides the file. Errors have their place, and only commands that need a
//! value report it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use insta::assert_snapshot;
use roomwright::config::{Config, Error, Flags};
use roomwright::store::{OpenMode, Store};
use secrecy::ExposeSecret;

use super::{POLICY, run, shown, with_policy};

fn load(file: &str, flags: Flags, environment: &[(&str, &str)]) -> Result<Config, Error> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roomwright.yaml");
    std::fs::write(
        &path,
        file.replace("DIR", directory.path().to_str().unwrap()),
    )
    .unwrap();
    std::fs::write(directory.path().join("key"), "from-file\n").unwrap();
    let flags = Flags {
        config: Some(path),
        ..flags
    };
    let value = |name: &str| {
        let found = environment.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| value.replace("DIR", directory.path().to_str().unwrap()))
    };
    Config::load(&flags, &value)
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let file = "policies: file\nstore: sqlite:file\ndocspace: { host: https://file.example.org }\n";
    let config = load(file, Flags::default(), &[]).unwrap();
    assert!(config.policies.ends_with("file"));
    assert!(config.store.ends_with("/file"));
    let environment = [
        ("ROOMWRIGHT_POLICIES", "environment"),
        ("ROOMWRIGHT_STORE", "sqlite:environment"),
        ("DOCSPACE_API_HOST", "https://environment.example.org"),
    ];
    let config = load(file, Flags::default(), &environment).unwrap();
    assert_eq!(config.policies, PathBuf::from("environment"));
    assert_eq!(config.store, "sqlite:environment");
    assert_eq!(
        config.host.as_deref(),
        Some("https://environment.example.org")
    );
    let flags = Flags {
        policies: Some(PathBuf::from("flag")),
        store: Some("sqlite:flag".to_owned()),
        ..Flags::default()
    };
    let config = load(file, flags, &environment).unwrap();
    assert_eq!(config.policies, PathBuf::from("flag"));
    assert_eq!(config.store, "sqlite:flag");
}

#[test]
fn a_secret_comes_from_its_variable_or_from_a_file() {
    let file = "docspace: { api_key_file: DIR/key }\n";
    let key = |environment: &[(&str, &str)]| {
        let config = load(file, Flags::default(), environment);
        config.map(|config| config.api_key.unwrap().expose_secret().to_owned())
    };
    assert_eq!(key(&[]).unwrap(), "from-file");
    assert_eq!(
        key(&[("DOCSPACE_API_KEY", "from-variable")]).unwrap(),
        "from-variable"
    );
    assert_eq!(
        key(&[("DOCSPACE_API_KEY_FILE", "DIR/key")]).unwrap(),
        "from-file"
    );
    let both = [
        ("DOCSPACE_API_KEY", "x"),
        ("DOCSPACE_API_KEY_FILE", "DIR/key"),
    ];
    assert!(
        key(&both)
            .unwrap_err()
            .to_string()
            .contains("one of the two")
    );
    assert!(
        key(&[("DOCSPACE_API_KEY", " ")])
            .unwrap_err()
            .to_string()
            .contains("empty")
    );
}

#[test]
fn paths_in_the_file_are_relative_to_the_file_and_others_to_the_working_directory() {
    let elsewhere = tempfile::tempdir().unwrap();
    let text = "policies: rules\nstore: sqlite:./here.db\ndocspace: { host: https://portal.example.org, api_key_file: key }\n";
    let path = elsewhere.path().join("roomwright.yaml");
    std::fs::write(&path, text).unwrap();
    std::fs::write(elsewhere.path().join("key"), "its-key").unwrap();
    let flags = Flags {
        config: Some(path.clone()),
        ..Flags::default()
    };
    let config = Config::load(&flags, &|_| None).unwrap();
    assert_eq!(config.policies, elsewhere.path().join("rules"));
    assert_eq!(
        config.store,
        format!("sqlite:{}", elsewhere.path().join("./here.db").display())
    );
    assert_eq!(config.api_key.unwrap().expose_secret(), "its-key");
    let environment = |name: &str| (name == "ROOMWRIGHT_POLICIES").then(|| "mine".to_owned());
    let config = Config::load(&flags, &environment).unwrap();
    assert_eq!(config.policies, PathBuf::from("mine"));
    std::fs::write(&path, "store: sqlite:/srv/there.db\npolicies: /srv/rules\n").unwrap();
    let config = Config::load(&flags, &|_| None).unwrap();
    assert_eq!(config.store, "sqlite:/srv/there.db");
    assert_eq!(config.policies, PathBuf::from("/srv/rules"));
}

#[test]
fn the_port_of_the_environment_wins_over_that_of_the_file() {
    let listen = |file: &str, environment: &[(&str, &str)]| {
        let config = load(file, Flags::default(), environment).unwrap();
        config.listen.to_string()
    };
    let file = "listen: 127.0.0.1:4000\n";
    assert_eq!(listen("", &[]), "0.0.0.0:3000");
    assert_eq!(listen("", &[("PORT", "5000")]), "0.0.0.0:5000");
    assert_eq!(listen(file, &[]), "127.0.0.1:4000");
    assert_eq!(listen(file, &[("PORT", "5000")]), "127.0.0.1:5000");
    let both = [("PORT", "5000"), ("ROOMWRIGHT_LISTEN", "127.0.0.2:6000")];
    assert_eq!(listen(file, &both), "127.0.0.2:6000");
}

#[test]
fn a_file_whose_lines_are_all_commented_out_means_the_defaults() {
    for text in ["", "# listen: 0.0.0.0:3000\n", "---\n"] {
        let config = load(text, Flags::default(), &[]).unwrap();
        assert_eq!(config.policies, PathBuf::from("policies"), "{text}");
    }
}

#[test]
fn meaningless_values_are_reported_at_their_position() {
    let directory = with_policy(POLICY);
    let printed = |text: &str| {
        std::fs::write(directory.path().join("roomwright.yaml"), text).unwrap();
        shown(&run(directory.path(), &["validate"]))
    };
    assert_snapshot!(printed("listen: everywhere\nretry: { first: 2 h }\nlimits: { writes_per_day: 0 }\ndocspace: { api_key: x, host: *h }\n"), @"
    exit 3
    error[listen]: `everywhere` is not an address to listen on
     --> roomwright.yaml:1:9
      |
    1 | listen: everywhere
      |         ^^^^^^^^^^
      |
      = help: write a host and a port, such as `0.0.0.0:3000`

    error[retry]: the longest pause is shorter than the first
     --> roomwright.yaml:2:17
      |
    2 | retry: { first: 2 h }
      |                 ^^^
      |
      = help: pauses grow from `first` to `longest`; the default is 5 s to 30 min

    error[zero]: 0 would stop everything; write at least 1
     --> roomwright.yaml:3:27
      |
    3 | limits: { writes_per_day: 0 }
      |                           ^

    error[unknown-key]: unknown key `api_key`; did you mean `api_key_file`? (known here: host, api_key_file, webhook_secret_file, webhook_secret_previous_file, webhook_url, ownership)
     --> roomwright.yaml:4:13
      |
    4 | docspace: { api_key: x, host: *h }
      |             ^^^^^^^

    error[alias]: `*h` is a YAML alias, which is not supported here
     --> roomwright.yaml:4:31
      |
    4 | docspace: { api_key: x, host: *h }
      |                               ^^
      |
      = help: quote the text: '*h'
    ");
}

#[test]
fn commands_without_a_portal_need_no_secret_and_no_name_service() {
    let directory = with_policy(POLICY);
    std::fs::write(
        directory.path().join("roomwright.yaml"),
        "listen: no-such-host.invalid:3000\ndocspace: { api_key_file: /nowhere/key, webhook_secret_file: /nowhere/hook }\n",
    )
    .unwrap();
    for arguments in [
        &["validate"][..],
        &["schema"],
        &["explain", "--title", "x", "--type", "custom"],
    ] {
        let output = run(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    }
    let plan = run(directory.path(), &["plan", "7"]);
    assert_eq!(plan.status.code(), Some(3), "{}", shown(&plan));
}

fn with_portal(directory: &Path, host: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomwright"));
    command.current_dir(directory).args(arguments).env_clear();
    command
        .env("DOCSPACE_API_HOST", host)
        .env("DOCSPACE_API_KEY", "k");
    command.output().unwrap()
}

#[tokio::test]
async fn reading_the_store_needs_no_secret_and_no_address() {
    let directory = with_policy(POLICY);
    let file = "listen: nowhere.example:1\ndocspace: { api_key_file: nowhere/key }\n";
    std::fs::write(directory.path().join("roomwright.yaml"), file).unwrap();
    let url = format!(
        "sqlite:{}",
        directory.path().join("roomwright.db").display()
    );
    let store = Store::open(&url, OpenMode::Create).await.unwrap();
    store.close().await;
    let host = "https://docspace.example.com";
    let code = |arguments: &[&str]| with_portal(directory.path(), host, arguments).status.code();
    assert_eq!(code(&["rooms"]), Some(0));
    assert_eq!(code(&["deliveries", "list"]), Some(0));
    assert_eq!(code(&["plan", "7"]), Some(3));
}

#[test]
fn invalid_addresses_are_configuration_errors_and_invalid_filters_are_wrong_usage() {
    let directory = with_policy(POLICY);
    let code = |host: &str, arguments: &[&str]| {
        with_portal(directory.path(), host, arguments).status.code()
    };
    let host = "https://docspace.example.com";
    assert_eq!(code("docspace.example.com", &["plan", "7"]), Some(3));
    for store in ["foo:bar", "postgres://x"] {
        assert_eq!(code(host, &["rooms", "--store", store]), Some(3), "{store}");
    }
    // It can contain a password.
    let secret = ["rooms", "--store", "postgres://me:hunter2@db/x"];
    let printed = with_portal(directory.path(), host, &secret).stderr;
    assert!(!String::from_utf8(printed).unwrap().contains("hunter2"));
    assert_eq!(code(host, &["schema", "--log", "=!="]), Some(64));
    assert_eq!(
        code(host, &["schema", "--log", "roomwright=debug,warn"]),
        Some(0)
    );
}
