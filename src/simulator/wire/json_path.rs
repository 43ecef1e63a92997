//! The place of a fault in a body: the keys of `errors` when JSON cannot be read (rooms-api.md J.2, B.1).

/// The path of a member of the value at `above`. Names with special characters are put in brackets.
pub(crate) fn member(above: &str, name: &str) -> String {
    const SIGNS: &str = ". '/\"[]()\t\n\r\u{c}\u{8}\\\u{85}\u{2028}\u{2029}";
    if name.contains(|letter| SIGNS.contains(letter)) {
        format!("{above}['{name}']")
    } else {
        format!("{above}.{name}")
    }
}

/// What is being read: an object and its current member, or an array and the number of complete elements.
enum Frame {
    Object(Option<String>),
    Array(usize),
}

/// The path of the value that was being read when the fault occurred.
pub(crate) fn of_fault(body: &[u8], fault: &serde_json::Error) -> String {
    let at = if fault.is_eof() {
        body.len()
    } else {
        offset(body, fault)
    };
    let frames = frames(body.get(..at).unwrap_or(body));
    frames
        .iter()
        .fold("$".to_owned(), |path, frame| match frame {
            Frame::Object(None) => path,
            Frame::Object(Some(name)) => member(&path, name),
            Frame::Array(complete) => format!("{path}[{complete}]"),
        })
}

fn offset(body: &[u8], fault: &serde_json::Error) -> usize {
    let lines = body
        .split_inclusive(|byte| *byte == b'\n')
        .take(fault.line().saturating_sub(1));
    let before: usize = lines.map(<[u8]>::len).sum();
    before + fault.column().saturating_sub(1)
}

/// The objects and arrays that are open at the end of this prefix of a JSON text.
fn frames(text: &[u8]) -> Vec<Frame> {
    let (mut frames, mut name, mut rest) = (Vec::new(), None, text);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'{' => frames.push(Frame::Object(None)),
            b'[' => frames.push(Frame::Array(0)),
            b'}' | b']' => {
                frames.pop();
                complete(&mut frames);
            }
            b'"' => {
                let Some(length) = end_of_text(after) else {
                    break;
                };
                let (inside, beyond) = after.split_at(length);
                rest = beyond.get(1..).unwrap_or_default();
                if matches!(frames.last(), Some(Frame::Object(None))) {
                    name = Some(String::from_utf8_lossy(inside).into_owned());
                } else {
                    complete(&mut frames);
                }
            }
            b':' => {
                if let Some(Frame::Object(member)) = frames.last_mut() {
                    *member = name.take();
                }
            }
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => {
                let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                let Some(length) = after.iter().position(|byte| !word(byte)) else {
                    break;
                };
                rest = after.get(length..).unwrap_or_default();
                complete(&mut frames);
            }
        }
    }
    frames
}

/// Counts one more complete value.
fn complete(frames: &mut [Frame]) {
    match frames.last_mut() {
        Some(Frame::Object(member)) => *member = None,
        Some(Frame::Array(complete)) => *complete += 1,
        None => {}
    }
}

/// The length of a string up to its closing quotation mark.
fn end_of_text(after: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    after.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_reported_at_the_value_that_was_being_read() {
        for (body, path) in [
            (r#"{"title": "#, "$.title"),
            (r#"{"Title": "abc"#, "$.Title"),
            (r#"{"title": "\ud800"}"#, "$.title"),
            (r#"{"names": ["#, "$.names[0]"),
            (r#"{"names": ["a", "#, "$.names[1]"),
            (r#"{"a": {"b c": [1, {"d": nope}]}}"#, "$.a['b c'][1].d"),
            (r#"{"title": "a""#, "$"),
            (r#"{"title": "a",}"#, "$"),
            ("{\n \"a\": 1,\n \"b\": x\n}", "$.b"),
            ("nonsense", "$"),
        ] {
            let fault = serde_json::from_str::<serde_json::Value>(body).unwrap_err();
            assert_eq!(of_fault(body.as_bytes(), &fault), path, "{body}");
        }
    }
}
