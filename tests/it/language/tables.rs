//! Tables for lookups: the keys of one from a file, and the value for missing keys.

use insta::assert_snapshot;
use roomwright::policy::PolicySet;
use roomwright::resolve::resolve;
use roomwright::room::RoomType;
use roomwright::yaml::{Sources, records};

use super::{facts, paths};

/// A policy whose folder is a value of this table; the file `fac.csv` has the columns `code` and `group`.
fn sources(table: &str, csv: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add(
        "a.yaml",
        format!(
            "version: 1\ntables: {{ t: {table} }}\npolicies:\n  - {{ name: p, match: {{ title: 'T {{c}}', type: custom }}, template: {{ folders: ['{{t[c]}}'] }} }}\n"
        ),
    );
    sources.add("fac.csv", csv);
    sources
}

fn reported(table: &str, csv: &str) -> String {
    let sources = sources(table, csv);
    let (_, problems) = PolicySet::validate(&sources);
    let lines = records(&sources, &problems).into_iter().map(|record| {
        let help = record.help.unwrap_or_default();
        let at = record.place.column;
        format!("{at} {}: {}\n  {help}", record.code, record.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

const CSV: &str = "code,group\nA,Arts\n";

#[test]
fn a_wrong_key_of_a_table_from_a_file_is_an_error() {
    assert_snapshot!(reported("{ file: fac.csv, key: code, vlaue: group, default: Everyone else }", CSV), @r"
    42 unknown-key: unknown key `vlaue`; did you mean `value`? (known here: file, key, value, default)
      `file` says that the rows of this table are in a CSV file
    ");
    assert_snapshot!(reported("{ file: fac.csv, key: code, value: group, note: x }", CSV), @r"
    56 unknown-key: unknown key `note` (known here: file, key, value, default)
      `file` says that the rows of this table are in a CSV file
    ");
    assert_snapshot!(reported("{ fiel: fac.csv, key: code, value: group }", CSV), @r"
    16 unknown-key: unknown key `fiel`; did you mean `file`? (known here: file, key, value, default)
      `file` says that the rows of this table are in a CSV file
    ");
}

#[test]
fn a_missing_key_of_a_table_from_a_file_is_an_error() {
    assert_snapshot!(reported("{ file: fac.CSV }", CSV), @r"
    11 missing-key: the key `key` is missing
      a table from a file is `{ file: partners.csv, key: COLUMN, value: COLUMN }`
    11 missing-key: the key `value` is missing
      a table from a file is `{ file: partners.csv, key: COLUMN, value: COLUMN }`
    ");
    assert_snapshot!(reported("{ file: fac.csv, value: group }", CSV), @r"
    11 missing-key: the key `key` is missing
      a table from a file is `{ file: partners.csv, key: COLUMN, value: COLUMN }`
    ");
}

#[test]
fn ordinary_words_such_as_file_are_rows_of_an_inline_table() {
    for table in [
        "{ file: Files, default: Other }",
        "{ key: Keys, value: Values }",
        "{ value: Values, file: Files.csv.old }",
    ] {
        let is_from_file = table.contains("value: Values, file");
        assert_eq!(reported(table, CSV).is_empty(), !is_from_file, "{table}");
    }
}

#[test]
fn a_table_from_a_file_has_a_default_too() {
    let folders = |title: &str, csv: &str| {
        let table = "{ file: fac.csv, key: code, value: group, default: Others }";
        let (set, problems) = PolicySet::check(&sources(table, csv));
        let set = set.unwrap_or_else(|| panic!("{problems:?}"));
        paths(&resolve(&set, &facts(title, RoomType::Custom)).desired)
    };
    assert_eq!(folders("T a", CSV), ["Arts"]);
    assert_eq!(folders("T b", CSV), ["Others"]);
    let table = "{ file: fac.csv, key: code, value: group, default: Others }";
    let twice = reported(table, "code,group\ndefault,Rest\n");
    assert!(twice.contains("`default` has two values"), "{twice}");
    let empty = reported(
        "{ file: fac.csv, key: code, value: group, default: '' }",
        CSV,
    );
    assert!(empty.contains("empty-value"), "{empty}");
}

#[test]
fn the_word_default_in_another_case_is_a_warning() {
    assert_snapshot!(reported("{ A: Arts, Default: Others }", CSV), @r"
    25 other-default: the key `Default` of the table `t` is a row like any other, not the value for missing keys
      write `default`, in lower case, if you mean the value for missing keys
    ");
    assert_snapshot!(reported("{ file: fac.csv, key: code, value: group }", "code,group\nDEFAULT,Others\n"), @r"
    22 other-default: the key `DEFAULT` of the table `t` is a row like any other, not the value for missing keys
      write `default`, in lower case, if you mean the value for missing keys
    ");
    assert_eq!(reported("{ DEFAULT: Arts, default: Others }", CSV), "");
}
