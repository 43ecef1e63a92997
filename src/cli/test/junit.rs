//! The results of tests as `JUnit` XML, for continuous integration.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesText, Event};

use super::Ran;
use super::results::differences;
use crate::room::escape_control;

/// The file with all results.
pub(super) fn as_xml(ran: &[Ran<'_>]) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let failed = ran.iter().filter(|(_, tested)| !tested.passed()).count();
    let counts = [ran.len().to_string(), failed.to_string()];
    let [tests, failures] = counts.each_ref().map(String::as_str);
    writer.write_event(Event::Decl(quick_xml::events::BytesDecl::new(
        "1.0",
        Some("UTF-8"),
        None,
    )))?;
    writer
        .create_element("testsuites")
        .with_attributes([("tests", tests), ("failures", failures)])
        .write_inner_content(|writer| {
            writer
                .create_element("testsuite")
                .with_attributes([
                    ("name", "roomwright"),
                    ("tests", tests),
                    ("failures", failures),
                ])
                .write_inner_content(|writer| ran.iter().try_for_each(|ran| case(writer, ran)))?;
            Ok(())
        })?;
    let mut text = writer.into_inner();
    text.push(b'\n');
    Ok(text)
}

fn case(writer: &mut Writer<Vec<u8>>, (test, tested): &Ran<'_>) -> io::Result<()> {
    let name = escape_control(&test.name);
    let file = escape_control(&test.place.file);
    let line = test.place.line.to_string();
    let element = writer.create_element("testcase").with_attributes([
        ("name", name.as_ref()),
        ("classname", file.as_ref()),
        ("file", file.as_ref()),
        ("line", line.as_str()),
    ]);
    if tested.passed() {
        element.write_empty()?;
        return Ok(());
    }
    let text = differences(tested);
    let lines: Vec<_> = text.lines().map(escape_control).collect();
    element.write_inner_content(|writer| {
        writer
            .create_element("failure")
            .with_attribute(("message", "the room does not get what the test expects"))
            .write_text_content(BytesText::new(&lines.join("\n")))?;
        Ok(())
    })?;
    Ok(())
}
